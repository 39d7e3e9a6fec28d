"""Graded symptom records, and what the service makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from streams.cli.score import open_lines

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.tasks.symptoms.assessment import Assessor
    from streams.tasks.symptoms.curve import Graded
    from streams.tasks.symptoms.naming import Named


@dataclass(slots=True)
class Answered:
    """Records and their verdicts."""

    records: int
    """All that were given; what is none gets no verdict."""
    graded: list[Graded] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    """Those whose condition is said, too."""
    model_version: str = ""


def graded_lines(file: Path | None) -> list[bytes]:
    """Of a file; None: those of this project that no training saw."""
    import orjson

    if file is None:
        from models.augmentation.written_records import graded_records

        return [orjson.dumps(one) for one in graded_records()]
    with open_lines(file) as lines:
        return [line for line in (line.strip() for line in lines) if line]


def answered(lines: Sequence[bytes], settings: Settings) -> Answered:
    """The model's answers come by the same way as in `tidegate score`."""
    import orjson
    from rich.progress import track

    from streams.cli.terminal import stderr
    from streams.score import score_lines
    from streams.tasks.symptoms.assessment import Assessor

    grades = [_grade(line, number) for number, line in enumerate(lines, start=1)]
    assessor = Assessor.load(settings.protocol)
    answers = zip(lines, grades, score_lines(lines, "symptoms", settings), strict=True)
    found = Answered(len(lines))
    for line, grade, answer in track(answers, "grading", len(lines), console=stderr(), transient=True):
        verdict = orjson.loads(answer)
        if "error" not in verdict:  # no record: there is nobody to treat
            _add(found, line, grade, verdict, assessor, settings.max_record_bytes)
    return found


def _grade(line: bytes, number: int) -> tuple[int, str | None]:
    """The level, and the condition where one is said."""
    import orjson

    from models.labels import CONDITION_CLASSES, NO_CONDITION, URGENCY_LEVELS

    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise typer.BadParameter(f"line {number} is no JSON", param_hint="FILE") from None
    level = document.get("level") if isinstance(document, dict) else None
    if level not in URGENCY_LEVELS:
        raise typer.BadParameter(f"line {number} has no `level` from 1 to 5", param_hint="FILE")
    condition = document.get("condition")
    if condition is not None and condition not in CONDITION_CLASSES:
        raise typer.BadParameter(
            f"line {number} has a `condition` that this model does not know; {NO_CONDITION} stands for all others",
            param_hint="FILE",
        )
    return int(level), condition


def _add(
    found: Answered, line: bytes, grade: tuple[int, str | None], verdict: dict[str, Any], assessor: Assessor,
    max_bytes: int,
) -> None:  # fmt: skip
    import numpy as np

    from schemas import SymptomRecord
    from streams.tasks.symptoms.assessment import fields_of
    from streams.tasks.symptoms.curve import Graded, groups_of
    from streams.tasks.symptoms.line import rendered, said_in
    from streams.tasks.symptoms.naming import Named

    level, condition = grade
    record = SymptomRecord.decode(line, max_bytes)
    way = rendered(record)
    assessed = assessor.assess(record, said_in(way).in_lines(record.text or ""))
    age = fields_of(record).get("age", assessed.facts.measures.get("age"))
    groups = groups_of(way.lang, age, record.sex, "pregnancy" in assessed.facts.findings)
    probabilities = verdict["urgency"]["probabilities"]
    likely = None if probabilities is None else np.array(probabilities)
    found.graded.append(Graded(level, likely, assessed.level, groups))
    found.model_version = verdict["model_version"]
    if condition is not None:
        first: dict[str, Any] = next(iter(verdict["conditions"]), {})
        found.named.append(Named(condition, first.get("condition"), first.get("probability", 0.0), groups))
