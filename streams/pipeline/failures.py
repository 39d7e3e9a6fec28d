"""What becomes of a record that gets no verdict: a dead letter."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from models.errors import place_of
from schemas import DeadLetter, Reason
from streams.record import Outgoing, RawRecord

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record gets no verdict. `detail` is one sentence and never holds content of the record."""

    reason: Reason
    detail: str
    stage: str


def dead_letter(raw: RawRecord, failure: Failure, failed_at: datetime | None = None) -> Outgoing:
    """The record as it came, key, value and headers untouched, with the reason appended as headers.

    A letter that was replayed and failed again carries the headers of its latest failure only, so that they never
    pile up, and a raised count of attempts.
    """
    attempts, headers = DeadLetter.split_headers(raw.headers)
    letter = DeadLetter(
        reason=failure.reason,
        detail=failure.detail,
        stage=failure.stage,
        original_topic=raw.topic,
        original_partition=raw.partition,
        original_offset=raw.offset,
        attempts=attempts + 1,
        failed_at=failed_at or datetime.now(UTC),
    )
    return Outgoing("dead-letters", raw.key, raw.value, raw.partition, (*headers, *letter.to_headers()))


def unexpected(error: Exception, stage: str) -> Failure:
    """A defect of ours: the record gets a dead letter, the log gets the place."""
    logger.error("%s failed with %s", stage, place_of(error))
    return Failure(Reason.INTERNAL_ERROR, f"{stage} failed with {type(error).__name__}", stage)
