"""Rows through the engine that serves: the same encoder, the same batches, the same rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from models.artifact import Artifact
from models.evaluation.rows import EvaluationError, Row
from models.labels import CLASS_HEADS
from models.serving.batcher import TokenBudgetBatcher
from models.serving.encoder import Encoder
from models.serving.engine import Engine, OnnxEngine
from models.serving.question import Question
from models.serving.reader import Reader
from models.serving.reading import Reading, combined, heard
from models.serving.types import Depth, Item, Scores

CHUNK: Final = 1024
"""Rows encoded at once: the progress moves, and an encoding lives no longer than it must."""
BATCH_TOKENS: Final = 1024


@dataclass(slots=True, frozen=True)
class Served:
    """A verified artifact, ready to answer."""

    artifact: Artifact
    reader: Reader
    engine: Engine
    batcher: TokenBudgetBatcher
    questions: Mapping[str, Question]
    """By task: what it asks of the model."""


@dataclass(slots=True)
class Answer:
    """What the model said of a row, and what it was given."""

    lang: str
    """As the service detects it, with the row's language as the hint: thresholds go by this one."""
    readings: list[Reading]
    scores: Scores
    """Of all readings together; of a row in words that the model does not know, nothing: no label stands."""


def open_served(artifact: Artifact, questions: Mapping[str, Question], threads: int | None = None) -> Served:
    """An artifact on the CPU, whose golden cases nobody has asked it yet."""
    engine = OnnxEngine.open(artifact, device="cpu", threads=threads)
    batcher = TokenBudgetBatcher(engine.grid, BATCH_TOKENS, run_cost_tokens=engine.run_cost_tokens)
    return Served(artifact, Reader(Encoder.from_artifact(artifact)), engine, batcher, questions)


def score_rows(
    rows: Sequence[Row], served: Served, advance: Callable[[int], None] = lambda rows: None,
    depth: Depth = Depth.FULL,
) -> list[Answer]:  # fmt: skip
    """One answer a row, in order; at `Depth.EARLY` that of the early exit, labels alone.

    Raises:
        EvaluationError: a row has a label of a head that the model lacks, or that the cascade left unanswered.
        ServingError: the engine failed.
    """
    _check_heads(rows, served.artifact)
    answers: list[Answer] = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        answers += _score_part(part, served, depth)
        advance(len(part))
    _check_answers(rows, answers)
    return answers


def _score_part(rows: Sequence[Row], served: Served, depth: Depth) -> list[Answer]:
    known = frozenset(served.artifact.manifest.heads)
    ways = [row.read() for row in rows]
    served.reader.encode([way for _, readings in ways for way in readings])
    readings = [[one for way in part for one in served.reader.refined(way)] for _, part in ways]
    for row, parts in zip(rows, readings, strict=True):
        question = served.questions[row.task]
        for part in parts:
            assert part.encoding is not None
            served.batcher.push(
                Item(
                    part.encoding,
                    part,
                    known & question.heads.keys(),
                    0.0,
                    0.0,
                    question.may_degrade,
                    is_skimmed=part.is_skimmed and question.may_degrade,
                )
            )
    while turn := served.batcher.pop():
        for batch in turn:
            for item, answer in zip(batch.items, served.engine.run(batch, depth), strict=True):
                cast(Reading, item.payload).scores = answer
    return [
        Answer(lang, parts, _together(row, parts, served))
        for row, (lang, _), parts in zip(rows, ways, readings, strict=True)
    ]


def _together(row: Row, parts: Sequence[Reading], served: Served) -> Scores:
    scores = heard(parts)
    return combined(scores, served.questions[row.task].heads) if scores else _nothing(served.artifact)


def _nothing(artifact: Artifact) -> Scores:
    """What an unassessed record counts as: no label, and no class more likely than another."""
    scores = Scores(artifact.version)
    for name, head in artifact.manifest.heads.items():
        width = len(head.labels)
        if name == "post":
            scores.heads[name] = np.zeros(width)
        elif name in CLASS_HEADS:
            scores.heads[name] = np.full(width, 1 / width)
    return scores


def _check_answers(rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    """An early exit tells no sentiment. To leave those rows out would measure the suspicious posts alone."""
    for row, answer in zip(rows, answers, strict=True):
        for head in row.classes:
            if head not in answer.scores.heads:
                raise EvaluationError(f"The cascade answers clean posts without {head}; switch it off to measure that.")


def _check_heads(rows: Sequence[Row], artifact: Artifact) -> None:
    wanted = {head for row in rows for head in row.classes}
    wanted |= {"post" for row in rows if row.labels} | {"spans" for row in rows if row.spans is not None}
    if missing := sorted(wanted - set(artifact.manifest.heads)):
        raise EvaluationError(f"The model {artifact.version} has no head {missing[0]}, which the data is labelled for.")
