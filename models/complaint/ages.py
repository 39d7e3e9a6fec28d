"""Ages and weeks of pregnancy in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from models.complaint.reading import Reading

_ENGLISH: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS: Final = {
    **{word: number for number, word in enumerate(_ENGLISH, 1)},
    **{word: number for number, word in enumerate("一二三四五六七八九十", 1)},
    "两": 2,
    "半": 0.5,
}
_SPELLED: Final = "|".join(_ENGLISH)
_HAN: Final = r"\d{1,3}(?:\.\d)?|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]"
_DAY, _WEEK, _MONTH, _HOUR = 1 / 365.25, 7 / 365.25, 1 / 12, 1 / 8766
_YEARS: Final = {
    "hour": _HOUR,
    "day": _DAY,
    "week": _WEEK,
    "wk": _WEEK,
    "month": _MONTH,
    "mo": _MONTH,
    "mth": _MONTH,
    "year": 1.0,
    "yr": 1.0,
    "y": 1.0,
    "小时": _HOUR,
    "天": _DAY,
    "日": _DAY,
    "周": _WEEK,
    "月": _MONTH,
    "岁": 1.0,
}
_BABY: Final = "宝宝|婴儿|新生儿|男婴|女婴|男宝|女宝|娃|孩子|男孩|女孩|宝贝|儿子|女儿"

# The first group is the number, the second its unit; years without one.
_AGES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![a-z0-9.])(?<!was )(?<!at )(\d{{1,3}}(?:\.\d)?|{_SPELLED})[\s-]*(day|week|wk|month|mo|mth|year|yr|y)s?"
        r"[\s/-]{0,2}(?:olds?|o(?![a-z]))",
        r"(?<![a-z])(?<!at )(?<!at the )aged? (\d{1,3})(?:\s*(day|week|month|year)s?)?(?![\d/])",
        rf"(?<![a-z])born (\d{{1,3}}|{_SPELLED}) (hour|day|week|month)s? ago",
        r"^\s*(\d{1,3})\s?()(?:f|m|male|female|woman|man)(?=[\s,;:])",
        rf"(?:出生|生后|出生后)(?:了|才|刚)?\s*({_HAN})\s*个?(小时|天|日|周|月)",
        rf"(?<!\d)({_HAN}|半)\s*周?(岁)(?!时|那年|以前|就)",
        rf"(?<!\d)({_HAN})\s*个?[多半]?(月|天|日|周)(?:半|多)?(?:大|龄|的?小?(?:{_BABY}))",
        rf"(?:{_BABY})[,，：:现在才刚 ]{{0,3}}({_HAN})\s*个?[多半]?(月|周)(?!前|后|来)",
    )
)
_GESTATIONS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d.])(\d{1,2})(?:\s*\+\s*\d)?[\s-]*(w)(?:ee)?k?s?(?:\s*\+\s*\d)?[\s-]{1,2}(?:pregnan|gest|gravid|preg)",
        r"(?:pregnan\w*|gravid|gestation\w*)[\s,:(]{1,3}(?:at |about |around |now |is )?(\d{1,2})(?:\s*\+\s*\d)?\s*(w)",
        r"(?<![\d.])(\d)[\s-]*(m)(?:onth|o)s?[\s-]{1,2}pregnan",
        r"(?<![a-z])(?:is|am|i'm|im|at|now|she's) (2\d|3\d|4[0-2])(?:\s*\+\s*\d)?\s*(w)(?:ee)?ks?"
        r"(?! (?:ago|old|after|post|later|of))(?=[\s,.;]|$)",
        r"^\s*(2\d|3\d|4[0-2])(?:\s*\+\s*\d)?\s*(w)(?:ee)?ks?(?=[,;])",
        rf"(?:怀孕|孕|妊娠)(?:了|约|已)?\s*({_HAN})\s*(?:\+\s*\d)?\s*个?(周|月)",
        r"(?<![\d.])(\d{1,2})\s*(周)(?:孕|妊娠)",
    )
)
_WEEKS_A_MONTH: Final = 4.345


def ages(plain: str) -> Iterator[Reading]:
    """`age` in years and `gestation` in weeks.

    Args:
        plain: the text in plain letters.
    """
    for pattern in _AGES:
        for match in pattern.finditer(plain):
            yield Reading("age", _count(match[1]) * _YEARS[match[2] or "year"], *match.span())
    for pattern in _GESTATIONS:
        for match in pattern.finditer(plain):
            weeks = _count(match[1]) * (_WEEKS_A_MONTH if match[2] in ("m", "月") else 1)
            yield Reading("gestation", weeks, *match.span())


def _count(said: str) -> float:
    if "十" in said:
        tens, ones = said.split("十")
        return float(_WORDS.get(tens, 1) * 10 + _WORDS.get(ones, 0))
    return float(_WORDS.get(said) or said)
