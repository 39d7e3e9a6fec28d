"""A complaint laid out for one look at it: its sentences, its findings, and the words that say how they are meant."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from models.complaint.modifiers import Modifiers
from models.complaint.phrases import Found

FURTHEST: Final = 160  # characters that any word reaches, so that a long text takes a time in proportion
WORD: Final = re.compile(r"[a-z0-9'%/-]+")

_SENTENCE_END: Final = re.compile(r"[!?;\n。！？；]|\.(?!\d)")
_ASKED: Final = re.compile(r"[:：?？] ?$")
_NEXT: Final = re.compile(r"[ \n](?=[\u4e00-\u9fff])| (?:[a-z]+ ){0,2}[a-z]+ ?[:=]")

Kind = Literal["stop", "statement", "condition", "stands", "present", "relative", "writer", "patient"]


class Places:
    """What was found, by where it begins."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.all = sorted(found, key=lambda one: one.start)
        self._starts = [one.start for one in self.all]

    def between(self, start: int, end: int) -> Sequence[Found]:
        """Those that begin there; the end is excluded."""
        return self.all[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def first(self, start: int, end: int) -> int | None:
        """Where the first of those begins."""
        return next((one.start for one in self.between(start, end)), None)

    def cover(self, one: Found) -> bool:
        return any(one.end <= other.end for other in self.between(one.end - FURTHEST, one.start + 1))


class Length(NamedTuple):
    """Of a passage: Chinese characters, or English words where it has none."""

    units: int
    lang: Literal["en", "zh"]


class Page:
    """Args:
    plain: the text in plain letters, with its line breaks.
    findings: all that were found in it.
    words: phrases of context.toml: those called as a Kind or `pseudo`, and cues under other names.
    modifiers: of context.toml.
    """

    def __init__(self, plain: str, findings: Sequence[Found], words: Sequence[Found], modifiers: Modifiers) -> None:
        self.plain = plain
        self.modifiers = modifiers
        self.findings = Places(findings)
        self._ends = [match.start() for match in _SENTENCE_END.finditer(plain)]
        named: dict[str, list[Found]] = defaultdict(list)
        for one in words:
            named[one.name].append(one)
        pseudo = Places(named.pop("pseudo", ()))
        self.stop, self.statement = Places(named.pop("stop", ())), Places(named.pop("statement", ()))
        self.condition = Places(named.pop("condition", ()))
        self.stands, self.present, self.relative, self.writer, self.patient = (
            Places(one for one in named.pop(kind, ()) if not pseudo.cover(one))
            for kind in ("stands", "present", "relative", "writer", "patient")
        )
        self.cues = [
            one
            for cues in named.values()
            for one in cues
            if not pseudo.cover(one) and not self.findings.cover(one) and not self._is_answer(one)
        ]

    def _is_answer(self, cue: Found) -> bool:
        """Whether it answers what stands before it, and says nothing of what follows."""
        asked = _ASKED.search(self.plain, max(0, cue.start - 2), cue.start)
        return asked is not None and _NEXT.match(self.plain, cue.end) is not None

    def sentence(self, place: int) -> tuple[int, int]:
        """Where the sentence around a place begins and ends."""
        number = bisect_left(self._ends, place)
        start = self._ends[number - 1] + 1 if number else 0
        end = self._ends[number] if number < len(self._ends) else len(self.plain)
        return max(start, place - FURTHEST), min(end, place + FURTHEST)

    def length(self, start: int, end: int) -> Length:
        between = self.plain[start:end]
        chinese = sum("\u4e00" <= character <= "\u9fff" for character in between)
        return Length(chinese, "zh") if chinese else Length(len(WORD.findall(between)), "en")
