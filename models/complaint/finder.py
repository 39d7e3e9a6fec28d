"""Finds findings by their phrases; docs/findings.md says what they miss, and why no learned head does it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from models.complaint.catalogue import Catalogue, load_catalogue
from models.complaint.consciousness import GCS
from models.complaint.context import Context
from models.complaint.denials import Denials
from models.complaint.letters import plain_letters
from models.complaint.mention import Assertion, Mention
from models.complaint.phrases import Found, Phrases
from models.complaint.reading import Reading
from models.complaint.spelling import Spelling
from models.complaint.words import ContextWords
from models.text.plain_words import FREQUENT

_UNLESS, _ABSENT = "unless ", "absent "  # before a key, which has no blank
FEVER: Final = "fever"
FEVER_FROM: Final = 38.0  # degrees Celsius
_BY_COMA_SCORE: Final = {8: "unresponsive", 13: "drowsy"}
"""What a sum of the Glasgow Coma Scale says, up to which: severe and moderate (Teasdale and Jennett; ATLS)."""

# What is said to be well is not, with one of these at most a word before it, or behind it.
_NOT_WELL: Final = re.compile(
    r"(?<![a-z])(?:not?|never|less|hardly|barely|without|unable to|can(?:no|')?t|[a-z]+n't) (?:[a-z']+ )?$"
    r"|[不没無无未][\u4e00-\u9fff]?$|有$"
)
_POORLY: Final = re.compile(r" (?:[a-z']+ )?(?:less|fewer|not?|never|badly|poorly)(?![a-z])")
_NOT_WELL_WITHIN: Final = 30  # characters


class PhrasesRead(NamedTuple):
    """What phrases say of a text."""

    mentions: list[Mention]
    spoken_of: frozenset[str]
    """Findings that are mentioned, or whose words stand there and mean something else."""
    plain: str
    """The text without slips."""
    words: Sequence[Found]
    """Of it, those that say how something is meant."""


class PhraseFinder:
    """Phrases from findings.toml, and how they are meant by the words around them. Pure.

    Raises:
        ValueError: a phrase cannot be read.
    """

    def __init__(self, catalogue: Catalogue, words: ContextWords) -> None:
        said = {key: {"en": one.en, "zh": one.zh} for key, one in catalogue.items()}
        said |= {f"{_UNLESS}{key}": {"en": one.unless.en, "zh": one.unless.zh} for key, one in catalogue.items()}
        said |= {f"{_ABSENT}{key}": {"en": one.absent.en, "zh": one.absent.zh} for key, one in catalogue.items()}
        self._phrases = Phrases(said)
        self._denials = Denials(self._phrases, words.within, words.pseudo)
        self.context = Context(words)
        self._spelling = Spelling([phrase for one in catalogue.values() for phrase in one.en], FREQUENT)
        self._kinds = {key: one.kind for key, one in catalogue.items()}

    @classmethod
    @cache
    def load(cls) -> PhraseFinder:
        """With the files of the package; a third of a second the first time."""
        return cls(load_catalogue(), ContextWords.load())

    def find(self, text: str, readings: Iterable[Reading] = ()) -> list[Mention]:
        """See Finder."""
        return self.read(text, readings).mentions

    def read(self, text: str, readings: Iterable[Reading] = ()) -> PhrasesRead:
        """As `find`, with all findings that some phrase speaks of."""
        plain, places = self._spelling.mend(plain_letters(text))
        in_one_line = plain.replace("\n", " ")
        denied = [(one, word) for one, word in self._denials.find(in_one_line) if _is_finding(one)]
        found = self._phrases.find(in_one_line)
        otherwise = _by_name(one for one in found if one.name.startswith(_UNLESS))
        well = [one._replace(name=one.name.removeprefix(_ABSENT)) for one in found if one.name.startswith(_ABSENT)]
        well = [one for one in well if not _is_not_well(in_one_line, one)]
        well_by_name = _by_name(well)
        findings = [
            one
            for one in found
            if _is_finding(one)
            and not _is_within(one, otherwise.get(f"{_UNLESS}{one.name}", ()))
            and not _is_inside(one, well_by_name.get(one.name, ()))
            and not any(one.name == other.name and one.start < word.start < one.end for other, word in denied)
        ]
        findings = sorted([*findings, *_measured(findings, readings, places)], key=lambda one: one.start)
        words = self.context.words(plain)
        assertions = self.context.assertions(plain, findings, words)
        meant = [(one, self._settled(one.name, said)) for one, said in zip(findings, assertions, strict=True)]
        said_so = _by_name(findings)
        well = [one for one in well if not _meets(one, said_so.get(one.name, ()))]
        meant += [(one, Assertion.ABSENT) for one in [*(one for one, _ in denied), *well]]
        mentions = [
            Mention(one.name, assertion, places[one.start], places[one.end - 1] + 1)
            for one, assertion in sorted(meant, key=lambda pair: pair[0].start)
        ]
        spoken_of = {one.name.removeprefix(_UNLESS).removeprefix(_ABSENT) for one in found}
        spoken_of |= {one.finding for one in mentions}
        return PhrasesRead(mentions, frozenset(spoken_of), plain, words)

    def _settled(self, key: str, assertion: Assertion) -> Assertion:
        """Who has a history of diabetes has diabetes, and who is afraid of killing himself thinks of it."""
        counts = {"context": Assertion.PAST, "mind": Assertion.HYPOTHETICAL}.get(self._kinds[key])
        return Assertion.PRESENT if assertion is counts else assertion


def _is_finding(one: Found) -> bool:
    return " " not in one.name


def _by_name(found: Iterable[Found]) -> Mapping[str, Sequence[Found]]:
    """In the order of the text; those of one name have no place in common."""
    named: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        named[one.name].append(one)
    return named


def _is_within(one: Found, others: Sequence[Found]) -> bool:
    place = bisect_right(others, one.start, key=lambda other: other.start) - 1
    return place >= 0 and one.end <= others[place].end


def _is_inside(one: Found, others: Sequence[Found]) -> bool:
    """Whether another one has it and more: 喘 in 喘气正常."""
    return _is_within(one, [other for other in others if other.end - other.start > one.end - one.start])


def _meets(one: Found, others: Sequence[Found]) -> bool:
    place = bisect_right(others, one.start, key=lambda other: other.end)
    return place < len(others) and others[place].start < one.end


def _is_not_well(plain: str, one: Found) -> bool:
    before = plain[max(0, one.start - _NOT_WELL_WITHIN) : one.start]
    return _NOT_WELL.search(before) is not None or _POORLY.match(plain, one.end) is not None


def _measured(findings: Iterable[Found], readings: Iterable[Reading], places: Sequence[int]) -> list[Found]:
    """What a number makes a finding, where no phrase says so at its place."""
    measured = [
        Found(finding, bisect_left(places, one.start), bisect_left(places, one.end))
        for one in readings
        if (finding := _found_by(one)) is not None
    ]
    said = [one for one in findings if one.name in (FEVER, *_BY_COMA_SCORE.values())]
    return [
        one
        for one in measured
        if not any(other.name == one.name and other.start < one.end and one.start < other.end for other in said)
    ]


def _found_by(reading: Reading) -> str | None:
    if reading.name == "temperature":
        return FEVER if reading.value >= FEVER_FROM else None
    if reading.name == GCS:
        return next((finding for most, finding in _BY_COMA_SCORE.items() if reading.value <= most), None)
    return None
