"""Symptom columns of the canonical tables as the plain values that a record holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from models.text.rendering import SymptomFields

SYMPTOM_COLUMNS: Final = ("condition", "urgency")
"""A row with one of them is a symptom record."""

_ARRIVALS: Final = {
    1: "walking", 2: "public ambulance", 3: "private car", 4: "private ambulance",
    5: "public transport or police", 6: "wheelchair",
}  # fmt: skip
_CONSCIOUSNESS: Final = {1: "alert", 2: "verbal", 3: "pain", 4: "unresponsive"}


def symptom_fields(record: Mapping[str, Any], complaint: str) -> SymptomFields:
    """Translates the codes of the urgency table (see the data's codebook); a column that is not there is unknown.

    Raises ValueError for a value that is no number where one belongs.
    """
    code = {name: _number(record, name) for name in ("arrival_mode", "mental", "injury", "pain")}
    return SymptomFields(
        complaint,
        age=_number(record, "age"),
        sex=record.get("sex"),
        body_part=record.get("body_part"),
        heart_rate=_number(record, "hr"),
        respiratory_rate=_number(record, "rr"),
        systolic=_number(record, "sbp"),
        diastolic=_number(record, "dbp"),
        temperature=_number(record, "bt"),
        saturation=_number(record, "saturation"),
        pain=_number(record, "nrs_pain") if code["pain"] else None,
        injury=None if code["injury"] is None else bool(code["injury"]),
        arrival=_ARRIVALS.get(int(code["arrival_mode"] or 0)),
        consciousness=_CONSCIOUSNESS.get(int(code["mental"] or 0)),
    )


def _number(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; it must be a number") from None
