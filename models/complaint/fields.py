"""A record's fields with what its text says in numbers: the same in training, in measuring and in serving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from models.complaint.numbers import read_numbers
from models.text import normalise
from models.text.rendering import SymptomFields, render_symptoms
from models.text.visits import symptom_fields

_MEASURES: Final = (
    "age", "heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain",
)  # fmt: skip


def with_numbers(fields: SymptomFields) -> SymptomFields:
    """Numbers of the complaint stand in for fields that are missing; one that is there counts first."""
    told = read_numbers("; ".join([fields.complaint, *fields.symptoms])).readings
    missing = {name: told[name].value for name in _MEASURES if name in told and getattr(fields, name) is None}
    return replace(fields, **missing) if missing else fields  # type: ignore[arg-type]


def record_line(record: Mapping[str, Any]) -> str:
    """What the model reads of a row of a table of records (columns as in `models.text.visits`), as in the service."""
    return render_symptoms(with_numbers(symptom_fields(record, normalise(record["text"]).text))).text
