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
from models.complaint.reading import Reading
from models.complaint.vital_numbers import vital_signs
from schemas.symptoms import Vitals

_HAS_NUMBER: Final = re.compile(
    r"\d|[一二两三四五六七八九十半](?:岁|个?月|周|天|日)"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[ -](?:day|week|month|year)"
)
_HIGHEST: Final = {"age": 130.0, "gestation": 45.0, "glucose": 110.0}


class Told(NamedTuple):
    """What the numbers of a text say: of each measure the last, and what was wrong with others."""

    readings: Mapping[str, Reading]
    warnings: tuple[str, ...]
    """Each `text.measure: ...`; none quotes the text."""


def read_numbers(text: str) -> Told:
    """What the numbers of a complaint say. Pure; places are those of the text."""
    plain = plain_letters(text)
    if not _HAS_NUMBER.search(plain):
        return Told({}, ())
    readings: dict[str, Reading] = {}
    warnings: list[str] = []
    for reading in sorted([*vital_signs(plain, warnings), *ages(plain)], key=lambda one: one.start):
        if _is_possible(reading):
            readings[reading.name] = reading
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
