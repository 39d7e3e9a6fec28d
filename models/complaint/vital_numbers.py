"""Vital signs in running text: names, amounts, and which belong together. Units are told and converted as in the
fields of a record (`schemas.measures`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from models.complaint.amounts import Amount, amounts
from models.complaint.conversion import readings_of
from models.complaint.links import is_bare, is_near, is_said
from models.complaint.measure_names import MEASURES, OTHER, Name, names
from models.complaint.reading import Reading
from models.complaint.unnamed import measure_of

_LETTERS: Final = {"t": "temperature", "p": "heart_rate", "r": "respiratory_rate"}
_TOGETHER: Final = 24  # characters between letters that a nurse lists
_BY_MASK: Final = re.compile(r"\s*(?:via|by|through|o2|oxygen)(?![a-z])")
_BY_SO_MUCH: Final = re.compile(r"\s*(?:points? )?(?:from|lower|higher|less|more)(?![a-z])")
_NOW: Final = re.compile(
    r"(?:(?<![a-z])(?:now|currently|today|to|then|->)(?: (?:is|at|it's|its|of|only))?"
    r"|→|现在?|目前|今[天早晚]|刚[测量才]?|[降升退掉跌]到了?|后)[\s:：是为只有才]*$"
)
_NOW_BEHIND: Final = re.compile(r"\s*(?:now|today|currently)(?![a-z])")
_HIGH: Final = 90  # what is called high and has a lower number was found at that age
_CARRIED: Final = 30  # characters
_FEVER: Final = ((34, 43.9), (93, 112))


def vital_signs(text: str, warnings: list[str]) -> Iterator[Reading]:
    """All of them, possible or not; adds to the warnings what was told by its size, and what is too low.

    Args:
        text: in plain letters and digits.
    """
    named = list(names(text))
    last, last_end, last_read, at = "", 0, 0, 0
    for amount in amounts(text):
        while at < len(named) and named[at].end <= amount.start:
            at += 1
        name = named[at - 1] if at and named[at - 1].end >= last_end else None
        last_end = amount.end
        if amount.unit == "none":
            continue
        measure = _named(text, name, amount, named, at) if name else ""
        begin = name.start if name and measure else amount.start
        if not measure:
            measure = measure_of(text, amount)
        if not measure and last and _is_carried(text, last, last_read, amount):
            measure = last
        if not measure or measure == OTHER:
            continue
        last, last_read = measure, amount.behind
        yield from readings_of(measure, amount, begin, warnings)


def _named(text: str, name: Name, amount: Amount, named: Sequence[Name], at: int) -> str:
    """The measure that the name before an amount makes of it; nothing where it is not the name's."""
    gap = text[name.end : amount.start]
    measure = name.measure
    if measure in _LETTERS:
        measure = _LETTERS[measure]
        is_listed = measure == "temperature" or amount.unit == "rate" or _is_in_list(text, named, at)
        return measure if is_bare(gap) and _is_likely(measure, amount) and is_listed and amount.second is None else ""
    is_its = is_said(gap)
    if measure == OTHER:
        return OTHER if is_its else ""
    if measure == "pain":
        if amount.second is None and amount.unit == "" and amount.low <= 10 and is_its:
            return "pain" if is_near("", text, amount) else ""
        return ""
    if measure == "movement":  # or blood sugar, as meters show it
        is_sugar = amount.unit in MEASURES["glucose"].units and (amount.is_decimal or amount.unit)
        return "glucose" if is_its and is_sugar else ""
    if not is_its and not is_near(gap, text, amount):
        return ""
    if measure == "fever":
        is_sure = amount.is_decimal or amount.unit or not re.search(r"[,，]\s*$", gap)
        is_one = any(low <= amount.low <= high for low, high in _FEVER) and amount.second is None and is_sure
        return "temperature" if is_one and amount.unit in MEASURES["temperature"].units else ""
    if amount.unit not in MEASURES[measure].units or (measure != "systolic" and amount.second is not None):
        return ""
    is_high = measure == "systolic" and text.endswith(("high ", "高"), 0, name.start)
    if _BY_SO_MUCH.match(text, amount.behind) or (is_high and amount.second is None and amount.low < _HIGH):
        return OTHER
    if measure == "saturation" and (amount.low > 100 or _BY_MASK.match(text, amount.behind)):
        return OTHER
    return measure


def _is_likely(measure: str, amount: Amount) -> bool:
    low, high = MEASURES[measure].likely
    return low <= amount.low <= high


def _is_in_list(text: str, named: Sequence[Name], at: int) -> bool:
    own = named[at - 1]
    others = [*named[max(0, at - 2) : at - 1], *named[at : at + 1]]
    return any(
        one.measure not in (OTHER, "fever", "pain", own.measure)
        and max(one.start - own.end, own.start - one.end) <= _TOGETHER
        for one in others
    )


def _is_carried(text: str, measure: str, since: int, amount: Amount) -> bool:
    """A number without a name that says what became of the reading before it: `usually 60 but now 125`."""
    if amount.start - since > _CARRIED or amount.unit not in MEASURES[measure].units:
        return False
    if not _is_likely(measure, amount) or (amount.second is not None and measure != "systolic"):
        return False
    return bool(_NOW.search(text, since, amount.start) or _NOW_BEHIND.match(text, amount.behind))
