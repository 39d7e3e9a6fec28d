"""Numbers that stand in a complaint: vital signs, ages, weeks of pregnancy.

What is written with a unit or a name is read; a bare number is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError

from models.complaint.ages import ages
from models.complaint.consciousness import GCS, coma_scores
from models.complaint.gestation import gestations
from models.complaint.letters import plain_letters
from models.complaint.numerals import in_digits
from models.complaint.reading import Reading
from models.complaint.standing import Standing, standing
from models.complaint.vital_numbers import vital_signs
from schemas.symptoms import Vitals

_HAS_NUMBER: Final = re.compile(r"\d|[半周]岁|ties(?![a-z])|vpu|born [ytl]")
_NEIGHBOURS: Final = 4  # readings, of which two may be one blood pressure
_HIGHEST: Final = {"age": 130.0, "gestation": 45.0, "glucose": 110.0, GCS: 15.0}
_LOWEST: Final = {GCS: 3.0}


class Told(NamedTuple):
    """What the numbers of a text say: of each measure the one that counts, and what was wrong with others."""

    readings: Mapping[str, Reading]
    warnings: tuple[str, ...]
    """Each `text.measure: ...`; none quotes the text."""


def read_numbers(text: str) -> Told:
    """What the numbers of a complaint say. Pure; places are those of the text."""
    plain = plain_letters(text)
    digits = in_digits(plain)
    if not _HAS_NUMBER.search(digits.text):
        return Told({}, ())
    warnings: list[str] = []
    measured = [*vital_signs(digits.text, warnings), *coma_scores(digits.text)]
    found = sorted([*measured, *ages(digits.text, measured), *gestations(digits.text)], key=lambda one: one.start)
    possible = [one for one in found if _is_possible(one)]
    warnings += [f"text.{one.name}: nobody alive has that; not used" for one in found if not _is_possible(one)]
    counting = _counting(digits.text, possible)
    readings = {one.name: Reading(one.name, one.value, *digits.origin(one.start, one.end)) for one in counting}
    return Told(readings, tuple(dict.fromkeys(warnings)))


def _counting(text: str, found: Sequence[Reading]) -> Iterable[Reading]:
    """Of each measure the last of those that stand highest."""
    counting: dict[str, tuple[Standing, Reading]] = {}
    for at in reversed(range(len(found))):
        one = found[at]
        highest = counting[one.name][0] if one.name in counting else Standing.NONE
        if highest < Standing.CURRENT and (stands := _standing(text, found, at)) > highest:
            counting[one.name] = stands, one
    return [one for _, one in counting.values()]


def _standing(text: str, found: Sequence[Reading], at: int) -> Standing:
    one = found[at]
    if one.name == "age":  # which `ages` has chosen
        return Standing.CURRENT
    before = max((other.end for other in found[max(0, at - _NEIGHBOURS) : at] if other.end <= one.start), default=0)
    after = found[at + 1 : at + 1 + _NEIGHBOURS]
    return standing(text, one, before, next((other.start for other in after if other.start >= one.end), len(text)))


def _is_possible(reading: Reading) -> bool:
    if reading.name in _HIGHEST:
        return _LOWEST.get(reading.name, 0.0) <= reading.value <= _HIGHEST[reading.name]
    try:
        Vitals.model_validate({reading.name: reading.value})
    except ValidationError:
        return False
    return reading.value > 0 or reading.name == "pain"
