"""Zeros that nobody wrote down: implied by another label's, or likely for a text without a suspicious word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from models.examples import Example
from models.labels import POST_LABELS
from models.training.data_rules import DataRules

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
