"""What a picture classifier finds at the bars of a policy, and what it takes for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.resampling import Figure, share
from models.evaluation.statistics import Ints

Bars = Mapping[str, Sequence[float]]
"""Probabilities from which something happens, by class."""


@dataclass(frozen=True, slots=True)
class AtBar:
    """Of one class and one bar, with Wilson's intervals."""

    class_name: str
    bar: float
    found: Figure | None
    """Share of the pictures of the class that reach it. None where there is no such picture."""
    wrong: Figure | None
    """Share of all others that reach it."""

    def as_dict(self) -> dict[str, Any]:
        shares = {"found": self.found, "wrong": self.wrong}
        told = {"class": self.class_name, "bar": self.bar}
        return told | {name: one and one._asdict() for name, one in shares.items()}


def at_bars(
    said: NDArray[np.float32], truth: Ints, classes: Sequence[str], bars: Bars, confidence: float
) -> Iterator[AtBar]:
    """Args:
    said: [pictures, classes] probabilities.
    truth: number of each picture's class.
    """
    for number, name in enumerate(classes):
        for bar in sorted(set(bars.get(name, ()))):
            reached, belongs = said[:, number] >= bar, truth == number
            yield AtBar(name, bar, _share(reached[belongs], confidence), _share(reached[~belongs], confidence))


def _share(reached: NDArray[np.bool_], confidence: float) -> Figure | None:
    return share(int(reached.sum()), len(reached), confidence) if len(reached) else None
