"""Ages in running text: whose they are, and whether they are of a person at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from models.complaint.age_patterns import CHINESE, DECADES, ENGLISH, MAY_HAVE_AGES, THING
from models.complaint.reading import Reading
from models.complaint.whose import KIN_EN, KIN_ZH, speaks_of_own

_HOUR, _DAY, _WEEK, _MONTH = 1 / 8766, 1 / 365.25, 7 / 365.25, 1 / 12
_YEARS: Final = {
    "h": _HOUR,
    "d": _DAY,
    "w": _WEEK,
    "m": _MONTH,
    "y": 1.0,
    "小时": _HOUR,
    "天": _DAY,
    "日": _DAY,
    "周": _WEEK,
    "月": _MONTH,
    "岁": 1.0,
    "/12": _MONTH,
    "/52": _WEEK,
    "/7": _DAY,
    "旬": 10.0,
}
_SELF: Final = re.compile(r"(?:(?<![a-z])(?:i'm|i am|im)(?: an?)?|我今?年?|患者[^，,。]{0,2}|病人)\s*$")
_IS_OTHERS: Final = re.compile(
    rf"(?<![a-z])(?:(?:his|her|their) (?:(?:{KIN_EN})(?: is| was)?)?"
    r"|(?:from|breastfeeding|by|mother of|father of) (?:my |our |an? )?"
    r"|as an? |when (?:i|he|she) was )$"
    r"|(?:被|带|照顾|喂|家里有|传染给)[^，,。]{0,4}$|小时候|撞人的是$"
)
_KIN: Final = re.compile(
    rf"(?<![a-z])(?:my|our|(?:have|got) an?|{KIN_EN})(?: (?:{KIN_EN}))?(?: (?:is|was|are))?[\s,(]*$"
    rf"|(?:{KIN_ZH})(?:今年|才|刚|都)?[，,]?$"
)
_KIN_BEHIND: Final = re.compile(rf"\s*(?:的)?(?:{KIN_ZH}|小伙)|\s*(?:{KIN_EN}|driver)(?![a-z])")
_OVER: Final = re.compile(
    r"\s*(?:的?时候?|得(?!了?[发感咳])|患|查出)|[^，。,;；]{0,6}(?:没的|去世|走的|过世|病逝|摔断过)"
)
_OF_THINGS: Final = re.compile(rf"(?<![a-z]){THING}[a-z]* (?:is |are |was |about |now )*$")
# Who is named beside a birth may be the patient, and somebody's birth is no age of hers.
_OF_A_MOTHER: Final = re.compile(
    r"(?<![a-z])(?:mum|mom|mother|mama|wife|i|i'm|i've|my|our)(?![a-z'])|我|产妇|产后|妈|老婆|妻|媳妇"
)
_LEAD: Final = 30  # characters
_KINS, _SOMEBODYS, _SELFS = 1, 2, 3  # whose an age is; the highest counts


def ages(text: str, measured: Sequence[Reading] = ()) -> Iterator[Reading]:
    """`age` in years: the patient's, once, where a text tells it.

    Args:
        text: in plain letters and digits.
        measured: readings that have taken their numbers: 血氧八十出头 is nobody's age.
    """
    found: list[tuple[int, Reading]] = []
    if not MAY_HAVE_AGES.search(text):
        return
    for needed, pattern in ENGLISH if text.isascii() else (*ENGLISH, *CHINESE):
        for match in pattern.finditer(text) if needed in text else ():
            rank = _rank(text, match)
            if rank and not any(one.start <= match.start() < one.end for one in measured):
                found.append((rank, Reading("age", _age(match), *match.span())))
    highest = max((rank for rank, _ in found), default=0)
    if highest == _KINS and speaks_of_own(text):
        return
    counting = [one for rank, one in found if rank == highest]
    if counting:
        yield min(counting, key=lambda one: (one.start, -one.end))


def _rank(text: str, match: re.Match[str]) -> int:
    """The patient's own, somebody's, a relative's; nothing where it is surely another's, of long ago, or a thing's."""
    start = match.start() + len(match[0]) - len(match[0].lstrip(" ,:;(（"))
    lead = text[max(0, start - _LEAD) : start]
    if _IS_OTHERS.search(lead) or _OF_THINGS.search(lead) or _OVER.match(text, match.end()):
        return 0
    if (match.groupdict().get("a_day") or match[0].startswith(("生下", "下生"))) and _OF_A_MOTHER.search(text):
        return 0
    if _SELF.search(lead) or match[0].startswith(("i'm", "i am", "今年", "患者")):
        return _SELFS
    is_kins = (
        _KIN.search(lead)
        or _KIN_BEHIND.match(text, match.end())
        or re.match(r"(?:my|our|baby|newborn|infant|toddler|twins) ", match[0])
    )
    return _KINS if is_kins else _SOMEBODYS


def _age(match: re.Match[str]) -> float:
    said = match.groupdict()
    if said.get("a_day"):
        return _DAY
    if said.get("half_a_year") or said.get("a_year"):
        return 0.5 if said.get("half_a_year") else 1.0
    if decade := said.get("decade"):
        return float(decade[:2] if decade[0].isdigit() else DECADES[decade])
    unit = _in_years(said.get("unit"))
    count = float(said["n"]) + (0.5 if said.get("half") and unit >= _WEEK else 0.0)
    more = float(said["n2"]) * _in_years(said["unit2"]) if said.get("n2") else 0.0
    return count * unit + more


def _in_years(unit: str | None) -> float:
    if not unit:
        return 1.0
    return _YEARS[unit] if unit in _YEARS else _YEARS[unit[0]]
