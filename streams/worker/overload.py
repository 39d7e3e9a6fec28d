"""Decides how deep the model answers when the service falls behind. Pure: time comes in as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.serving.types import Depth

RISE_AFTER_S: Final = 1.0
FALL_AFTER_S: Final = 2.0
HISTORY_S: Final = 86_400.0
"""A record that is a day old says nothing of a service that falls behind. Somebody reads what a topic held before, and
wants it read by the whole model; or it comes after an outage of days, and no early exit makes it timely; or its
producer's clock is wrong.
"""
EARLIEST_MS: Final = 100_000_000_000.0
"""In 1973. What is before that is no time: none was given, or seconds in place of milliseconds."""


class Overload:
    """A switch with hysteresis between the whole model and its early exit.

    The early exit answers once lateness has been above `degrade_after_s` for one second without a break, and the whole
    model again once it has been below half of that for two seconds without a break. After a change the clock starts
    anew, so two changes are never closer than one second, and a lateness that swings around the bound changes nothing.
    Two seconds without any record count as on time if the record that ends them is: nothing was waiting.

    There is one step, because only leaving layers out gives time back: an answer without spans and sentiment took 72.7
    ms of processor time where the whole one took 73.5, and the early exit 24.8 (32 posts of 20 tokens, one thread).

    Args:
        degrade_after_s: seconds; 0 switches it off.
    """

    def __init__(self, degrade_after_s: float) -> None:
        self._bound = degrade_after_s
        self._above_since: float | None = None
        self._below_since: float | None = None
        self._observed_at: float | None = None
        self.depth = Depth.FULL

    def observe(self, lateness_s: float, now: float) -> Depth:
        """Takes one observation.

        Args:
            lateness_s: of a record; see `lateness`.
            now: monotonic seconds.
        """
        if self._bound <= 0:
            return Depth.FULL
        quiet_since, self._observed_at = self._observed_at, now
        is_full = self.depth is Depth.FULL
        self._above_since = self._since(self._above_since, is_full and lateness_s > self._bound, now)
        self._below_since = self._since(self._below_since, not is_full and lateness_s < self._bound / 2, now)
        if self._below_since == now and quiet_since is not None and now - quiet_since >= FALL_AFTER_S:
            self._below_since = quiet_since
        if self._above_since is not None and now - self._above_since >= RISE_AFTER_S:
            self._change(Depth.EARLY)
        elif self._below_since is not None and now - self._below_since >= FALL_AFTER_S:
            self._change(Depth.FULL)
        return self.depth

    def observe_all(self, lateness_s: Sequence[float], now: float) -> None:
        """Takes the observations of one moment, in order, but for those of history. Of them four alone can change
        anything.
        """
        lateness_s = [one for one in lateness_s if one < HISTORY_S]
        for one in (lateness_s[0], min(lateness_s), max(lateness_s), lateness_s[-1]) if lateness_s else ():
            self.observe(one, now)

    @staticmethod
    def _since(since: float | None, holds: bool, now: float) -> float | None:
        if not holds:
            return None
        return now if since is None else since

    def _change(self, depth: Depth) -> None:
        self.depth = depth
        self._above_since = self._below_since = None


def lateness(timestamps_ms: Sequence[float | None], wall: float) -> list[float | None]:
    """Seconds since each time stamp, however many; None where it is no time, or the clock of the producer is ahead.

    Args:
        timestamps_ms: Kafka's, in milliseconds since the epoch.
        wall: now, in seconds since the epoch.
    """
    late = [None if stamp is None or stamp < EARLIEST_MS else wall - stamp / 1000 for stamp in timestamps_ms]
    return [one if one is not None and one >= 0.0 else None for one in late]
