"""How far a word before a finding reaches: one finding, or a list that is surely one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from models.complaint.adjoining import AND, HAN_JOINS, OR, is_denied
from models.complaint.mention import Assertion
from models.complaint.page import WORD, Page
from models.complaint.phrases import Found
from models.complaint.words import Cue

_COMMA: Final = re.compile(r"[,，](?!\d)|(?<=[a-z0-9]) - ")
_TAIL: Final = re.compile(
    r"等?(?:的|这些|之类|其[他它])*(?:症状|情况|现象|不适|感觉)? ?$|任何(?:的)?|明显(?:的)?|什么|[吗呢啊]$"
)
_OF_CONDITIONS: Final = frozenset({Assertion.PAST, Assertion.OTHER})
_IsItem = Callable[[Page, int, int], bool]
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
    also = None if cue.lists == "any" or cue.means is Assertion.PAST else AND.search(page.plain, start, edges[0])
    if also is not None:
        edges = [also.start()]
    nearest = _within_reach(page, start, _own_statement(page, start, edges[0]), cue)
    if len(edges) == 1 or nearest < edges[0] or cue.lists is None:
        return nearest
    closing = OR.search(page.plain, edges[0], limit)
    if closing is not None:
        last = next(edge for edge in edges if edge > closing.start())
    elif cue.lists == "any":
        return _as_far_as_it_goes(page, start, edges, cue, _is_item, is_whole=is_whole)
    else:
        return nearest
    items = [(before + 1, edge) for before, edge in pairwise(edges) if before < last]
    return last if all(_is_item(page, *item) for item in items) else nearest


def _as_far_as_it_goes(
    page: Page, start: int, edges: Sequence[int], cue: Cue, is_item: _IsItem, *, is_whole: bool
) -> int:  # fmt: skip
    """The end of the last item of a list that nothing closes. Conditions and signs are no list: behind "PMH: asthma,"
    and "denies allergies," stands what somebody comes for.

    Args:
        edges: where its items end, the first one included.
        is_whole: whether nothing cuts its last item short, which is none then.
    """
    edges = edges if is_whole or len(edges) == 1 else edges[:-1]
    kinds = _kinds(page, start, edges[0])
    if cue.means in _OF_CONDITIONS:
        allowed = {True}
    elif cue.means is Assertion.ABSENT:
        allowed = kinds
    else:
        allowed = {True, False}
    last = edges[0]
    for before, edge in pairwise(edges):
        if not (is_item(page, before + 1, edge) and _kinds(page, before + 1, edge) <= allowed):
            break
        last = edge
    return last


def _kinds(page: Page, start: int, end: int) -> set[bool]:
    """Whether what is found there names a condition (True) or a sign (False)."""
    found = page.findings.between(start, end)
    return {bool(page.condition.between(one.start, one.end)) for one in found}


def _within_reach(page: Page, start: int, end: int, cue: Cue) -> int:
    """Where the first finding begins that is too far off; a denial is of what stands next to it as well."""
    reaches: list[Found] = []
    for finding in page.findings.between(start, end):
        units, lang = page.length(start, finding.start)
        if units > getattr(cue.reach, lang):
            return finding.start
        if cue.means is Assertion.ABSENT and not is_denied(page, start, reaches, finding, cue):
            return finding.start
        reaches.append(finding)
    return end


def _own_statement(page: Page, start: int, end: int) -> int:
    """Where behind an "or" a statement of its own begins; the end where none does."""
    for alternative in OR.finditer(page.plain, start, end):
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
    end = limit if cue.lists == "any" or not breaks else breaks[0]
    edges = sorted({*_item_edges(page, start, end), *(one for one in breaks if one < end), end})
    nearest = _within_reach(page, start, edges[0], cue)
    if cue.lists is None or nearest < edges[0]:
        return min(nearest, start + cue.reach.zh + 1)
    if cue.lists == "any":
        return _as_far_as_it_goes(page, start, edges, cue, _is_chinese_item, is_whole=is_whole)
    items = [(before + 1, edge) for before, edge in pairwise(edges)]
    return end if all(_is_chinese_item(page, *item) for item in items) else nearest


def _item_edges(page: Page, start: int, end: int) -> Sequence[int]:
    return [match.start() for match in HAN_JOINS.finditer(page.plain, start, end)]


def _is_chinese_item(page: Page, start: int, end: int) -> bool:
    return not page.statement.between(start, start + 1) and _is_mere_name(page, start, end)


def _is_mere_name(page: Page, start: int, end: int) -> bool:
    """Whether a Chinese part of a text is the name of something and little else."""
    inside = [one for one in page.findings.between(start, end) if one.end <= end]
    covered = {place for one in inside for place in range(one.start, one.end)}
    rest = _TAIL.sub("", "".join(page.plain[place] for place in range(start, end) if place not in covered)).strip()
    return len(rest) <= (_LONGEST_REST if inside else _LONGEST_OTHER)


def listed_before(page: Page, start: int, end: int) -> int:
    """Where the Chinese list begins that ends at a word behind it; the end where what stands there is none.

    The last item has to name a finding: 头晕，力气都没有 says nothing of the dizziness.
    """
    edges = [start - 1, *_item_edges(page, start, end), end]
    items = [(before + 1, edge) for before, edge in pairwise(edges)]
    if not page.findings.between(*items[-1]):
        return end
    first = end
    for item in reversed(items):
        if not _is_mere_name(page, *item):
            break
        first = item[0]
    return first
