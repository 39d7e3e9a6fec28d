"""A histogram that costs a comparison or two and two additions: what the service counts durations and sizes with."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

DURATIONS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds."""
ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
TOKENS: Final = (16, 64, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768)
SCORES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class Histogram:
    """Counts values by the lowest of its bounds that is not below them. One thread writes, any may read.

    Args:
        bounds: rising; what is above the last has a place of its own.
    """

    __slots__ = ("_bounds", "_counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def cumulated(self) -> list[tuple[str, float]]:
        """Of each bound, `+Inf` the last: how many values were not above it."""
        reached = 0
        rows = []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), tuple(self._counts), strict=True):
            reached += count
            rows.append((bound, float(reached)))
        return rows
