"""Stops a worker that makes dead letters of a good topic."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Sequence

from models.errors import TidegateError
from schemas.reasons import BLAMED
from streams.pipeline.work import Work
from streams.record import Partition


class DeadLetterLimitExceeded(TidegateError):
    """Too much of a partition became dead letters: the topic is good and the deploy is bad, more likely than not."""


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
        self.exceeded: DeadLetterLimitExceeded | None = None
        """Raise it when what `up_to` let through is answered."""

    def up_to(self, works: Sequence[Work]) -> Sequence[Work]:
        """Those that may be answered: all of them, or as far as the one with which it is `exceeded`.

        What a person wrote counts neither way. A hundred posts of nothing but blanks would stop every worker that takes
        their partition, one after the other; and between broken records they do not make those any better.
        """
        for count, work in enumerate(works, 1):
            failure = work.failure
            if work.is_abandoned or (failure is not None and BLAMED[failure.reason] == "person"):
                continue
            try:
                self.observe(work.ticket.partition, failure is not None)
            except DeadLetterLimitExceeded as exceeded:
                self.exceeded = exceeded
                return works[:count]
        return works

    def forget(self, partitions: Collection[Partition]) -> None:
        """They were given up. What comes again when they are taken over again would count twice."""
        for partition in partitions:
            for counted in (self._recent, self._failures, self._run):
                counted.pop(partition, None)

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
