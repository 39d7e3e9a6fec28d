"""Amounts in running text: every number with its decimals, the second one of a range or pair, and its unit.

One place says what no reading of a measure is: hours and years, grades, doses, dates, times of day, and numbers that
are cut off in the middle. What remains may be one, and `vital_numbers` says of what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TIME_EN: Final = (
    r"(?:y(?:ea)?rs?|y[/ ]?o|y|months?|mths?|mos?|w(?:ee)?ks?|w|days?(?!\s\d)|d|h(?:ou)?rs?(?!\s*[:=]?\s*\d{2})|h"
    r"|min(?:ute)?s?|m|sec(?:ond)?s?|decades?)(?![a-z])"
)
_TIME_ZH: Final = r"个?(?:半)?(?:年|月|天|日|周|星期|礼拜|小时|钟头|分钟|秒|岁|旬)"
_THINGS_EN: Final = (
    r"(?:mg|mcg|ug|ml|l|g|iu|units?|cc|cm|kg|k|km|lbs?|pounds?|st|tab(?:let)?s?|pills?|caps(?:ules)?|puffs?|drops?|lit\w*"
    r"|times(?! (?:a|per|in a) min)|am|pm|cigarettes|pack|people|kids|percentile|th|nd|rd)(?![a-z/])"
    r"|mm(?![a-z])|(?:mg|mcg|ml|l|g)/(?!d?l)"
)
_THINGS_ZH: Final = r"[级期型片粒颗支块元床室楼号米斤克公厘瓶]|毫(?!米汞)|升(?![到至高])|点(?!\d)|个(?!\d)|单位"
_NO_READING: Final = (
    rf"\s*-?\s*(?:\+\s*\d|(?:and a half|\+|-?odd|余|多|来|几)?[\s-]*(?:{_TIME_EN}|{_TIME_ZH})"
    rf"|{_THINGS_EN}|{_THINGS_ZH})"
)
_ENDS_TENTH: Final = rf"(?!\d)(?!\s*(?:{_TIME_ZH}|[次.:/]|days?|hours?|weeks?|months?|times?))"
_NUMBER: Final = (
    r"(?:\d{1,4}(?!\d)(?:\s?\.\d{1,2}(?!\d)|[,·]\d(?!\d)|点\d{1,2}(?![\d分])|\s?point\s\d(?!\d)|。\d(?=\s*[度℃])"
    rf"|(?:\s?度\s?|°)(?:\d|半){_ENDS_TENTH})?|(?<=[\s:=])\.\d{{2}}(?!\d))"
)
_OVER: Final = (
    rf"(?:over|on)(?=\s*(?:\d{{2,3}}(?!\d|\.\d)|p(?:alp)?(?![a-z]))(?!\s*{_TIME_EN}))"  # 70 over 40, not over 3 days
)
_CUT_OFF: Final = r"(?=[.:·]?\d|o(?![a-z])|o\d|\s\d\s*(?:$|[,，。;；]))"
_AMOUNT: Final = re.compile(
    r"(?<!\d)(?!(?:(?<=o)2|(?<=sp)02)(?!\d))(?:"  # SpO2 has no number
    r"(?P<junk>\d+(?::\d+)+|\d+(?P<mark>[/.-])\d+(?P=mark)\d+|\d{5,}|\d+o\d*(?![a-z])|\d+\s?point\s\d\d+)"
    rf"|(?P<low>{_NUMBER})(?:ish|'?s(?![a-z]))?"
    rf"(?:\s?(?P<through>->|→|[-~～至]|到|to|and)\s?(?P<high>{_NUMBER}))?"
    rf"(?:\s*(?P<over>/|\\|{_OVER}|比|out of)\s*(?P<second>{_NUMBER}|p(?:alp)?(?![a-z]))(?:ish)?"
    rf"(?:\s?[-~～至]\s?(?P<second_high>{_NUMBER}))?)?)"
)
_CUT: Final = re.compile(_CUT_OFF)
_UNIT: Final = re.compile(
    rf"(?P<none>{_NO_READING})"
    r"|\s*(?:(?P<celsius>(?:°|º|deg(?:rees?)?)?\s*(?:c(?![a-z])|℃|celsius)|摄氏度|度)"
    r"|(?P<fahrenheit>(?:°|º|deg(?:rees?)?)?\s*(?:f(?![a-z])|℉|fahrenheit))"
    r"|(?P<degrees>°|º|deg(?:rees?)?(?![a-z]))"
    r"|(?P<percent>%|per ?cent)|(?P<kilopascal>kpa|千帕)|(?P<mercury>mm ?hg|毫米汞柱)"
    r"|(?P<beats>bpm|beats)|(?P<breaths>breaths)"
    r"|(?P<rate>[多来余]?(?:次|下(?!压))(?:/|每)?(?:分钟?|min)?|(?:/|per |a |times a |times per )\s?min(?:ute)?s?)"
    r"|(?P<milligrams>mg\s?/?\s?dl)|(?P<millimoles>mmol)|(?P<marks>/\s?10(?!\d)|分))"
)
ROUGHLY: Final = re.compile(r"\s*(?:[多余来+]|左右|以上|以下|出头)+")


class Amount(NamedTuple):
    """A number, or two of them, and where they stand."""

    low: float
    high: float | None
    """Of a range."""
    is_from_to: bool
    """The range is what something went through: the second end is what there is now."""
    second: tuple[float, ...] | None
    """Of a pair: its second number, or the two ends of that; empty where only the first can be felt."""
    over: str
    unit: str
    """A name of a group above; `none` is no reading of anything, and nothing where no unit is told."""
    is_decimal: bool
    start: int
    end: int
    """Behind the numbers."""
    behind: int
    """Behind the unit."""


def amounts(text: str) -> Iterator[Amount]:
    """All of a text in digits, in its order."""
    for match in _AMOUNT.finditer(text):
        low, high, second = match["low"], match["high"], match["second"]
        through, end = match["through"], match.end()
        if through == "and" and "between" not in text[max(0, match.start() - 9) : match.start()]:
            high, second, end = None, None, match.end("low")  # two numbers side by side
        if low is None or _CUT.match(text, end):
            yield Amount(0, None, False, None, "", "none", False, match.start(), end, end)
            continue
        unit = _UNIT.match(text, end)
        behind = unit.end() if unit else end
        has_degrees = "度" in low or "°" in low
        more = () if second is None or second.startswith("p") else (second, match["second_high"] or second)
        yield Amount(
            _value(low),
            None if high is None else _value(high),
            through in ("->", "→") or (through in ("to", "到") and _is_from(text, match.start())),
            None if second is None else tuple(map(_value, more)),
            match["over"] or "",
            "celsius" if has_degrees else (unit.lastgroup or "") if unit else "",
            low.lstrip("0123456789") != "",
            match.start(),
            end,
            behind,
        )


def _is_from(text: str, start: int) -> bool:
    return text[max(0, start - 6) : start].rstrip().endswith(("from", "从", "由"))


def _value(said: str) -> float:
    whole, tenths = re.match(r"(\d*)\D*(\d*)", said.replace("半", "5")).groups()  # type: ignore[union-attr]
    return float(f"{whole or 0}.{tenths or 0}")
