"""Stuck or slow: for how long the oldest record in flight has been the same one."""

from __future__ import annotations

import math

_SAME_S = 0.001


class Standstill:
    """Told once a second how old the oldest is.

    Its age alone says little: where there is too little processor time, records wait for their turn for as long as it
    takes. They are taken oldest first, though, so one that moves nobody is the oldest before long, and stays it.
    """

    def __init__(self) -> None:
        self._opened_at = -math.inf
        self._since = 0.0

    def observe(self, oldest_age_s: float, now: float) -> float:
        """Returns seconds; 0 where nothing is in flight.

        Args:
            oldest_age_s: of the oldest record in flight; 0 where there is none.
            now: monotonic seconds.
        """
        opened_at = now - oldest_age_s
        if abs(opened_at - self._opened_at) > _SAME_S:
            self._opened_at, self._since = opened_at, now
        return min(oldest_age_s, now - self._since)
