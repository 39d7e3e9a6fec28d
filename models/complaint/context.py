"""How a finding is meant: words around it, each with a direction, a reach, and what ends it.

The way of NegEx and ConText (Chapman et al., J Biomed Inform 34, 2001; Harkema et al., J Biomed Inform 42, 2009): a
cue says something of the findings in its scope, and a scope ends with the sentence, at a word that begins something
else, or where its reach ends. Two things are stricter here, because a finding that is lost may be a patient: a scope
goes on behind a comma only in a list that is surely one, and the past and other people do not count in a sentence that
speaks of the present. The words are in context.toml.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from models.complaint.mention import Assertion
from models.complaint.phrases import Found, Phrases

PACKAGED: Final = Path(__file__).with_name("context.toml")

_SENTENCE_END: Final = re.compile(r"[!?;\n。！？；]|\.(?!\d)")
_COMMA: Final = re.compile(r"[,，](?!\d)")
_WORD: Final = re.compile(r"[a-z0-9'%/-]+")
_CLOSED_BY_OR: Final = re.compile(r"(?<![a-z])n?or(?![a-z])|/")
_AND: Final = re.compile(r"(?<![a-z])and(?![a-z])")
_ITEMS: Final = re.compile(r"[、/和或及与]|或者|以及")
_LIST_TAIL: Final = re.compile(
    r"等?(?:的|这些|之类|其[他它])*(?:症状|情况|现象|不适|感觉)? ?$|任何(?:的)?|明显(?:的)?|什么|[吗呢啊]$"
)
_LONGEST_ITEM: Final = {"en": 4, "zh": 1}  # words; Chinese characters beside a finding
_LONGEST_OTHER_ITEM: Final = 4  # characters of a Chinese item that is no known finding
_ORDER: Final = (Assertion.OTHER, Assertion.ABSENT, Assertion.HYPOTHETICAL, Assertion.PAST, Assertion.POSSIBLE)
_CANCELLED_BY_PRESENT: Final = frozenset({Assertion.PAST, Assertion.OTHER})

# An answer behind a finding that begins a line or a statement.
_OPENING: Final = re.compile(
    r"(?:^|[\n.,;:!?()/，。；：、！？（）] ?|[有无否]|没有|"
    r"(?<![a-z])(?:any|no|none|nil|yes|[0-9]+|(?:do|does|did|have|has) (?:you|he|she|they)(?: have| had| feel| get)?(?: any)?) )$"
)
_ANSWER: Final = re.compile(
    r" ?[:=-] ?(?:none|nil|absent|denied|denies|negative|neg|not present|no|n|0)(?= ?(?:[.,;)/\n]|$)| (?!relief|better|change|improvement|help|idea)[a-z]+(?: [a-z]+){0,2} ?:)"
    r"| ?\? ?(?:none|no|never)(?=[.;\n]|$)"
    r"| ?[(\[（] ?(?:-|neg|negative|no|none|nil|absent|denied|无|否|没有|阴性) ?[)\]）]"
    r"| (?:none|nil|absent|denied|negative|no)(?=[.,;\n]|$)"
    r"|[吗么]? ?[:：=?？] ?(?:没有|没|无|否认|否|未见|阴性|-)(?= ?(?:[，。；、,.;)）!！\n]|$)| )"
    r"|(?:没有|无|否|阴性|-)(?=[，。；,.;\n]|$)"
)
_ASKED: Final = re.compile(r"[:：?？] ?$")
_NEXT: Final = re.compile(r"[ \n](?=[\u4e00-\u9fff])| (?:[a-z]+ ){0,2}[a-z]+ ?[:=]")
_AFFIRMED: Final = re.compile(r" ?[:：=] ?(?:yes|y|\+|positive|present|有|是|阳性)|[ ]?[(（] ?\+")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    en: tuple[str, ...]
    zh: tuple[str, ...]


class _Reach(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    en: Annotated[int, Field(ge=0, le=20)]
    zh: Annotated[int, Field(ge=0, le=40)]


class _Cue(_Table):
    means: Literal[Assertion.ABSENT, Assertion.PAST, Assertion.OTHER, Assertion.HYPOTHETICAL, Assertion.POSSIBLE]
    stands: Literal["before", "after"]
    reach: _Reach
    lists: Literal["or", "any"] | None = None


class ContextWords(BaseModel):
    """A checked context.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cues: tuple[_Cue, ...]
    stop: _Table
    statement: _Table
    pseudo: _Table
    stands: _Table
    present: _Table
    relative: _Table
    writer: _Table
    patient: _Table

    @classmethod
    def load(cls, path: Path = PACKAGED) -> ContextWords:
        """Raises ValueError if the file is wrong."""
        return cls.model_validate(tomllib.loads(path.read_text("utf-8")))


