"""Somebody else of whom a complaint tells, where the text says that it is not this one who comes.

That is so where the writer comes for himself and speaks of no other patient, and where somebody is in care already and
the writer has something of his own to say. Else it is not known: who tells that his father fell calls for him.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.complaint.page import FURTHEST, Page
from models.complaint.phrases import Found

_WITH: Final = re.compile(r" (?:with|after) (?:(?:a|an|the|his|her) )?")  # "in resus with the stroke"
_REPORTS: Final = re.compile(
    r" (?:says?|said|reports?|states?|thinks?|found|called|rang|tells?)(?![a-z])|[说讲称诉代发]"
)


class Told(NamedTuple):
    """What is told of somebody else, and whether nothing else in its sentence counts against it."""

    start: int
    end: int
    is_sure: bool


def of_others(page: Page) -> Iterator[Told]:
    """The places, in any order."""
    if not page.writer.all:
        return
    if not page.patient.all:
        for one in page.relative.all:
            yield Told(one.end, _up_to_the_writer(page, one.end, page.sentence(one.end)[1]), is_sure=False)
    for care in page.cared.all:
        person = _cared_for(page, care)
        if person is not None:
            behind = _WITH.match(page.plain, care.end)
            yield Told(person.end, care.end + 1 if behind is None else behind.end() + 1, is_sure=True)


def _cared_for(page: Page, care: Found) -> Found | None:
    """The first who is named in its sentence, else in the one before; nobody where the writer comes in between."""
    sentence = page.sentence(care.start)[0]
    before = page.sentence(sentence - 1)[0] if sentence else sentence
    for start in (sentence, max(before, care.start - FURTHEST)):
        named = page.person.between(start, care.start)
        person = next((one for one in named if not _REPORTS.match(page.plain, one.end)), None)
        if person is not None:
            return person if _up_to_the_writer(page, person.end, care.start) == care.start else None
    return None


def _up_to_the_writer(page: Page, start: int, end: int) -> int:
    own = page.writer.first(start, end)
    return end if own is None else own
