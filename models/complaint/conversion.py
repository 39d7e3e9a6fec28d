"""From an amount to readings in the units of the input schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.complaint.amounts import Amount
from models.complaint.measure_names import MEASURES
from models.complaint.reading import Reading
from schemas.measures import read_vitals

_UNITS: Final = {"celsius": "c", "fahrenheit": "f", "percent": "%", "kilopascal": "kpa", "mercury": "mmhg"}
_HIGHEST_MMOL: Final = 33.3  # what meters show
_MG_A_MMOL: Final = 18.0


def readings_of(measure: str, amount: Amount, start: int, warnings: list[str]) -> Iterator[Reading]:
    """One, or two of a blood pressure; possible or not. Of a range the worse end counts, and of what went from one
    number to another the other.

    Args:
        measure: a key of MEASURES; `systolic` for a pair.
        start: where what is said of the amount begins.
        warnings: told here by its size, or too low.
    """
    said = _ends(measure, amount)
    if measure == "glucose":
        values = {measure: _glucose(said[measure], amount)}
    else:
        is_bare = measure in ("systolic", "diastolic") and len(said) == 1 and amount.unit != "kilopascal"
        low = {name for name, value in said.items() if is_bare and value < MEASURES[name].floor}
        values = _converted({name: value for name, value in said.items() if name not in low}, amount, warnings)
        low |= {name for name, value in values.items() if value < MEASURES[name].floor}
        warnings += [f"text.{name}: too low to be one; not used" for name in sorted(low)]
        values = {name: value for name, value in values.items() if name not in low}
    for name, value in values.items():
        yield Reading(name, value, start, amount.behind)


def _ends(measure: str, amount: Amount) -> dict[str, float]:
    low, high, second = amount.low, amount.high, amount.second or ()
    could_be_pair = measure == "systolic" and amount.second is None and not amount.is_from_to
    if could_be_pair and high is not None and high < low:  # 90到60, 120-80
        second, high = (high,), None
    ends = {measure: low if high is None else high if amount.is_from_to else _worse(measure, low, high)}
    if measure == "systolic" and second:
        ends["diastolic"] = _worse("diastolic", *second)
    return ends


def _worse(measure: str, *ends: float) -> float:
    return max(ends, key=lambda end: abs(end - MEASURES[measure].middle))


def _converted(said: dict[str, float], amount: Amount, warnings: list[str]) -> dict[str, float]:
    """In the schema's units; what cannot be read at all stays the number it is."""
    heard: list[str] = []
    unit = _UNITS.get(amount.unit, "")
    values = read_vitals({name: f"{value:g} {unit}".strip() for name, value in said.items()}, heard)
    warnings += [warning.replace("vitals.", "text.", 1) for warning in heard]
    return {name: float(str(value).split()[0]) for name, value in values.items()}


def _glucose(number: float, amount: Amount) -> float:
    """Millimoles a litre; a whole number that is too high for that is in milligrams a decilitre."""
    is_bare = not amount.unit and not amount.is_decimal
    is_milligrams = amount.unit == "milligrams" or (is_bare and number > _HIGHEST_MMOL)
    return round(number / _MG_A_MMOL, 1) if is_milligrams else number
