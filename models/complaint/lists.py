"""How far a word before a finding reaches: one finding, or a list that is surely one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from models.complaint.mention import Assertion
from models.complaint.page import WORD, Page
from models.complaint.phrases import Found
from models.complaint.words import Cue

_COMMA: Final = re.compile(r"[,，](?!\d)")
_OR: Final = re.compile(r"(?<![a-z])n?or(?![a-z])|/")
_AND: Final = re.compile(r"(?<![a-z])and(?![a-z])")
_ITEMS: Final = re.compile(r"[、/和或及与]|或者|以及")
_TAIL: Final = re.compile(
    r"等?(?:的|这些|之类|其[他它])*(?:症状|情况|现象|不适|感觉)? ?$|任何(?:的)?|明显(?:的)?|什么|[吗呢啊]$"
)
_JOINS: Final = re.compile(rf"{_OR.pattern}|{_AND.pattern}|&|{_ITEMS.pattern}")
_STEM: Final = 5  # letters
_LONGEST_ITEM: Final = 6  # words, with the "or" before them
_LONGEST_REST: Final = 1  # Chinese characters beside a finding
_LONGEST_OTHER: Final = 4  # Chinese characters of what is no finding


def commas(page: Page, start: int, end: int) -> list[int]:
    return [match.start() for match in _COMMA.finditer(page.plain, start, end)]


def reached(page: Page, found: Found, cue: Cue) -> int:
    """The place up to which a finding has to begin for a cue that stands before it."""
    end = page.sentence(found.end)[1]
    if cue.lists == "all":
        return _within_reach(page, found.end, end, cue)
    stop = page.stop.first(found.end, end)
    limit = end if stop is None else stop
    if page.plain[found.start].isascii():
        return _english(page, found.end, limit, cue, is_whole=stop is None)
    return _chinese(page, found.end, limit, cue, is_whole=stop is None)


def _english(page: Page, start: int, limit: int, cue: Cue, *, is_whole: bool) -> int:
    edges = [*commas(page, start, limit), limit]
    also = None if cue.lists == "any" else _AND.search(page.plain, start, edges[0])
    if also is not None:
        edges = [also.start()]
    nearest = _within_reach(page, start, _own_statement(page, start, edges[0]), cue)
    if len(edges) == 1 or nearest < edges[0] or cue.lists is None:
        return nearest
    closing = _OR.search(page.plain, edges[0], limit)
    if closing is not None:
        last = next(edge for edge in edges if edge > closing.start())
    elif cue.lists == "any" and is_whole:
        last = limit
    else:
        return nearest
    items = [(before + 1, edge) for before, edge in pairwise(edges) if before < last]
    return last if all(_is_item(page, *item) for item in items) else nearest


def _within_reach(page: Page, start: int, end: int, cue: Cue) -> int:
    """Where the first finding begins that is too far off; a denial is of what stands next to it as well."""
    reached: list[Found] = []
    for finding in page.findings.between(start, end):
        units, lang = page.length(start, finding.start)
        if units > getattr(cue.reach, lang):
            return finding.start
        if cue.means is Assertion.ABSENT and not _is_denied(page, start, reached, finding, cue):
            return finding.start
        reached.append(finding)
    return end


def _is_denied(page: Page, start: int, reached: Sequence[Found], finding: Found, cue: Cue) -> bool:
    """Whether a denial that ends at `start`, and denies those that it has reached, denies this finding, too.

    What a denial stands before is what it denies. In "no inhaler, can't breathe" written without the comma that is the
    inhaler, in 无明显诱因突发胸痛 the trigger: more than words that only say how, and it goes no further. Names of
    several findings in a row are a list, if none is named twice and none begins a statement of its own.
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


def _own_statement(page: Page, start: int, end: int) -> int:
    """Where behind an "or" a statement of its own begins; the end where none does."""
    for alternative in _OR.finditer(page.plain, start, end):
        word = WORD.search(page.plain, alternative.end(), end)
        if word is not None and page.statement.between(word.start(), word.start() + 1):
            return alternative.start()
    return end


def _is_item(page: Page, start: int, end: int) -> bool:
    """Whether an English part of a list is a mere name of something."""
    word = WORD.search(page.plain, start, end)
    while word is not None and word[0] in ("or", "nor", "and"):
        word = WORD.search(page.plain, word.end(), end)
    if word is not None and page.statement.between(word.start(), word.start() + 1):
        return False
    return page.length(start, end).units <= _LONGEST_ITEM


def _chinese(page: Page, start: int, limit: int, cue: Cue, *, is_whole: bool) -> int:
    """The first item, or all of the list if each is the name of something and little else."""
    breaks = commas(page, start, limit)
    end = breaks[0] if breaks and not (cue.lists == "any" and is_whole) else limit
    edges = sorted({*_item_edges(page, start, end), *(one for one in breaks if one < end), end})
    nearest = _within_reach(page, start, edges[0], cue)
    if cue.lists is None or nearest < edges[0]:
        return min(nearest, start + cue.reach.zh + 1)
    items = [(before + 1, edge) for before, edge in pairwise(edges)]
    return end if all(_is_chinese_item(page, *item) for item in items) else nearest


def _item_edges(page: Page, start: int, end: int) -> Sequence[int]:
    return [match.start() for match in _ITEMS.finditer(page.plain, start, end)]


def _is_chinese_item(page: Page, start: int, end: int) -> bool:
    if page.statement.between(start, start + 1):
        return False
    inside = [one for one in page.findings.between(start, end) if one.end <= end]
    covered = {place for one in inside for place in range(one.start, one.end)}
    rest = _TAIL.sub("", "".join(page.plain[place] for place in range(start, end) if place not in covered)).strip()
    return len(rest) <= (_LONGEST_REST if inside else _LONGEST_OTHER)
