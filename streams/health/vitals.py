"""Whether a process lives and whether it is ready: reasons to start it anew, and to send it no work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import NamedTuple

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.health import families as of
from streams.health.standstill import Standstill


class Phase(IntEnum):
    """Of a process; it only goes forward."""

    LOADING = 0
    OPENING = 1
    JOINING = 2
    READY = 3
    ENDING = 4


_NOT_READY = {
    Phase.LOADING: "the model is being loaded and warmed up",
    Phase.OPENING: "the topics are being opened",
    Phase.JOINING: "the consumer group has not given it partitions yet",
    Phase.ENDING: "it drains and ends",
}


class Beat(NamedTuple):
    """What the event loop tells of the work, once a second."""

    oldest_age_s: float
    """Of the oldest record in flight; 0 where there is none."""
    done: int
    """Records that were done with since the start."""


class Vitals(Collector):
    """Told by the event loop, asked from any thread: a loop that stands still does not tell, and that shows.

    A process lives while its loop turns and no record is the oldest in flight for longer than `stuck_after_s`: if not,
    only a new one will do better. It is ready while it lives, has a warm model and its place in the group (with
    partitions or without: there may be fewer than workers), and does not end: if not, it will be, or another serves.
    """

    def __init__(self, stuck_after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stuck_after_s = stuck_after_s
        self._clock = clock
        self._phase = Phase.LOADING
        self._turned_at = self._progress_at = self._clock()
        self._beat = Beat(0.0, 0)
        self._standstill = Standstill()
        self._stood_s = 0.0

    def reach(self, phase: Phase) -> None:
        self._phase = max(self._phase, phase)

    def beat(self, beat: Beat) -> None:
        """Call it on the event loop, once a second."""
        self._turned_at = self._clock()
        if beat.done != self._beat.done:
            self._progress_at = self._turned_at
        self._beat = beat
        self._stood_s = self._standstill.observe(beat.oldest_age_s, self._turned_at)

    @property
    def loop_age_s(self) -> float:
        return self._clock() - self._turned_at

    @property
    def oldest_age_s(self) -> float:
        """As far as is known: if the loop stands still, the record stands still."""
        return self._beat.oldest_age_s + self.loop_age_s if self._beat.oldest_age_s else 0.0

    @property
    def progress_age_s(self) -> float:
        return min(self.oldest_age_s, self._clock() - self._progress_at)

    def why_not_live(self) -> str | None:
        """One sentence; None: it lives."""
        if (age_s := self.loop_age_s) > self._stuck_after_s:
            return f"the event loop has not turned for {age_s:.0f} s"
        if self._stood_s > self._stuck_after_s:
            return f"a record has been in flight for {self._stood_s:.0f} s"
        return None

    def why_not_ready(self) -> str | None:
        """One sentence; None: it is ready."""
        return self.why_not_live() or _NOT_READY.get(self._phase)

    def collect(self) -> Iterator[Metric]:
        yield of.OLDEST.of(self.oldest_age_s)
        yield of.PROGRESS_AGE.of(self.progress_age_s)
        yield of.LOOP_AGE.of(self.loop_age_s)
        yield of.LIVE.of(self.why_not_live() is None)
        yield of.READY.of(self.why_not_ready() is None)
