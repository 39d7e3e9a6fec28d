"""One canonical line for a symptom record, written the same way in training and in serving."""

from __future__ import annotations

from dataclasses import dataclass

_BANDS = {
    "heart rate": (60.0, 100.0),
    "respiratory rate": (12.0, 20.0),
    "systolic": (90.0, 140.0),
    "diastolic": (60.0, 90.0),
    "temperature": (35.5, 37.5),
    "saturation": (95.0, 100.0),
}
"""Usual adult ranges at rest. Outside them the word low or high follows the number, because a small
encoder reads words better than digits; they are reading aids, not clinical limits."""
_AGE_GROUPS = ((1.0, "infant"), (13.0, "child"), (18.0, "adolescent"), (65.0, "adult"))


@dataclass(slots=True, frozen=True)
class SymptomFields:
    """Plain values of a symptom record; None means not recorded. Codes of a data set are translated before.

    Units: age in years, heart and respiratory rate per minute, pressures in mmHg, temperature in degrees
    Celsius, saturation in percent, pain from 0 to 10. `consciousness`: alert, verbal, pain, unresponsive.
    """

    complaint: str
    symptoms: tuple[str, ...] = ()
    age: float | None = None
    sex: str | None = None
    body_part: str | None = None
    heart_rate: float | None = None
    respiratory_rate: float | None = None
    systolic: float | None = None
    diastolic: float | None = None
    temperature: float | None = None
    saturation: float | None = None
    pain: float | None = None
    injury: bool | None = None
    arrival: str | None = None
    consciousness: str | None = None


@dataclass(slots=True, frozen=True)
class Rendered:
    """The line, and where in it the complaint begins (it runs to the end)."""

    text: str
    complaint_start: int


def render_symptoms(fields: SymptomFields) -> Rendered:
    """Known fields first, so that truncation of a long complaint never loses a vital sign."""
    parts = [*_person(fields), *_vitals(fields), *_context(fields)]
    head = " | ".join([*parts, "complaint: "])
    listed = ", ".join(fields.symptoms)
    body = f"{fields.complaint}; {listed}" if fields.complaint and listed else fields.complaint or listed
    return Rendered(head + body, len(head))


def _person(fields: SymptomFields) -> list[str]:
    parts: list[str] = []
    if fields.age is not None:
        group = next((name for limit, name in _AGE_GROUPS if fields.age < limit), "elderly")
        parts.append(f"age {_number(fields.age)} {group}")
    if fields.sex:
        parts.append(f"sex {fields.sex}")
    if fields.body_part:
        parts.append(f"body part {fields.body_part}")
    return parts


def _vitals(fields: SymptomFields) -> list[str]:
    readings = {
        "heart rate": fields.heart_rate,
        "respiratory rate": fields.respiratory_rate,
        "systolic": fields.systolic,
        "diastolic": fields.diastolic,
        "temperature": fields.temperature,
        "saturation": fields.saturation,
    }
    parts = [f"{name} {_number(value)}{_band(name, value)}" for name, value in readings.items() if value is not None]
    if fields.pain is not None:
        parts.append(f"pain {_number(fields.pain)} of 10")
    return parts


def _context(fields: SymptomFields) -> list[str]:
    parts: list[str] = []
    if fields.injury is not None:
        parts.append("injury yes" if fields.injury else "injury no")
    if fields.arrival:
        parts.append(f"arrival {fields.arrival}")
    if fields.consciousness:
        parts.append(f"consciousness {fields.consciousness}")
    return parts


def _band(name: str, value: float) -> str:
    low, high = _BANDS[name]
    return " low" if value < low else " high" if value > high else ""


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
