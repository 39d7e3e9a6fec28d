"""One identity term for another of the same grammatical kind, wherever a text names it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from models.augmentation.identities import GROUPS, article
from models.examples import Example, Intervals
from models.labels import LANGUAGES

Table = dict[str, tuple[str, ...]]

_ORIGIN: Final = ("race", "faith", "migrant", "nation", "region")
_CASED: Final = frozenset({"Poles", "Turks", "Roma"})  # in lower case these are something else
_PRECISE: Final = ("Black", "Asian", "Muslim", "Jewish", "Latino", "immigrant", "disabled", "old", "Indian", "Romani")
_GENDERS: Final = ("women", "men")
_GENDERED: Final = re.compile(r"\b(?:wo)?m[ae]n\b|\b(?:girl|guy|boy|wife|husband|female|male|feminis)", re.IGNORECASE)
_NEVER_AFTER: Final = re.compile(r"(?:\b(?:illegal|undocumented|so|anti|non|native)[ -]|-|,000 )$", re.IGNORECASE)
_NEVER_BEFORE: Final = re.compile("-|[口家民力才]|问号")  # 外地人口, 黑人家, 美国人民, 黑人问号: the word goes on
_NEVER_BEFORE_GENDER: Final = [["of"], *([group.adjective.lower()] for group in GROUPS["en"])]  # "90% of women"


def swap_table(lang: str) -> Table:
    """Term -> the terms that may stand in its place: of the same form, and alike in what is said of them.

    Origin, race and faith change places with each other; so do disability and age; orientations stay among
    themselves. English women and men become more precise ("Muslim women"), as too much is true of them alone.
    """
    groups = GROUPS[lang]
    table: Table = {}
    for kinds in (_ORIGIN, ("orientation",), ("disability", "age")):
        of_kinds = [group for group in groups if group.kind in kinds]
        _interchange(table, (group.plural for group in of_kinds))
        for head in ("person", "man", "woman"):
            _interchange(table, (group.singular for group in of_kinds if group.singular.endswith(f" {head}")))
    if lang == "en":
        both = [group.adjective for group in groups if group.kind in _ORIGIN and group.adjective == group.singular]
        _interchange(table, both)  # nouns that are adjectives too, so the form does not matter
        _interchange(table, ("Jewish", "Turkish", "Romani"), both)
        _interchange(table, ("Chinese", "Irish", "Vietnamese"))  # "the Irish are": adjective or all the people
        _interchange(table, ("gay", "bisexual", "trans", "queer"))
        table.update({noun: tuple(f"{word} {noun}" for word in _PRECISE) for noun in _GENDERS})
    return table


def _interchange(table: Table, terms: Iterable[str], more: Sequence[str] = ()) -> None:
    unique = tuple(dict.fromkeys(terms))
    others = {term: tuple(other for other in (*unique, *more) if other != term) for term in unique}
    table.update({term: many for term, many in others.items() if many})


def pattern_of(terms: Iterable[str], lang: str) -> str:
    """Alternatives, longest first, whole words in English; made for `re.IGNORECASE`."""
    ordered = sorted(terms, key=len, reverse=True)
    escaped = [f"(?-i:{re.escape(term)})" if term in _CASED else re.escape(term) for term in ordered]
    return rf"\b(?:{'|'.join(escaped)})\b" if lang == "en" else f"(?:{'|'.join(escaped)})"


_TABLES: Final = {lang: swap_table(lang) for lang in LANGUAGES}
_TERMS: Final = {
    lang: re.compile(rf"(?:\b(?P<article>an?) )?(?P<term>{pattern_of(table, lang)})", re.IGNORECASE)
    for lang, table in _TABLES.items()
}
_SPELLING: Final = {lang: {term.lower(): term for term in table} for lang, table in _TABLES.items()}


def identity_swap(example: Example, random: random.Random) -> Example | None:
    """The row about another group: every mention of one identity term replaced, labels kept.

    None where no term is known, every other one is there already, or a span of the row touches what changes.
    """
    found = mentions(example)
    if not found:
        return None
    term = random.choice(found)["term"].lower()
    text = example.text.lower()
    targets = [new for new in _TABLES[example.lang][_SPELLING[example.lang][term]] if new.lower() not in text]
    return replace_mentions(example, [m for m in found if m["term"].lower() == term], random.choice(targets or [term]))


def mentions(example: Example) -> list[re.Match[str]]:
    """The identity terms (group `term`, with an `article` before it) that may change without changing more."""
    return [match for match in _TERMS[example.lang].finditer(example.text) if _is_free(example.text, match)]


def replace_mentions(example: Example, found: Sequence[re.Match[str]], target: str) -> Example | None:
    """The matches replaced, article and case as they were; spans move along, or None where they touch a match."""
    spans, text = example.spans, example.text
    if spans and any(a < m.end() and m.start() < b for a, b in spans for m in found):
        return None
    for match in reversed(found):
        new = _in_style_of(match, target)
        text = text[: match.start()] + new + text[match.end() :]
        spans = spans and _shift(spans, match.end(), len(new) - len(match[0]))
    return None if text == example.text else replace(example, text=text, spans=spans)


def _in_style_of(match: re.Match[str], target: str) -> str:
    before = match["article"]
    target = target.lower() if match.string.islower() else target
    new = f"{article(target)} {target}" if before else target
    starts = not match.string[: match.start()].strip() or match.string[: match.start()].rstrip()[-1] in ".!?"
    return new[0].upper() + new[1:] if starts and match[0][0].isupper() else new


def _shift(spans: Intervals, after: int, by: int) -> Intervals:
    return tuple((a + by, b + by) if a >= after else (a, b) for a, b in spans)


def _is_free(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start("term")]
    if _NEVER_AFTER.search(before) or _NEVER_BEFORE.match(text, match.end()):
        return False
    if match["term"].lower() not in _GENDERS:
        return True
    return len(_GENDERED.findall(text)) == 1 and before.lower().split()[-1:] not in _NEVER_BEFORE_GENDER
