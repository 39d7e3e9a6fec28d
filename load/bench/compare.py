"""What rounds say together: medians, spread, ratios, and whether an order holds in every one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

Rounds = Mapping[int, float]
"""A figure for each round that gave one."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, the lowest and the highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)})"

    def as_json(self) -> dict[str, float]:
        return {"median": round(self.median, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError for no values."""
    if not values:
        raise ValueError("no round gave a figure")
    return Spread(float(np.median(values)), min(values), max(values))


class Order(StrEnum):
    FASTER = "faster in every round"
    SLOWER = "slower in every round"
    TIE = "a tie: the order depends on the round"
    UNKNOWN = "one round: no order"


def ratios(ours: Rounds, theirs: Rounds) -> list[float]:
    """Of the rounds that both have, in their order."""
    return [ours[number] / theirs[number] for number in sorted(ours.keys() & theirs.keys())]


def order(ours: Rounds, theirs: Rounds) -> Order:
    """An order is one that every round shows; two rounds are the least that can."""
    found = ratios(ours, theirs)
    if len(found) < 2:
        return Order.UNKNOWN
    if all(ratio > 1 for ratio in found):
        return Order.FASTER
    return Order.SLOWER if all(ratio < 1 for ratio in found) else Order.TIE


def around(engine: Sequence[float], rounds: int) -> dict[int, float]:
    """What the bare engine did in each round: the mean of before and after it.

    Raises:
        ValueError: a round was not between two runs of the engine.
    """
    if len(engine) != rounds + 1:
        raise ValueError(f"{rounds} rounds do not lie between two each of {len(engine)} engine runs")
    return {number: (engine[number] + engine[number + 1]) / 2 for number in range(rounds)}


def without_others(ratio: float, share: float) -> float:
    """A ratio to the bare engine as it would be, had broker and sender not taken that share of all cores.

    It assumes that a record's work stays what it is and the time given back is used: an upper bound.
    """
    return ratio / (1 - share)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
