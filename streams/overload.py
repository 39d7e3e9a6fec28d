"""Decides how deep the model answers when the service falls behind. Pure: time comes in as an argument."""

from __future__ import annotations

from typing import Final

from models.serving.types import Depth

RISE_AFTER_S: Final = 1.0
FALL_AFTER_S: Final = 2.0
_LEVELS: Final = (Depth.FULL, Depth.NO_OPTIONAL, Depth.EARLY)


class Overload:
    """A controller with hysteresis.

    The depth goes one level down when lateness has been above that level's bound (`degrade_after_s`, and
    twice that for the second) for one second without a break, and one level up when lateness has been below
    half of the current level's bound for two seconds without a break. After a change the clock starts anew,
    so two changes are never closer than one second, and a lateness that swings around one bound changes
    nothing. Two seconds without any record count as on time if the record that ends them is: nothing was
    waiting.

    Args:
        degrade_after_s: seconds; 0 switches it off.
    """

    def __init__(self, degrade_after_s: float) -> None:
        self._bounds = (degrade_after_s, 2 * degrade_after_s)
        self._level = 0
        self._above_since: float | None = None
        self._below_since: float | None = None
        self._observed_at: float | None = None

    @property
    def depth(self) -> Depth:
        return _LEVELS[self._level]

    def observe(self, lateness_s: float, now: float) -> Depth:
        """Takes one observation.

        Args:
            lateness_s: wall clock at intake less the record's Kafka timestamp.
            now: monotonic seconds.
        """
        if self._bounds[0] <= 0:
            return Depth.FULL
        quiet_since, self._observed_at = self._observed_at, now
        self._above_since = self._since(self._above_since, self._is_above(lateness_s), now)
        self._below_since = self._since(self._below_since, self._is_below(lateness_s), now)
        if self._below_since == now and quiet_since is not None and now - quiet_since >= FALL_AFTER_S:
            self._below_since = quiet_since
        if self._above_since is not None and now - self._above_since >= RISE_AFTER_S:
            self._move(+1)
        elif self._below_since is not None and now - self._below_since >= FALL_AFTER_S:
            self._move(-1)
        return self.depth

    def _is_above(self, lateness_s: float) -> bool:
        return self._level < len(self._bounds) and lateness_s > self._bounds[self._level]

    def _is_below(self, lateness_s: float) -> bool:
        return self._level > 0 and lateness_s < self._bounds[self._level - 1] / 2

    @staticmethod
    def _since(since: float | None, holds: bool, now: float) -> float | None:
        if not holds:
            return None
        return now if since is None else since

    def _move(self, step: int) -> None:
        self._level += step
        self._above_since = self._below_since = None