class _Scope(NamedTuple):
    """Where a cue reaches, and what it says there: of findings that begin there, or that end there."""

    means: Assertion
    start: int
    end: int
    is_behind: bool = False

    def holds(self, finding: Found) -> bool:
        if self.is_behind:
            return self.start <= finding.end <= self.end
        return self.start <= finding.start < self.end


class Context:
    """Reads how findings are meant. Pure."""

    def __init__(self, words: ContextWords) -> None:
        self._cues = {f"cue {number}": cue for number, cue in enumerate(words.cues)}
        tables: dict[str, _Table] = {**self._cues, **{name: getattr(words, name) for name in (*_TABLES, "pseudo")}}
        self._phrases = Phrases({name: {"en": one.en, "zh": one.zh} for name, one in tables.items()})

    def assertions(self, plain: str, findings: Sequence[Found]) -> list[Assertion]:
        """How each of the findings is meant."""
        page = _Page(plain, findings, self._phrases.find(plain))
        scopes = [_scope(page, found, self._cues[found.name]) for found in page.cues]
        scopes += page.relatives()
        return [_meant(page, finding, scopes) for finding in findings]


_TABLES: Final = ("stop", "statement", "stands", "present", "relative", "writer", "patient")


class _Page:
    """A text with its sentences and words, for one look at it."""

    def __init__(self, plain: str, findings: Sequence[Found], found: Sequence[Found]) -> None:
        self.plain = plain
        self.findings = findings
        self._ends = [match.start() for match in _SENTENCE_END.finditer(plain)]
        by_name: dict[str, list[Found]] = {name: [] for name in _TABLES}
        self.cues: list[Found] = []
        pseudo = [one for one in found if one.name == "pseudo"]
        for one in found:
            if one.name in ("stop", "statement"):
                by_name[one.name].append(one)
            elif one.name == "pseudo" or _is_covered(one, pseudo):
                continue
            elif one.name in by_name:
                by_name[one.name].append(one)
            elif not _is_covered(one, findings) and not _is_answer(plain, one):
                self.cues.append(one)
        self.by_name: Mapping[str, list[Found]] = by_name

    def sentence(self, place: int) -> tuple[int, int]:
        number = bisect_left(self._ends, place)
        start = self._ends[number - 1] + 1 if number else 0
        return start, self._ends[number] if number < len(self._ends) else len(self.plain)

    def first(self, name: str, start: int, end: int) -> int | None:
        """Where the first of these words between two places begins."""
        return next((one.start for one in self.by_name[name] if start <= one.start < end), None)

    def length(self, start: int, end: int) -> tuple[int, str]:
        """Words, or Chinese characters, between two places."""
        between = self.plain[start:end]
        chinese = sum("\u4e00" <= character <= "\u9fff" for character in between)
        return (chinese, "zh") if chinese else (len(_WORD.findall(between)), "en")

    def relatives(self) -> list[_Scope]:
        if not self.by_name["relative"] or not self.by_name["writer"] or self.by_name["patient"]:
            return []
        scopes = []
        for one in self.by_name["relative"]:
            end = self.sentence(one.start)[1]
            own = self.first("writer", one.end, end)
            scopes.append(_Scope(Assertion.OTHER, one.end, end if own is None else own))
        return scopes


def _is_covered(one: Found, others: Sequence[Found]) -> bool:
    return any(other.start <= one.start and one.end <= other.end for other in others)


def _is_answer(plain: str, cue: Found) -> bool:
    """Whether it answers what stands before it, and says nothing of what follows."""
    return _ASKED.search(plain, max(0, cue.start - 2), cue.start) is not None and bool(_NEXT.match(plain, cue.end))


def _scope(page: _Page, found: Found, cue: _Cue) -> _Scope:
    start, end = page.sentence(found.start)
    if cue.stands == "after":
        return _Scope(cue.means, _back(page, found, cue, start), found.start, is_behind=True)
    stop = page.first("stop", found.end, end)
    limit = end if stop is None else stop
    return _Scope(cue.means, found.end, _forward(page, found, cue, limit, limit == end))


def _back(page: _Page, found: Found, cue: _Cue, start: int) -> int:
    """The place from which the end of a finding is reached."""
    place = found.start
    for comma in _COMMA.finditer(page.plain, start, found.start):
        start = comma.end()
    for finding in page.findings:
        if start <= finding.end <= found.start:
            count, lang = page.length(finding.end, found.start)
            if count <= getattr(cue.reach, lang) and page.first("stop", finding.end, found.start) is None:
                place = min(place, finding.end)
    return place


