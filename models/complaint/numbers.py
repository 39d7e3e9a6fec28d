"""Numbers that stand in a complaint: vital signs, ages, weeks of pregnancy.

What is written with a unit or a name is read; a bare number is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pydantic import ValidationError

from models.complaint.ages import ages
from models.complaint.letters import plain_letters
from models.complaint.numerals import in_digits
from models.complaint.reading import Reading
from models.complaint.vital_numbers import vital_signs
from schemas.symptoms import Vitals

_HAS_NUMBER: Final = re.compile(r"\d|半岁")
_HIGHEST: Final = {"age": 130.0, "gestation": 45.0, "glucose": 110.0}


class Told(NamedTuple):
    """What the numbers of a text say: of each measure the last, and what was wrong with others."""

    readings: Mapping[str, Reading]
    warnings: tuple[str, ...]
    """Each `text.measure: ...`; none quotes the text."""


def read_numbers(text: str) -> Told:
    """What the numbers of a complaint say. Pure; places are those of the text."""
    plain = plain_letters(text)
    digits = in_digits(plain)
    if not _HAS_NUMBER.search(digits.text):
        return Told({}, ())
    readings: dict[str, Reading] = {}
    warnings: list[str] = []
    found = [*vital_signs(digits.text, warnings), *ages(digits.text)]
    for reading in sorted(found, key=lambda one: one.start):
        if _is_possible(reading):
            start, end = digits.origin(reading.start, reading.end)
            readings[reading.name] = reading._replace(start=start, end=end)
        else:
            warnings.append(f"text.{reading.name}: nobody alive has that; not used")
    return Told(readings, tuple(dict.fromkeys(warnings)))


def _is_possible(reading: Reading) -> bool:
    if reading.name in _HIGHEST:
        return 0 <= reading.value <= _HIGHEST[reading.name]
    try:
        Vitals.model_validate({reading.name: reading.value})
    except ValidationError:
        return False
    return reading.value > 0 or reading.name == "pain"
