"""A batch on an engine: one that fails is halved until the records that cause it are alone."""

from __future__ import annotations

import logging
import time

from models.errors import place_of
from models.serving.engine import Engine
from models.serving.types import Batch, Depth, EngineLostError, InferenceError, Item, Outcome, Scores

logger = logging.getLogger(__name__)


def run_isolated(engine: Engine, batch: Batch, depth: Depth) -> list[Outcome]:
    """One outcome for each item; those at fault have an InferenceError.

    Raises:
        EngineLostError: the engine is gone, which is no fault of a record.
    """
    outcomes: list[Outcome] = []
    spoiled = None
    parts = [batch]
    while parts:
        part = parts.pop()
        try:
            scores = _run_once(engine, part, depth)
        except EngineLostError:
            raise
        except Exception as error:  # noqa: BLE001  the runtime has no one kind of error, and others are not at fault
            if len(part.items) > 1:
                parts += part.halves()
                spoiled = error
            else:
                outcomes.append(failure(part.items[0], _inference_error(error), batch.formed_at))
        else:
            now = time.monotonic()
            pairs = zip(part.items, scores, strict=True)
            outcomes += [Outcome(item, score, None, batch.formed_at, now) for item, score in pairs]
    if spoiled is not None and all(outcome.error is None for outcome in outcomes):
        logger.warning("A batch failed, and none of its records alone: %s", place_of(spoiled))
    return outcomes


def _run_once(engine: Engine, batch: Batch, depth: Depth) -> list[Scores]:
    scores = engine.run(batch, depth)
    if len(scores) != len(batch.items):
        raise InferenceError(f"The engine gave {len(scores)} answers to {len(batch.items)} records.")
    return scores


def failure(item: Item, error: Exception, batched_at: float) -> Outcome:
    """The end of an item that gets no scores, now."""
    return Outcome(item, None, error, batched_at, scored_at=time.monotonic())


def _inference_error(cause: Exception) -> InferenceError:
    """The cause by its type alone: a runtime's message may quote what it was fed."""
    error = InferenceError(f"The engine failed on this record: {type(cause).__name__}.")
    error.__cause__ = cause
    return error
