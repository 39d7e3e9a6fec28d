"""The training corpus: what may teach what, blocked texts left out, weak negatives, a report of drops."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.augmentation.company import in_company
from models.augmentation.contradictions import screen_symptoms
from models.augmentation.contrast import contrast_pairs
from models.augmentation.knowledge import Knowledge
from models.augmentation.records import generate_records
from models.augmentation.written import read_written, split_families
from models.augmentation.written_records import read_written_records
from models.examples import TASKS, Example
from models.labels import LANGUAGES, POST_LABELS
from models.screening import screen_once
from models.text import is_blocked
from models.training.data_rules import DataRules, row_rules
from models.training.more_labels import add_labels
from models.training.recipe import RecipeError
from models.training.row_file import ROWS, read_rows, write_rows
from models.training.tables import read_examples
from models.training.weak_negatives import add_weak_negatives, imply_negatives


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

    The folder holds the blocked hashes and the knowledge graph, too; those beside it add rows, labels and hashes. Dev
    rows follow the same licence rule and are neither screened nor weakly labelled. `cache` is a folder in which the
    outcome of the screening is kept, for a run that is resumed. A folder that `save_corpus` wrote is only read.
    """
    if (data / ROWS).is_file():
        return _load_saved(data, rules, seed)
    blocked = read_blocked(data / "blocked.txt")
    folders = [data, *(data.absolute().parent / name for name in rules.beside)]
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise RecipeError(f"The recipe reads {missing[0]}, which is not there.")
    lists = [folder / "blocked.txt" for folder in folders[1:]]
    corpus = Corpus([], [], blocked.union(*(read_blocked(path) for path in lists if path.is_file())))
    for task in TASKS:
        for folder in folders:
            for split, kept in (("train", corpus.train), ("dev", corpus.dev)):
                _read(folder, task, split, rules, corpus, kept)
    _check_usable(corpus, rules)
    add_labels((*corpus.train, *corpus.dev), folders, rules)
    corpus.train = join_spans(corpus.train, corpus.dropped)
    if rules.screening:
        screened = screen_once(corpus.train, rules.screening, corpus.blocked, cache)
        corpus.train = screened.kept
        corpus.dropped.update(screened.counts())
        drop_contradictions(corpus, Knowledge.load(data))
    extend(corpus, data, rules, seed)
    imply_negatives(corpus.train, rules)
    add_weak_negatives(corpus.train, rules, seed)
    return corpus


def save_corpus(corpus: Corpus, rules: DataRules, seed: int, folder: Path) -> None:
    """Write a data folder for `load_corpus`, which then reads no table and screens nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = {"rules": row_rules(rules), "seed": seed, "dropped": corpus.dropped, "fingerprint": corpus.fingerprint()}
    splits = {"train": corpus.train, "dev": corpus.dev, "written": corpus.written}
    write_rows(folder / ROWS, splits, notes)
    (folder / "blocked.txt").write_text("".join(f"{known}\n" for known in sorted(corpus.blocked)), encoding="ascii")


def _load_saved(folder: Path, rules: DataRules, seed: int) -> Corpus:
    splits, notes = read_rows(folder / ROWS)
    if (notes["rules"], notes["seed"]) != (row_rules(rules), seed):
        raise RecipeError(f"{folder} holds the rows of a recipe with other rules for them.")
    blocked = read_blocked(folder / "blocked.txt")
    corpus = Corpus(splits["train"], splits["dev"], blocked, splits.get("written", []), Counter(notes["dropped"]))
    if corpus.fingerprint() != notes["fingerprint"]:
        raise RecipeError(f"{folder / ROWS} does not hold the rows that were written.")
    return corpus


def _read(folder: Path, task: str, split: str, rules: DataRules, corpus: Corpus, kept: list[Example]) -> None:
    for example in read_examples(folder, task, split):
        if split == "dev" and example.lang not in LANGUAGES:
            continue  # no threshold is chosen for them, and no figure shown
        reason = _refusal(example, rules, corpus.blocked)
        if reason is None:
            kept.append(example)
        elif split == "train":
            corpus.dropped[f"{task} {example.source}: {reason}"] += 1


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
        records, _ = split_families(read_written_records())
        added += records
    if rules.contrast:
        added += contrast_pairs([*corpus.train, *added], rules.contrast, seed)
    if rules.company:
        added += in_company([*corpus.train, *added], rules.company, seed)
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
    """Why a row may not be used, or None. Masks what it may not teach: zeros that mean something else in
    its source, and labels that its licence tier forbids."""
    if _stands_in(blocked, example):
        return "blocked text"
    for index, label in enumerate(POST_LABELS):
        if rules.says_nothing(example.source, label, example.post[index]):
            example.post[index] = np.nan
    allowed = rules.may_teach(example.tier, example.source)
    if not allowed:
        return f"tier {example.tier}"
    if example.task in allowed:
        return None
    for index, label in enumerate(POST_LABELS):
        if label not in allowed:
            example.post[index] = np.nan
    return f"tier {example.tier}, no allowed label" if np.isnan(example.post).all() else None


def _stands_in(blocked: frozenset[str], example: Example) -> bool:
    """Either as the network reads it or as it was written: a record's line is longer than its complaint.

    What is no table's has no raw text; a list that blocks the empty text would block every such row.
    """
    return is_blocked(example.text, blocked) or bool(example.raw and is_blocked(example.raw, blocked))


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
