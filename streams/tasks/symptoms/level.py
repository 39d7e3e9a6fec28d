"""From the model's probabilities to a level, by what an error in either direction costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def likely_level(probabilities: NDArray[np.float64], under_triage_cost: float = 1.0) -> int:
    """The level with the smallest expected cost: a level too low costs `under_triage_cost`, one too high costs 1.

    For ordered levels that is a quantile of the distribution (Koenker and Bassett 1978): the most urgent level at
    which 1 / (1 + cost) of the probability lies on it or on more urgent ones; at a cost of 1 the median. Where two
    levels are equally good it is the more urgent one.

    Args:
        probabilities: [levels], most urgent first.
    """
    share = probabilities.sum() / (1.0 + under_triage_cost)
    reached = np.cumsum(probabilities) >= share - 1e-9  # half of the sum, which rounding moves off 1
    return int(np.argmax(reached)) + 1
