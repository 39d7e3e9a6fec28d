"""The training corpus: what may teach what, blocked texts left out, weak negatives, a report of drops."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from models.augmentation.contradictions import screen_symptoms
from models.augmentation.contrast import contrast_pairs
from models.augmentation.knowledge import Knowledge
from models.augmentation.records import generate_records
from models.augmentation.written import read_written, split_families
from models.examples import TASKS, Example
from models.labels import POST_LABELS
from models.screening import screen_once
from models.text import is_blocked
from models.training.recipe import DataRules, RecipeError
from models.training.tables import read_examples

_LIKELY_POSITIVE = {
    "self_harm": re.compile(
        r"suicid|self.?harm|kill(ing)? (my|your|him|her)sel|\bkys\b|end (my|it all)|hang (my|your)self|overdos|"
        r"want to die|自杀|自残|轻生|想死|去死|寻死|割腕|跳楼|活着|抑郁|遗书|不想活|结束生命|死了算",
        re.IGNORECASE,
    ),
    "spam": re.compile(
        r"\[PHONE\]|subscribe|\bfree\b|click|\bwin|offer|\btxt\b|check out|加微信|加群|代理|优惠|免费|点击|办理|贷款|"
        r"详情|致电|兼职",
        re.IGNORECASE,
    ),
    "threat": re.compile(
        r"kill|shoot|shot|stab|beat|burn|murder|\bdie\b|hang|bomb|\bguns?\b|punch|attack|hurt|smash|rape|slap|hunt|"
        r"watch your|coming for|regret|杀|死|打|砍|捅|烧|炸|揍|宰|废了|小心|等着|枪|刀|报复|不得好|全家|崩|弄你|"
        r"收拾|后果",
        re.IGNORECASE,
    ),
    "profanity": re.compile(
        r"fuck|shit|damn|hell|\bass|bitch|crap|dick|cunt|\bsb\b|nmsl|cnm|\btmd?\b|wtf|操|草|艹|肏|日你|妈的|他妈|特么|"
        r"尼玛|你妈|逼|屌|屄|鸡巴|几把|傻|卧槽|我靠|靠北|屎|屁|婊|贱|滚|丫的|王八|狗日|混蛋",
        re.IGNORECASE,
    ),
    "sexual": re.compile(
        r"sex|porn|nude|naked|cock|dick|puss|cunt|\bcum\b|horny|rape|blow ?job|boob|tits|\bass\b|slut|whore|penis|"
        r"vagina|masturb|orgasm|suck (my|it)|性|裸|奸|操你|操他|鸡巴|逼|婊|嫖|骚|奶子|屌|肏|睡了|上床",
        re.IGNORECASE,
    ),
}
"""Rows that match are never taken as weak negatives."""


@dataclass(slots=True)
class Corpus:
    """Examples by split, the blocked hashes, and counts of what was dropped and why.

    `written` are the families of written sentences that are kept out of training; no dev figure mixes them with `dev`.
    """

    train: list[Example]
    dev: list[Example]
    blocked: frozenset[str]
    written: list[Example] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def fingerprint(self) -> str:
        """Of all rows with their targets, in order."""
        digest = hashlib.blake2b(digest_size=16)
        for e in (*self.train, *self.dev, *self.written):
            known = e.text, e.lang, e.source, e.task, e.post.tobytes(), e.sentiment, e.condition, e.urgency, e.spans
            digest.update(repr(known).encode())
        return digest.hexdigest()

    def sources(self) -> list[dict[str, object]]:
        """Rows of training data by source, task and licence tier, for the manifest."""
        counts = Counter((e.source, e.task, e.tier) for e in self.train)
        return [
            {"name": name, "task": task, "tier": tier, "rows": rows}
            for (name, task, tier), rows in sorted(counts.items())
        ]  # fmt: skip


def load_corpus(data: Path, rules: DataRules, seed: int, cache: Path | None = None) -> Corpus:
    """Read, screen and extend every task under the licence rule; the steps and their order are those of the report.

    Dev rows follow the same licence rule and are neither screened nor weakly labelled. `cache` is a folder in which
    the outcome of the screening is kept, for a run that is resumed.
    """
    blocked = read_blocked(data / "blocked.txt")
    corpus = Corpus([], [], blocked)
    for task in TASKS:
        for split, kept in (("train", corpus.train), ("dev", corpus.dev)):
            for example in read_examples(data, task, split):
                reason = _refusal(example, rules, blocked)
                if reason is None:
                    kept.append(example)
                elif split == "train":
                    corpus.dropped[f"{task} {example.source}: {reason}"] += 1
    _check_usable(corpus, rules)
    corpus.train = join_spans(corpus.train, corpus.dropped)
    if rules.screening:
        screened = screen_once(corpus.train, rules.screening, blocked, cache)
        corpus.train = screened.kept
        corpus.dropped.update(screened.counts())
        drop_contradictions(corpus, Knowledge.load(data))
    extend(corpus, data, rules, seed)
    imply_negatives(corpus.train, rules)
    add_weak_negatives(corpus.train, rules, seed)
    return corpus


def _check_usable(corpus: Corpus, rules: DataRules) -> None:
    for split, rows in (("train", corpus.train), ("dev", corpus.dev)):
        if not rows:
            raise RecipeError(f"The data has no {split} row that tiers {', '.join(rules.tiers)} may teach from.")
    for task, count in Counter(e.task for e in corpus.train).items():
        if task not in rules.shares:
            raise RecipeError(f"[data.shares] does not name {task}, which has {count:,} rows; 0 leaves them out.")


def drop_contradictions(corpus: Corpus, knowledge: Knowledge) -> None:
    """Leave out symptom rows whose words speak for other conditions of the knowledge graph and against their own."""
    refused = screen_symptoms(corpus.train, knowledge)
    for index in refused:
        corpus.dropped[f"condition {corpus.train[index].source}: contradicts the knowledge graph"] += 1
    corpus.train = [e for index, e in enumerate(corpus.train) if index not in refused]


def extend(corpus: Corpus, data: Path, rules: DataRules, seed: int) -> None:
    """Add what was written, replaced or generated. A blocked text stays out, however it came about."""
    added: list[Example] = []
    if rules.written:
        train, dev = split_families(read_written())
        added += train
        corpus.written = [e for e in dev if not is_blocked(e.text, corpus.blocked)]
    if rules.contrast:
        added += contrast_pairs([*corpus.train, *added], rules.contrast, seed)
    if rules.records:
        added += generate_records(Knowledge.load(data), rules.records, seed)
    known = {e.text for e in (*corpus.dev, *corpus.written)}
    for example in added:
        if _stands_in(corpus.blocked, example):
            corpus.dropped[f"{example.task} {example.source}: blocked text"] += 1
        elif example.text in known:
            corpus.dropped[f"{example.task} {example.source}: stands in dev"] += 1
        else:
            corpus.train.append(example)


def read_blocked(path: Path) -> frozenset[str]:
    """Hashes of texts that must never be trained on; an absent file is an error, not an empty list."""
    return frozenset(path.read_text(encoding="ascii").split())


def _refusal(example: Example, rules: DataRules, blocked: frozenset[str]) -> str | None:
    """Why a row may not be used, or None. Masks the labels that its licence tier may not teach."""
    if _stands_in(blocked, example):
        return "blocked text"
    if example.tier in rules.tiers:
        return None
    allowed = rules.exceptions.get(example.source)
    if allowed is None:
        return f"tier {example.tier}"
    if example.task in allowed:
        return None
    for index, label in enumerate(POST_LABELS):
        if label not in allowed:
            example.post[index] = np.nan
    return f"tier {example.tier}, no allowed label" if np.isnan(example.post).all() else None


def _stands_in(blocked: frozenset[str], example: Example) -> bool:
    """Either as the network reads it or as it was written: a record's line is longer than its complaint."""
    return is_blocked(example.text, blocked) or is_blocked(example.raw, blocked)


