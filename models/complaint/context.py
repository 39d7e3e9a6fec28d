"""How a finding is meant: words around it, each with a direction, a reach, and what ends it.

The way of NegEx and ConText (Chapman et al., J Biomed Inform 34, 2001; Harkema et al., J Biomed Inform 42, 2009): a
cue says something of the findings in its scope, and a scope ends with the sentence, at a word that begins something
else, or where its reach ends. Two things are stricter here, because a finding that is lost may be a patient: a scope
goes on behind a comma only in a list that is surely one, and the past and other people do not count in a sentence that
speaks of the present. The words are in context.toml.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from models.complaint.animals import of_animals
from models.complaint.lists import commas, listed_before, reached
from models.complaint.mention import Assertion
from models.complaint.modifiers import Modifiers
from models.complaint.page import FURTHEST, Page
from models.complaint.phrases import Found, Phrases
from models.complaint.words import ContextWords, Cue

_KINDS: Final = ("stop", "statement", "pseudo", "condition", "stands", "present", "relative", "writer", "patient")
_STRONGEST_FIRST: Final = (
    Assertion.OTHER,
    Assertion.ABSENT,
    Assertion.HYPOTHETICAL,
    Assertion.PAST,
    Assertion.POSSIBLE,
)
_NOT_NOW: Final = frozenset({Assertion.PAST, Assertion.OTHER})
_NOT_SO: Final = frozenset({Assertion.PAST, Assertion.ABSENT})
_FURTHEST_BACK: Final = 60  # characters
_COMPLEMENT: Final = frozenset({"to", "from", "with", "after", "for"})
_STANDS_WITHIN: Final = 3  # characters behind a finding

# An answer behind a finding that begins a line or a statement.
_LONGEST_OPENING: Final = 40
_OPENING: Final = re.compile(
    r"(?:^|[\n.,;:!?()/，。；：、！？（）] ?|[有无否]|没有|(?<![a-z])(?:any|no|none|nil|yes|[0-9]+"
    r"|(?:do|does|did|have|has) (?:you|he|she|they)(?: have| had| feel| get)?(?: any)?) )$"
)
_NONE: Final = r"none|nil|absent|denied|denies|negative|neg|not present|no|n|0"
_UNKNOWN_LABEL: Final = r" (?!relief|better|change|improvement|help|idea)[a-z]+(?: [a-z]+){0,2} ?:"
_ANSWER: Final = re.compile(
    rf" ?[:=-] ?(?:{_NONE})(?= ?(?:[.,;)/\n]|$)|{_UNKNOWN_LABEL})"
    r"| ?\? ?(?:none|nope|nah|no|never|not)"
    r"(?: (?:at all|had (?:one|any|it|that)|ever|really|so far|that i know(?: of)?))?"
    r"(?=[.;!\n]|$|, ?(?:gone|never|not at all|none)(?![a-z]))"
    r"| ?[(\[（] ?(?:-|neg|negative|no|none|nil|absent|denied|无|否|没有|阴性) ?[)\]）]"
    r"| (?:none|nil|absent|denied|negative|no)(?=[.,;\n]|$)"
    r"|[吗么]? ?[:：=?？] ?(?:没有|没|无|否认|否|未见|阴性|-)(?= ?(?:[，。；、,.;)）!！\n]|$)| )"
    r"|(?:没有|无|否|阴性|-)(?=[，。；,.; \n]|$)"
)
_AFFIRMED: Final = re.compile(r" ?[:：=] ?(?:yes|y|\+|positive|present|有|是|阳性)| ?[(（] ?\+")


class _Scope(NamedTuple):
    """Where a cue reaches, and what it says there: of findings that begin there, or that end there."""

    means: Assertion
    start: int
    end: int
    is_behind: bool = False
    is_sure: bool = False
    """Whether nothing else in the sentence counts against it."""

    def holds(self, finding: Found) -> bool:
        if self.is_behind:
            return self.start <= finding.end <= self.end
        if self.means is Assertion.OTHER and finding.start < self.start < finding.end:
            return True  # "my friend had" ends within "had a fit"
        return self.start <= finding.start < self.end


class Context:
    """Reads how findings are meant. Pure."""

    def __init__(self, words: ContextWords) -> None:
        self._cues = {f"cue {number}": cue for number, cue in enumerate(words.cues)}
        tables = {**self._cues, **{kind: getattr(words, kind) for kind in _KINDS}}
        self._modifiers = Modifiers(words.modifier)
        self._phrases = Phrases({name: {"en": one.en, "zh": one.zh} for name, one in tables.items()})

    def words(self, plain: str) -> list[Found]:
        """The words of a text that say how something is meant: most of the time that a look at it takes."""
        return self._phrases.find(plain)

    def assertions(self, plain: str, findings: Sequence[Found], words: Sequence[Found]) -> list[Assertion]:
        """How each of the findings is meant.

        Args:
            findings: in the order of the text.
            words: of the text.
        """
        page = Page(plain, findings, words, self._modifiers)
        scopes = [_scope(page, found, self._cues[found.name]) for found in page.cues]
        animals = [_Scope(Assertion.OTHER, *place, is_sure=True) for place in of_animals(plain)]
        scopes = sorted([*scopes, *_of_relatives(page), *animals], key=lambda scope: scope.start)
        meant, first = [], 0
        for finding in findings:
            while first < len(scopes) and scopes[first].start < finding.start - 2 * FURTHEST:
                first += 1
            meant.append(_meant(page, finding, scopes[first:]))
        return meant


def _scope(page: Page, found: Found, cue: Cue) -> _Scope:
    if cue.stands == "after":
        return _Scope(cue.means, _back(page, found, cue), found.start, is_behind=True)
    return _Scope(cue.means, found.end, reached(page, found, cue))


def _back(page: Page, found: Found, cue: Cue) -> int:
    """The place from which a finding has to end for a cue that stands behind it."""
    start = page.sentence(found.start)[0]
    is_all = cue.lists == "all"
    start = start if is_all else max([start, *commas(page, start, found.start)])
    if cue.lists == "or":
        start += page.plain[start : start + 1] in (",", "，")
        return listed_before(page, start, found.start) + 1
    place = found.start + 1
    for finding in page.findings.between(start, found.start):
        is_near = 0 <= found.start - finding.end <= _FURTHEST_BACK
        if is_near and (is_all or not _is_cut(page, finding, found.start)):
            units, lang = page.length(finding.end, found.start)
            if units <= getattr(cue.reach, lang):
                place = min(place, finding.end)
    return place


def _is_cut(page: Page, finding: Found, place: int) -> bool:
    """Whether a word between a finding and a cue behind it begins something else: what a condition was of or came with
    ("anaphylaxis to nuts last year") is told with it, but "pain from the fall last year" lasts."""
    stops = page.stop.between(finding.end, place)
    if page.condition.between(finding.start, finding.end):
        stops = [one for one in stops if page.plain[one.start : one.end] not in _COMPLEMENT]
    return bool(stops)


def _of_relatives(page: Page) -> list[_Scope]:
    """Somebody of the family had it, where the writer comes for himself and speaks of no other patient."""
    if not page.writer.all or page.patient.all:
        return []
    scopes = []
    for one in page.relative.all:
        end = page.sentence(one.end)[1]
        own = page.writer.first(one.end, end)
        scopes.append(_Scope(Assertion.OTHER, one.end, end if own is None else own))
    return scopes


def _meant(page: Page, finding: Found, scopes: Sequence[_Scope]) -> Assertion:
    plain, start, end = page.plain, finding.start, finding.end
    if _ANSWER.match(plain, end) and _OPENING.search(plain, max(0, start - _LONGEST_OPENING), start):
        return Assertion.ABSENT
    said = set()
    for scope in scopes:
        if scope.start > end:
            break
        if scope.holds(finding):
            if scope.is_sure:
                return scope.means
            said.add(scope.means)
    if said & _NOT_NOW and page.present.first(*page.sentence(start)) is not None:
        said -= _NOT_NOW
    if _AFFIRMED.match(plain, end) or page.stands.first(end, end + _STANDS_WITHIN) is not None:
        said -= _NOT_SO
    return next((one for one in _STRONGEST_FIRST if one in said), Assertion.PRESENT)
