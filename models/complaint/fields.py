"""A record's fields with what its text says in numbers: the same in training, in measuring and in serving."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from models.complaint.numbers import read_numbers
from models.text.rendering import SymptomFields

_MEASURES: Final = (
    "age", "heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain",
)  # fmt: skip


def with_numbers(fields: SymptomFields) -> SymptomFields:
    """Numbers of the complaint stand in for fields that are missing; one that is there counts first."""
    told = read_numbers("; ".join([fields.complaint, *fields.symptoms])).readings
    missing = {name: told[name].value for name in _MEASURES if name in told and getattr(fields, name) is None}
    return replace(fields, **missing) if missing else fields  # type: ignore[arg-type]