def join_spans(examples: list[Example], dropped: Counter[str]) -> list[Example]:
    """Give the span rows the post labels of the same text, so that one row teaches both; the posts are counted."""
    by_text = {e.text: e for e in examples if e.task == "post"}
    for example in examples:
        if example.task == "spans" and (twin := by_text.get(example.text)) is not None:
            example.post = twin.post
    span_texts = {e.text for e in examples if e.task == "spans"}
    joined = [e for e in examples if e.task == "post" and e.text in span_texts]
    dropped.update(f"post {e.source}: its labels went to the spans row of its text" for e in joined)
    return [e for e in examples if e.task != "post" or e.text not in span_texts]


def add_weak_negatives(examples: list[Example], rules: DataRules, seed: int) -> None:
    """Set a label to 0 on a sample of permissive rows that nobody labelled for it (documented as weak)."""
    for label, wanted in rules.weak_negatives.items():
        column = POST_LABELS.index(label)
        for lang, rows in wanted.items():
            for example in _sample(_weak_candidates(examples, label, column, lang), rows, seed):
                example.post[column] = 0.0


def imply_negatives(examples: Iterable[Example], rules: DataRules) -> None:
    """Set to 0 what another label's 0 implies: a post that is not toxic at all is no threat and no hate."""
    for label, others in rules.implied.items():
        column, columns = POST_LABELS.index(label), [POST_LABELS.index(other) for other in others]
        for example in examples:
            if example.post[column] == 0.0:
                for other in columns:
                    if np.isnan(example.post[other]):
                        example.post[other] = 0.0


def weakly_labelled(examples: Iterable[Example], rules: DataRules) -> list[Example]:
    """Copies with every implied and weak negative set: what calibration and thresholds look at, never the dev figures.

    Without it, a label whose labelled rows are half positive would be tuned for a stream that is half positive.
    """
    copies = [replace(example, post=example.post.copy()) for example in examples]
    imply_negatives(copies, rules)
    for label, wanted in rules.weak_negatives.items():
        column = POST_LABELS.index(label)
        for lang in wanted:
            for example in _weak_candidates(copies, label, column, lang):
                example.post[column] = 0.0
    return copies


def _weak_candidates(examples: Iterable[Example], label: str, column: int, lang: str) -> list[Example]:
    suspicious = _LIKELY_POSITIVE[label]
    return [
        e for e in examples
        if e.task in ("post", "sentiment") and e.lang == lang and e.tier in ("A", "B") and np.isnan(e.post[column])
        and not suspicious.search(e.text)
    ]  # fmt: skip


def _sample(examples: list[Example], rows: int, seed: int) -> list[Example]:
    picked = np.random.default_rng(seed).permutation(len(examples))[:rows]
    return [examples[i] for i in picked]
