"""Symptom records: conditions, an urgency that rules can only raise, and the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from models.folders import BODY_PARTS, CONTEXT, FINDINGS, PASSAGE_WEIGHTS
from models.labels import URGENCY_LEVELS
from models.serving.question import Joined, Question
from schemas import SymptomRecord, SymptomVerdict
from schemas.channels import Channel
from schemas.examples import SYMPTOM_RECORD, SYMPTOM_VERDICT
from streams.tasks.declaration import Declaration

if TYPE_CHECKING:
    from streams.tasks.base import Parts, Task

PROTOCOL: Final = Path(__file__).parent / "protocol.toml"
"""The rules that ship; a setting names others."""


def _build(parts: Parts) -> Task[Any]:
    from streams.tasks.symptoms.task import SymptomsTask

    return SymptomsTask.build(parts)


SYMPTOMS: Final = Declaration(
    input=Channel(
        "symptoms",
        SymptomRecord,
        "receive",
        "The patient's reference.",
        "Symptom records to triage.",
        SYMPTOM_RECORD,
    ),
    key_field="patient",
    outputs=(
        Channel(
            "triage",
            SymptomVerdict,
            "send",
            "The record's key.",
            "A verdict for every symptom record.",
            SYMPTOM_VERDICT,
        ),
    ),
    question=Question({"condition": Joined.HIGHEST_SCALED, "urgency": Joined.MOST_URGENT}),  # never degraded
    build=_build,
    actions=tuple(f"level_{level}" for level in URGENCY_LEVELS),
    rules={
        "protocol": PROTOCOL,
        "findings": FINDINGS,
        "context": CONTEXT,
        "passages": PASSAGE_WEIGHTS,
        "body_parts": BODY_PARTS,
    },
)
