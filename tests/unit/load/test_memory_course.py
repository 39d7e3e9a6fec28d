"""Flat or growing? The slope must not be fooled by the start of a run."""

import pytest

from load.memory import MemoryCourse


def _course(megabytes: list[float]) -> MemoryCourse:
    course = MemoryCourse()
    for second, value in enumerate(megabytes):
        course.add(float(second), value)
    return course


def test_growth_at_the_start_is_not_a_slope() -> None:
    course = _course([100 + min(second, 100) * 4 for second in range(600)])

    assert course.slope_mb_per_minute == pytest.approx(0, abs=0.01)
    assert course.growth_mb == pytest.approx(0, abs=0.01)
    assert course.most_mb == 500


def test_the_slope_is_that_of_the_last_two_thirds() -> None:
    """What grows until a third of the run has passed and then stays is flat."""
    course = _course([100 + min(second, 200) for second in range(600)])

    assert course.slope_mb_per_minute == pytest.approx(0, abs=0.01)
    assert _course([100 + min(second, 300) for second in range(600)]).slope_mb_per_minute > 1


def test_a_leak_is_a_slope() -> None:
    course = _course([300 + second * 0.1 for second in range(600)])

    assert course.slope_mb_per_minute == pytest.approx(6, rel=0.01)
    assert course.growth_mb == pytest.approx(0.9 * 40, rel=0.05)


def test_a_short_run_has_no_slope() -> None:
    with pytest.raises(ValueError, match="too few"):
        _ = _course([100.0] * 8).slope_mb_per_minute
