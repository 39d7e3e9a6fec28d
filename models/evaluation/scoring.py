"""Rows through the engine that serves: the same encoder, the same batches, the same rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from models.artifact import Artifact
from models.evaluation.rows import EvaluationError, Reading, Row
from models.serving.batcher import TokenBudgetBatcher
from models.serving.encoder import Encoder
from models.serving.engine import Engine
from models.serving.types import Depth, Encoding, Item, Scores

CHUNK: Final = 1024
"""Rows encoded at once: the progress moves, and an encoding lives no longer than it must."""
HEADS: Final = {"posts": frozenset({"post", "spans", "sentiment"}), "symptoms": frozenset({"condition", "urgency"})}


@dataclass(slots=True, frozen=True)
class Served:
    """A verified artifact, ready to answer."""

    artifact: Artifact
    encoder: Encoder
    engine: Engine
    batcher: TokenBudgetBatcher


@dataclass(slots=True)
class Answer:
    """What the model said of a row, and what it was given."""

    reading: Reading
    encoding: Encoding
    scores: Scores


def score_rows(rows: Sequence[Row], served: Served, advance: Callable[[int], None] = lambda rows: None) -> list[Answer]:
    """One answer a row, in order.

    Raises:
        EvaluationError: a row has a label of a head that the model lacks, or that the cascade left unanswered.
        ServingError: the engine failed.
    """
    _check_heads(rows, served.artifact)
    answers: list[Answer] = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        answers += _score_part(part, served)
        advance(len(part))
    _check_answers(rows, answers)
    return answers


def _score_part(rows: Sequence[Row], served: Served) -> list[Answer]:
    known = frozenset(served.artifact.manifest.heads)
    readings = [row.read() for row in rows]
    encodings = served.encoder.encode([reading.text for reading in readings])
    for place, (row, encoding) in enumerate(zip(rows, encodings, strict=True)):
        served.batcher.push(Item(encoding, place, HEADS[row.task] & known, deadline=0.0, queued_at=0.0))
    scores: dict[object, Scores] = {}
    while turn := served.batcher.pop():
        for batch in turn:
            for item, answer in zip(batch.items, served.engine.run(batch, Depth.FULL), strict=True):
                scores[item.payload] = answer
    return [Answer(reading, encodings[i], scores[i]) for i, reading in enumerate(readings)]


def _check_answers(rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    """An early exit tells no sentiment. To leave those rows out would measure the suspicious posts alone."""
    for row, answer in zip(rows, answers, strict=True):
        for head in row.classes:
            if getattr(answer.scores, head) is None:
                raise EvaluationError(f"The cascade answers clean posts without {head}; switch it off to measure that.")


def _check_heads(rows: Sequence[Row], artifact: Artifact) -> None:
    wanted = {head for row in rows for head in row.classes}
    wanted |= {"post" for row in rows if row.labels} | {"spans" for row in rows if row.spans is not None}
    if missing := sorted(wanted - set(artifact.manifest.heads)):
        raise EvaluationError(f"The model {artifact.version} has no head {missing[0]}, which the data is labelled for.")
