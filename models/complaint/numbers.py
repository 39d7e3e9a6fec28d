"""Vital signs, ages and weeks of pregnancy that stand in a complaint.

What is written with a unit or a name is read; a bare number is not. Units are told and converted as in the fields of a
record (`schemas.measures`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pydantic import ValidationError

from models.complaint.letters import plain_letters
from schemas.measures import read_vitals
from schemas.symptoms import Vitals

_HAS_NUMBER: Final = re.compile(
    r"\d|[一二两三四五六七八九十半](?:岁|个?月|周|天|日)|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[ -](?:day|week|month|year)"
)
_LINK: Final = r"[\s:：=,~]*(?:(?:is|was|of|at|to|about|around|only|reads?|reading|up|down|low|high|on arrival|now|measured|为|是|到|约|大概|只有|降到|升到|高达|掉到|最高|有|才|了|达)[\s:：=]*){0,3}"
_NUMBER: Final = r"(\d{1,3}(?:[.,]\d{1,2})?)(?![\d])"
_START: Final = r"(?<![a-z0-9.])"
_NO_PAIR: Final = r"(?!\s*(?:/|over|times|-\s*\d|mg|ml|年|月|天|小时|片))"


class Reading(NamedTuple):
    """A number and its place: a vital sign in the units of the input schema, `age` in years, `gestation` in weeks."""

    name: str
    value: float
    start: int
    end: int


class Told(NamedTuple):
    """What the numbers of a text say: of each measure the last, and what was wrong with others."""

    readings: Mapping[str, Reading]
    warnings: tuple[str, ...]


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(_START + body)


# Name of the measure: patterns, each with the number (and unit) in its last groups.
_VITALS: Final = {
    "temperature": (
        _pattern(rf"(?:temp(?:erature)?s?|fevers?|febrile|体温|腋温|耳温|肛温|烧到了?|烧|发热|高热){_LINK}(\d{{2,3}}(?:[.,]\d{{1,2}})?)\s*(?:°|º|deg(?:rees)?)?\s*(c(?![a-z])|f(?![a-z])|℃|℉|celsius|fahrenheit|度[0-9半]?)?(?!\s*(?:%|mg|ml|次|岁|天|小时|周|days|hours|weeks))"),
        _pattern(r"((?:9[5-9]|10\d|110)(?:[.,]\d)?)\s*(?:°|º|deg(?:rees)?)?\s*(f(?![a-z])|℉|fahrenheit)"),
        _pattern(r"((?:2[5-9]|3\d|4[0-4])(?:[.,]\d{1,2})?)\s*(?:°|º|deg(?:rees)?)?\s*(c(?![a-z])|℃|celsius|度[0-9半]?(?!的?水))"),
        _pattern(r"t[\s:=]{1,2}((?:3[3-9]|4[0-2])(?:[.,]\d{1,2})?)()(?!\d)"),
    ),
    "heart_rate": (
        _pattern(rf"(?:hr|heart ?rate|pulse(?: rate)?|心率|脉搏|心跳){_LINK}{_NUMBER}{_NO_PAIR}(?!\s*%)"),
        _pattern(r"(\d{2,3})\s*(?:bpm|beats (?:a|per) min)"),
    ),
    "respiratory_rate": (
        _pattern(rf"(?:rr|resp(?:iratory)?(?: ?rate)?|resps|respirations?|breathing (?:rate|at)|呼吸(?:频率)?){_LINK}{_NUMBER}{_NO_PAIR}(?!\s*%)"),
        _pattern(r"(\d{2,3})\s*breaths"),
    ),
    "systolic": (_pattern(rf"(?:sbp|systolic(?: bp| pressure)?|bp|blood pressure|收缩压|高压|血压){_LINK}{_NUMBER}{_NO_PAIR}"),),
    "diastolic": (_pattern(rf"(?:dbp|diastolic(?: bp| pressure)?|舒张压|低压){_LINK}{_NUMBER}{_NO_PAIR}"),),
    "saturation": (
        _pattern(rf"(?:sp?o2|sao2|o2 ?sat(?:uration|s)?|sats?|o2|oxygen(?: sat(?:uration|s)?| levels?)?|saturation|pulse ox(?:imeter)?|血氧(?:饱和度)?|氧饱和度?|指氧){_LINK}(0?[.,]\d{{1,2}}|100|[3-9]\d(?:\.\d)?)(?!\d)()(?!\s*(?:/|l\b|lit|bpm))"),
        _pattern(r"([5-9]\d|100)\s*%\s*(?:on (?:air|room|ra|\d)|ra(?![a-z])|room air|sats?|spo2)"),
    ),
    "pain": (
        _pattern(r"(?:pain|nrs|vas|疼痛评分|疼痛|痛)[^\d\n.;，。]{0,12}?(10|\d)(?:[.,]5)?\s*(?:/\s*10|out of (?:10|ten)|分(?!钟))"),
        _pattern(r"(10|\d)\s*(?:/|out of)\s*(?:10|ten)(?!\d)"),
    ),
}  # fmt: skip
_PRESSURES: Final = (
    _pattern(rf"(?:bp|b/p|blood pressure|血压){_LINK}(\d{{1,3}}(?:\.\d)?)\s*(?:/|over|比|-)\s*(\d{{1,3}}(?:\.\d)?)\s*(kpa|mmhg|千帕)?"),
    _pattern(r"((?:[5-9]\d|[12]\d\d))\s*(?:/|over)\s*((?:[2-9]\d|1[0-7]\d))(?![\d/])\s*(kpa|mmhg|千帕)?(?!\s*%)"),
)  # fmt: skip

_WORDS: Final = {
    **{word: n for n, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1)},
    **{word: n for n, word in enumerate("一二三四五六七八九十", 1)}, "两": 2, "半": 0.5,
}  # fmt: skip
_SPELLED: Final = "|".join(word for word in _WORDS if word.isascii())
_HAN: Final = r"\d{1,3}(?:\.\d)?|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九]"
_YEARS: Final = {"h": 1 / 8766, "d": 1 / 365.25, "w": 7 / 365.25, "m": 1 / 12, "y": 1.0, "时": 1 / 8766, "天": 1 / 365.25, "日": 1 / 365.25, "周": 7 / 365.25, "月": 1 / 12, "岁": 1.0}  # fmt: skip
_AGES: Final = (
    re.compile(rf"(?<![a-z0-9.])(?<!was )(?<!at )(\d{{1,3}}(?:\.\d)?|{_SPELLED})[\s-]*(day|week|wk|month|mo|mth|year|yr|y)s?[\s/-]{{0,2}}(?:olds?|o(?![a-z]))"),
    re.compile(rf"(?<![a-z])aged? (\d{{1,3}})(?:\s*(day|week|month|year)s?)?(?![\d/])"),
    re.compile(rf"(?<![a-z])born (\d{{1,3}}|{_SPELLED}) (hour|day|week|month)s? ago"),
    re.compile(r"^\s*(\d{1,3})\s?()(?:f|m|male|female|woman|man)(?=[\s,;:])"),
    re.compile(rf"(?:出生|生后|出生后)(?:了|才|刚)?\s*({_HAN})\s*个?(小时|天|日|周|月)"),
    re.compile(rf"(?<!\d)({_HAN}|半)\s*周?(岁)(?!时|那年|以前|就)"),
    re.compile(rf"(?<!\d)({_HAN})\s*个?(月|天|日|周)(?:大|龄|的?(?:小)?(?:宝宝|婴儿|新生儿|男婴|女婴|娃|孩子|男孩|女孩|宝贝|儿子|女儿))"),
)  # fmt: skip
_GESTATIONS: Final = (
    re.compile(r"(?<![\d.])(\d{1,2})(?:\s*\+\s*\d)?[\s-]*(w)(?:ee)?k?s?(?:\s*\+\s*\d)?[\s-]{1,2}(?:pregnan|gestation|gest|gravid|preg)"),
    re.compile(r"(?:pregnan\w*|gravid|gestation\w*)[\s,:(]{1,3}(?:at |about |around |now |is )?(\d{1,2})(?:\s*\+\s*\d)?\s*(w)(?:ee)?k?"),
    re.compile(r"(?<![\d.])(\d)[\s-]*(m)(?:onth|o)s?[\s-]{1,2}pregnan"),
    re.compile(rf"(?:怀孕|孕|妊娠)(?:了|约|已)?\s*({_HAN})\s*(?:\+\s*\d)?\s*个?(周|月)"),
    re.compile(r"(?<![\d.])(\d{1,2})\s*(周)(?:孕|妊娠)"),
)  # fmt: skip
_WEEKS_A_MONTH: Final = 4.345
_LONGEST: Final = {"age": 130.0, "gestation": 45.0}


def read_numbers(text: str) -> Told:
    """What the numbers of a complaint say. Pure; places are those of the text."""
    plain = plain_letters(text)
    if not _HAS_NUMBER.search(plain):
        return Told({}, ())
    readings: dict[str, Reading] = {}
    warnings: list[str] = []
    for reading in sorted([*_vitals(plain, warnings), *_times(plain)], key=lambda one: one.start):
        if _is_possible(reading):
            readings[reading.name] = reading
        else:
            warnings.append(f"text.{reading.name}: nobody alive has that; not used")
    return Told(readings, tuple(dict.fromkeys(warnings)))


def _is_possible(reading: Reading) -> bool:
    if reading.name in _LONGEST:
        return 0 <= reading.value <= _LONGEST[reading.name]
    try:
        Vitals.model_validate({reading.name: reading.value})
    except ValidationError:
        return False
    return reading.value > 0 or reading.name == "pain"


def _vitals(plain: str, warnings: list[str]) -> Iterator[Reading]:
    paired: list[tuple[int, int]] = []
    for pattern in _PRESSURES:
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in paired):
                continue
            paired.append(match.span())
            unit = match[3] or ""
            raw = {"systolic": f"{match[1]} {unit}", "diastolic": f"{match[2]} {unit}"}
            for name, value in _converted(raw, warnings).items():
                yield Reading(name, value, *match.span())
    for name, patterns in _VITALS.items():
        taken: list[tuple[int, int]] = [] if name == "pain" else paired
        for pattern in patterns:
            for match in pattern.finditer(plain):
                if any(start < match.end() and match.start() < end for start, end in taken):
                    continue
                taken = [*taken, match.span()]
                for value in _converted({name: _with_unit(match)}, warnings).values():
                    yield Reading(name, value, *match.span())


def _with_unit(match: re.Match[str]) -> str:
    """The number and its unit; 39度5 is 39.5."""
    number = match[1].replace(",", ".")
    unit = (match[2] or "") if match.re.groups > 1 else ""
    if unit.startswith("度"):
        rest = {"半": "5", "": "0"}.get(unit[1:], unit[1:])
        number, unit = (number if "." in number else f"{number}.{rest}"), "c"
    return f"{number} {unit}".strip()


def _converted(raw: Mapping[str, str], warnings: list[str]) -> dict[str, float]:
    """In the schema's units; what was told by its size is named as it is of a field."""
    said: list[str] = []
    values = read_vitals(raw, said)
    warnings += [warning.replace("vitals.", "text.", 1) for warning in said]
    return {name: float(str(value).split()[0]) for name, value in values.items()}  # what was not read is impossible


def _times(plain: str) -> Iterator[Reading]:
    for pattern in _AGES:
        for match in pattern.finditer(plain):
            unit = (match[2] or "y")[-2:] if (match[2] or "y") == "小时" else (match[2] or "y")
            yield Reading("age", _count(match[1]) * _YEARS[unit[-1] if unit == "小时" else unit[0]], *match.span())
    for pattern in _GESTATIONS:
        for match in pattern.finditer(plain):
            weeks = _count(match[1]) * (_WEEKS_A_MONTH if match[2] in ("m", "月") else 1)
            yield Reading("gestation", weeks, *match.span())


def _count(said: str) -> float:
    if said in _WORDS:
        return float(_WORDS[said])
    if "十" in said:
        tens, ones = said.split("十")
        return float(_WORDS.get(tens, 1) * 10 + _WORDS.get(ones, 0))
    return float(said)
