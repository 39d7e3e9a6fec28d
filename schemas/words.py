"""One value of an optional field, in the schema's own form: words, references, times.

A reader gives None for what says that nothing is known, and what it cannot read as it came: the schema refuses that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, TypeVar

from schemas.spellings import CONSCIOUSNESS, GLASGOW, INJURED, SEXES, UNKNOWN

Meaning = TypeVar("Meaning")

MAX_WORD: Final = 64  # characters of a word, field name or number; what is longer is none of them
_SIZE: Final = 10**20  # of a number; a larger one says nothing either
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_GLASGOW_PARTS: Final = re.compile(r"e([1-4])v([1-5])m([1-6])", re.ASCII)
_GLASGOW_SUM: Final = re.compile(r"(\d{1,2})(?:15)?", re.ASCII)  # 13, 13/15
_SINCE_1970: Final = ((1e11, 1e0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""A number below each limit counts seconds, ms, us or ns: times from 1973 to 5138 are read right."""


def plain(text: str) -> str:
    """Without differences of width and case, and without white space around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def squash(text: str) -> str:
    """Letters and digits alone, for comparing; empty for what is too long to be a word."""
    return "" if len(text) > MAX_WORD else "".join(filter(str.isalnum, plain(text)))


def by_spelling(spellings: Mapping[Meaning, Iterable[str]]) -> dict[str, Meaning]:
    """Meanings by squashed spelling."""
    return {squash(word): meaning for meaning, words in spellings.items() for word in words}


_UNKNOWN: Final = frozenset(map(squash, UNKNOWN))
_SEXES: Final = by_spelling(SEXES)
_CONSCIOUSNESS: Final = by_spelling(CONSCIOUSNESS)
_INJURED: Final = by_spelling(INJURED)


def is_unknown(value: object) -> bool:
    """Whether it says that nothing is known."""
    return value is None or (isinstance(value, str) and len(value) <= MAX_WORD and squash(value) in _UNKNOWN)


def read_sex(value: object) -> object:
    return _meaning(_SEXES, value)


def read_injury(value: object) -> object:
    return _meaning(_INJURED, value)


def read_consciousness(value: object) -> object:
    """Words and letters of the AVPU scale, or the Glasgow Coma Scale as a sum or by its parts."""
    said = squash(_said(value)).removeprefix("gcs")
    if parts := _GLASGOW_PARTS.fullmatch(said):
        total = sum(map(int, parts.groups()))
    elif as_sum := _GLASGOW_SUM.fullmatch(said):
        total = int(as_sum[1])
    else:
        return _meaning(_CONSCIOUSNESS, value)
    return next((state for edge, state in GLASGOW if edge <= total <= 15), value)


def _meaning(meanings: Mapping[str, Any], value: object) -> Any:
    said = _said(value)
    if squash(said) in meanings:
        return meanings[squash(said)]
    if is_unknown(value):
        return None
    found = {meanings.get(squash(word), said) for word in re.split(r"[\W_]+", said) if word}  # "A - alert", "女 (F)"
    return found.pop() if len(found) == 1 and said not in found else value


def _said(value: object) -> str:
    """A word or a whole number as it would be written; empty for all else."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _SIZE:
        value = int(value)
    if type(value) is int and abs(value) < _SIZE:
        return str(value)
    return value if isinstance(value, str) and len(value) <= MAX_WORD else ""


def read_reference(value: object) -> object:
    """A number as it would be written; 12.0 is 12, because a table with a gap in the column makes it so."""
    if not isinstance(value, float) or not isfinite(value):
        return value
    return str(int(value)) if value.is_integer() else repr(value)


def read_integer(value: object) -> object:
    said = _said(value).strip()
    return int(float(said)) if _NUMBER.fullmatch(said) else value


def read_time(value: object) -> object:
    """ISO 8601, extended or basic, or a number since 1970 whose size tells what it counts."""
    if is_unknown(value):
        return None
    said = _said(value).strip()
    try:
        if isinstance(value, float):
            return _since_1970(value)
        if len(said) == len("20261124091500") and said.isdecimal():
            return datetime.strptime(f"{said}+0000", "%Y%m%d%H%M%S%z")
        if len(said) != len("20261124") and _NUMBER.fullmatch(said):
            return _since_1970(float(said))
        return datetime.fromisoformat(said)
    except (ValueError, OverflowError, OSError):
        return value


def _since_1970(count: float) -> datetime:
    per_second = next((per for limit, per in _SINCE_1970 if abs(count) < limit), 1e9)
    return datetime.fromtimestamp(count / per_second, UTC)
