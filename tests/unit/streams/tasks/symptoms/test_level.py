"""The level of the smallest expected cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tasks.symptoms.level import likely_level


@given(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), st.floats(0.1, 100))
def test_no_other_level_costs_less(values: list[float], cost: float) -> None:
    probabilities = np.array(values) / sum(values)
    levels = np.arange(1, 6)

    def expected(put: int) -> float:
        too_low, too_high = np.maximum(put - levels, 0), np.maximum(levels - put, 0)
        return float(probabilities @ (cost * too_low + too_high))

    costs = [expected(level) for level in range(1, 6)]
    assert costs[likely_level(probabilities, cost) - 1] <= min(costs) + 1e-6 * (1 + cost)


@pytest.mark.parametrize(("cost", "level"), [(0.25, 4), (1, 3), (3, 2), (9.5, 1)])
def test_a_dearer_miss_makes_a_patient_more_urgent(cost: float, level: int) -> None:
    assert likely_level(np.array([0.1, 0.2, 0.4, 0.2, 0.1]), cost) == level
