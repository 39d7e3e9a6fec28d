"""Vital signs in running text. Units are told and converted as in the fields of a record (`schemas.measures`)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

from models.complaint.reading import Reading
from schemas.measures import read_vitals

_START: Final = r"(?<![a-z0-9.])"
_SIGNS: Final = r"[\s:：=,~]*"
_SAID: Final = (
    r"is|was|of|at|to|about|around|only|reads?|reading|up|down|low|high|on arrival|now|measured"
    r"|为|是|到|约|大概|只有|降到|升到|高达|掉到|最高|有|才|了|达"
)
_LINK: Final = rf"{_SIGNS}(?:(?:{_SAID}){_SIGNS}){{0,3}}"
"""Between a name and its number."""
_NUMBER: Final = r"(\d{1,3}(?:[.,]\d{1,2})?)(?!\d)(?!\s*(?:/|over|times|-\s*\d|mg|ml|年|月|天|小时|片))"
_DEGREES: Final = r"\s*(?:°|º|deg(?:rees)?)?\s*"
_CELSIUS: Final = r"c(?![a-z])|℃|celsius|度[0-9半]?"
_FAHRENHEIT: Final = r"f(?![a-z])|℉|fahrenheit"
_NO_DOSE: Final = r"(?!\s*(?:%|mg|ml|次|岁|天|小时|周|days|hours|weeks))"

_OTHER_UNIT: Final = (
    r"kg|g(?![a-z])|cm|mm|m(?![a-z])|mg|ml|%|/|k(?![a-z])|pounds|lbs|years|weeks|days|hours"
    r"|公斤|斤|岁|周|天|小时|厘米|米"
)

_FEVER: Final = r"temp(?:erature)?s?|fevers?|febrile|体温|腋温|耳温|肛温|烧到了?|烧|发热|高热"
_PULSE: Final = r"hr|heart ?rate|pulse(?: rate)?|心率|脉搏|心跳"
_BREATHS: Final = r"rr|resp(?:iratory)?(?: ?rate)?|resps|respirations?|breathing (?:rate|at)|呼吸(?:频率)?"
_UPPER: Final = r"sbp|systolic(?: bp| pressure)?|bp|blood pressure|收缩压|高压|血压"
_LOWER: Final = r"dbp|diastolic(?: bp| pressure)?|舒张压|低压"
_OXYGEN: Final = (
    r"sp?o2|sao2|o2 ?sat(?:uration|s)?|sats?|o2|oxygen(?: sat(?:uration|s)?| levels?)?|saturation"
    r"|pulse ox(?:imeter)?|血氧(?:饱和度)?|氧饱和度?|指氧"
)
_PERCENT: Final = r"(0?[.,]\d{1,2}|100|[3-9]\d(?:\.\d)?)(?!\d)(?!\s*(?:/|l\b|lit|bpm))"
_SUGAR: Final = r"(?:blood )?(?:sugars?|glucose)|bms?|bgl|bsl|cbg|血糖"
_MMHG: Final = r"\s*(kpa|mmhg|千帕)?"


def _all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_START + pattern) for pattern in patterns)


_HIGHEST_MMOL: Final = 40.0
_MG_A_MMOL: Final = 18.0

# The first group is the number, a second one its unit.
_PATTERNS: Final = {
    "temperature": _all(
        rf"(?:{_FEVER}){_LINK}(\d{{2,3}}(?:[.,]\d{{1,2}})?){_DEGREES}({_CELSIUS}|{_FAHRENHEIT})?{_NO_DOSE}",
        rf"((?:9[5-9]|10\d|110)(?:[.,]\d)?){_DEGREES}({_FAHRENHEIT})",
        rf"((?:3[4-9]|4[0-3])(?:[.,]\d{{1,2}})?){_DEGREES}({_CELSIUS})(?!的?水)",
        r"t[\s:=]{1,2}((?:3[3-9]|4[0-2])(?:[.,]\d{1,2})?)(?!\d)",
        rf"((?:3[5-9]|4[0-2])\.\d)(?![\d.])(?!\s*(?:{_OTHER_UNIT}))",
    ),
    "heart_rate": _all(rf"(?:{_PULSE}){_LINK}{_NUMBER}(?!\s*%)", r"(\d{2,3})\s*(?:bpm|beats (?:a|per) min)"),
    "respiratory_rate": _all(rf"(?:{_BREATHS}){_LINK}{_NUMBER}(?!\s*%)", r"(\d{2,3})\s*breaths"),
    "systolic": _all(rf"(?:{_UPPER}){_LINK}{_NUMBER}"),
    "diastolic": _all(rf"(?:{_LOWER}){_LINK}{_NUMBER}"),
    "saturation": _all(
        rf"(?:{_OXYGEN}){_LINK}{_PERCENT}",
        r"([5-9]\d|100)\s*%\s*(?:on (?:air|room|ra|\d)|ra(?![a-z])|room air|sats?|spo2)",
    ),
    "glucose": _all(
        rf"(?:{_SUGAR}){_LINK}(\d{{1,3}}(?:\.\d{{1,2}})?)(?!\d)(?!\s*(?:/|kg|%|g(?![a-z])|times|years|months|年|个月))"
    ),
    "pain": _all(
        r"(?:pain|nrs|vas|疼痛评分|疼痛|痛)[^\d\n.;，。]{0,12}?(10|\d)(?:[.,]5)?"
        r"\s*(?:/\s*10|out of (?:10|ten)|分(?!钟))",
        r"(10|\d)\s*(?:/|out of)\s*(?:10|ten)(?!\d)",
    ),
}
_PRESSURES: Final = _all(
    rf"(?:bp|b/p|blood pressure|血压){_LINK}(\d{{1,3}}(?:\.\d)?)\s*(?:/|over|比|-)\s*(\d{{1,3}}(?:\.\d)?){_MMHG}",
    rf"([5-9]\d|[12]\d\d)\s*(?:/|over)\s*([2-9]\d|1[0-7]\d)(?![\d/]){_MMHG}(?!\s*%)",
)


def vital_signs(plain: str, warnings: list[str]) -> Iterator[Reading]:
    """All of them, possible or not; adds to the warnings what was told by its size.

    Args:
        plain: the text in plain letters.
    """
    taken: list[tuple[int, int]] = []
    for pattern in _PRESSURES:
        for match in _free(pattern, plain, taken):
            raw = {"systolic": f"{match[1]} {match[3] or ''}", "diastolic": f"{match[2]} {match[3] or ''}"}
            for name, value in _converted(raw, warnings).items():
                yield Reading(name, value, *match.span())
    for name, patterns in _PATTERNS.items():
        own = [] if name == "pain" else list(taken)
        for pattern in patterns:
            for match in _free(pattern, plain, own):
                for value in _converted({name: _with_unit(match)}, warnings).values():
                    yield Reading(name, value, *match.span())


def _free(pattern: re.Pattern[str], plain: str, taken: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """Matches outside of what is taken, which they are from now on. What is taken is in order, and nothing overlaps."""
    for match in pattern.finditer(plain):
        start, end = match.span()
        at = bisect_left(taken, (end, 0))  # those before it begin before the end of this one
        if at == 0 or taken[at - 1][1] <= start:
            taken.insert(at, (start, end))
            yield match


def _with_unit(match: re.Match[str]) -> str:
    """The number and its unit; 39度5 is 39.5."""
    number = match[1].replace(",", ".")
    unit = (match[2] or "") if match.re.groups > 1 else ""
    if unit.startswith("度"):
        rest = {"半": "5", "": "0"}.get(unit[1:], unit[1:])
        return f"{number if '.' in number else f'{number}.{rest}'} c"
    return f"{number} {unit}".strip()


def _converted(raw: Mapping[str, str], warnings: list[str]) -> dict[str, float]:
    """In the schema's units; what cannot be read at all stays the number it is."""
    if "glucose" in raw:
        return {"glucose": _glucose(float(raw["glucose"]))}
    said: list[str] = []
    values = read_vitals(raw, said)
    warnings += [warning.replace("vitals.", "text.", 1) for warning in said]
    return {name: float(str(value).split()[0]) for name, value in values.items()}


def _glucose(number: float) -> float:
    """Millimoles a litre; a number that is too high for that is in milligrams a decilitre."""
    return round(number / _MG_A_MMOL, 1) if number > _HIGHEST_MMOL else number
