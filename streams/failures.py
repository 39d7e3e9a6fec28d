"""What becomes of a record that gets no verdict: a dead letter, within limits."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas import DeadLetter, Reason
from streams.errors import TidegateError
from streams.record import Outgoing, Partition, RawRecord


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record gets no verdict. `detail` is one sentence and never holds content of the record."""

    reason: Reason
    detail: str
    stage: str


class DeadLetterLimitExceeded(TidegateError):
    """Too much of a partition became dead letters: the topic is good and the deploy is bad, more likely than not."""


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


class DeadLetterLimit:
    """Watches the share of failures per partition, as getsentry/arroyo's `DlqLimit` does.

    Args:
        max_ratio: largest share of failures among the last `window` records; 0 switches it off.
        window: how many records must have been seen before the ratio counts.
        max_consecutive: longest run of failures; 0 switches it off.
    """

    def __init__(self, max_ratio: float, window: int, max_consecutive: int) -> None:
        self._max_ratio = max_ratio
        self._window = window
        self._max_consecutive = max_consecutive
        self._recent: dict[Partition, deque[bool]] = defaultdict(lambda: deque(maxlen=window))
        self._failures: dict[Partition, int] = defaultdict(int)
        self._run: dict[Partition, int] = defaultdict(int)

    def observe(self, partition: Partition, failed: bool) -> None:
        """Raises DeadLetterLimitExceeded when the partition goes over a limit."""
        recent = self._recent[partition]
        if len(recent) == self._window:
            self._failures[partition] -= recent[0]
        recent.append(failed)
        self._failures[partition] += failed
        self._run[partition] = self._run[partition] + 1 if failed else 0
        if self._max_consecutive and self._run[partition] >= self._max_consecutive:
            raise DeadLetterLimitExceeded(
                f"{self._run[partition]} records in a row of {partition[0]}[{partition[1]}] became dead letters; "
                "stopping before more of the topic is drained into them"
            )
        share = self._failures[partition] / self._window
        if self._max_ratio and len(recent) == self._window and share > self._max_ratio:
            raise DeadLetterLimitExceeded(
                f"{share:.0%} of the last {self._window} records of {partition[0]}[{partition[1]}] became dead "
                "letters; stopping before more of the topic is drained into them"
            )
