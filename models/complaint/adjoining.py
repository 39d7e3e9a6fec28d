"""Whether a denial reaches on to a finding: what it stands before is what it denies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from models.complaint.page import WORD, Page
from models.complaint.phrases import Found
from models.complaint.words import Cue

OR: Final = re.compile(r"(?<![a-z])n?or(?![a-z])|/")
AND: Final = re.compile(r"(?<![a-z])and(?![a-z])")
HAN_JOINS: Final = re.compile(r"[、/和或及与]|或者|以及")
_JOINS: Final = re.compile(rf"{OR.pattern}|{AND.pattern}|&|{HAN_JOINS.pattern}")
_STEM: Final = 5  # letters


def is_denied(page: Page, start: int, reached: Sequence[Found], finding: Found, cue: Cue) -> bool:
    """Whether a denial that ends at `start`, and denies those that it has reached, denies this finding, too.

    In "no inhaler, can't breathe" written without the comma it is the inhaler that is denied, in 无明显诱因突发胸痛 the
    trigger: more than words that only say how, and it goes no further. Names of several findings in a row are a list,
    if none is named twice and none begins a statement of its own.
    """
    last = max((one.end for one in reached), default=start)
    if finding.start < last:
        return True
    between = page.plain[last : finding.start]
    joins = list(_JOINS.finditer(between))
    if not page.modifiers.are_all(between[joins[-1].end() :] if joins else between):
        return False
    if joins or not reached:
        return True
    if cue.lists is None or page.statement.between(finding.start, finding.start + 1):
        return False
    return not any(_share_a_word(page, finding, one) for one in reached)


def _share_a_word(page: Page, one: Found, other: Found) -> bool:
    """By the first letters: "headaches" and "headache" are one."""
    first, second = (
        {word[:_STEM] for word in WORD.findall(page.plain, each.start, each.end) if len(word) >= _STEM}
        for each in (one, other)
    )
    return not first.isdisjoint(second)