def _forward(page: _Page, found: Found, cue: _Cue, limit: int, is_whole: bool) -> int:
    """The place up to which the beginning of a finding is reached."""
    commas = [match.start() for match in _COMMA.finditer(page.plain, found.end, limit)]
    first = commas[0] if commas else limit
    if cue.lists != "any" and (also := _AND.search(page.plain, found.end, first)):
        first = also.start()
        commas = []
    nearest = _within_reach(page, found.end, _own_statement(page, found.end, first), cue)
    if not page.plain[found.start].isascii():
        return _chinese_list(page, found.end, nearest, commas, cue, limit)
    if not commas or nearest < first or cue.lists is None:
        return nearest
    edges = [*commas, limit]
    closing = _CLOSED_BY_OR.search(page.plain, commas[0], limit)
    if closing is not None:
        last = next(edge for edge in edges if edge > closing.start())
    elif cue.lists == "any" and is_whole:
        last = limit
    else:
        return nearest
    items = [(edge + 1, following) for edge, following in zip(edges, edges[1:], strict=False) if edge < last]
    return last if all(_is_item(page, start, end) for start, end in items) else nearest


def _own_statement(page: _Page, start: int, end: int) -> int:
    """Where behind an "or" a statement of its own begins; the end where none does."""
    for alternative in _CLOSED_BY_OR.finditer(page.plain, start, end):
        word = _WORD.search(page.plain, alternative.end(), end)
        if word is not None and page.first("statement", word.start(), word.start() + 1) is not None:
            return alternative.start()
    return end


def _is_item(page: _Page, start: int, end: int) -> bool:
    """Whether an English part of a list is a mere name of something."""
    word = _WORD.search(page.plain, start, end)
    while word is not None and word[0] in ("or", "nor", "and"):
        word = _WORD.search(page.plain, word.end(), end)
    if word is None:
        return True
    if page.first("statement", word.start(), word.start() + 1) is not None:
        return False
    return page.length(start, end)[0] <= _LONGEST_ITEM["en"] + 2


def _within_reach(page: _Page, start: int, end: int, cue: _Cue) -> int:
    for finding in page.findings:
        if start <= finding.start < end:
            count, lang = page.length(start, finding.start)
            if count > getattr(cue.reach, lang):
                return finding.start
    return end


def _chinese_list(page: _Page, start: int, end: int, commas: Sequence[int], cue: _Cue, limit: int) -> int:
    """The first item, or all of the list if each is a finding's name and little else."""
    if cue.lists is None:
        separator = _ITEMS.search(page.plain, start, end)
        return min(end, start + cue.reach.zh + 1, separator.start() if separator else end)
    if cue.lists == "any" and commas and end == commas[0] and limit == page.sentence(start)[1]:
        end = limit
    edges = [start, *(match.start() for match in _ITEMS.finditer(page.plain, start, end))]
    edges = sorted({*edges, *(comma for comma in commas if comma < end), end})
    first = edges[1] if len(edges) > 1 else end
    items = [(low + 1, high) for low, high in zip(edges[1:], edges[2:], strict=False)]
    return end if all(_is_chinese_item(page, low, high) for low, high in items) else first


def _is_chinese_item(page: _Page, start: int, end: int) -> bool:
    inside = [one for one in page.findings if start <= one.start and one.end <= end]
    if page.first("statement", start, start + 1) is not None:
        return False
    covered = {place for one in inside for place in range(one.start, one.end)}
    left = "".join(page.plain[place] for place in range(start, end) if place not in covered)
    left = _LIST_TAIL.sub("", left).strip()
    return len(left) <= (_LONGEST_ITEM["zh"] if inside else _LONGEST_OTHER_ITEM)


def _meant(page: _Page, finding: Found, scopes: Sequence[_Scope]) -> Assertion:
    plain = page.plain
    if _ANSWER.match(plain, finding.end) and _OPENING.search(plain, max(0, finding.start - 40), finding.start):
        return Assertion.ABSENT
    start, end = page.sentence(finding.start)
    stands = _AFFIRMED.match(plain, finding.end) or page.first("stands", finding.end, finding.end + 3) is not None
    is_present = page.first("present", start, end) is not None
    said = {scope.means for scope in scopes if scope.holds(finding)}
    if is_present:
        said -= _CANCELLED_BY_PRESENT
    if stands:
        said -= {Assertion.ABSENT, Assertion.PAST}
    return next((one for one in _ORDER if one in said), Assertion.PRESENT)
