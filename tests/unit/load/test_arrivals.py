"""The schedule decides what open loop means: it must not depend on anything that happens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.arrivals import burst, constant, due_by


def test_constant_spaces_records_evenly_from_the_start() -> None:
    schedule = constant(rate=10, seconds=2)

    assert len(schedule) == 20
    assert schedule[0] == 0
    assert np.allclose(np.diff(schedule), 0.1)


@given(rate=st.floats(0.5, 5_000), seconds=st.floats(1, 20))
def test_constant_sends_the_rate_within_the_time(rate: float, seconds: float) -> None:
    schedule = constant(rate, seconds)

    assert abs(len(schedule) - rate * seconds) <= 0.5
    assert not len(schedule) or schedule[-1] < seconds + 0.5 / rate


@given(rate=st.floats(1, 2_000), periods=st.integers(1, 6))
def test_burst_keeps_the_mean_rate_and_rises(rate: float, periods: int) -> None:
    schedule = burst(rate, 10.0 * periods)

    assert abs(len(schedule) - rate * 10 * periods) <= 0.5
    assert np.all(np.diff(schedule) >= 0)
    assert schedule[-1] <= 10.0 * periods


def test_burst_opens_each_period_with_a_multiple_of_the_rate() -> None:
    schedule = burst(rate=100, seconds=20, factor=4, every_s=10, for_s=1)

    per_second = np.histogram(schedule, bins=np.arange(21))[0]

    assert per_second[0] == pytest.approx(400, abs=1)
    assert per_second[10] == pytest.approx(400, abs=1)
    assert per_second[5] == pytest.approx(600 / 9, abs=1)


def test_burst_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing for the other time"):
        burst(rate=10, seconds=10, factor=10, every_s=10, for_s=1)


def test_due_by_counts_what_is_due_and_not_what_was_sent() -> None:
    schedule = constant(rate=2, seconds=3)

    assert [due_by(schedule, at) for at in (-1.0, 0.0, 0.49, 0.5, 60.0)] == [0, 1, 1, 2, 6]
