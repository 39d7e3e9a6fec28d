"""When does a lag grow, and which rate is the capacity?"""

import math
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.capacity import Sample, Verdict, engine_shares, highest_sustained, judge, search, summarise_drain


def _samples(rate: float, served: float, seconds: float = 15.0, fill_s: float = 0.1) -> list[Sample]:
    """A service of `served` records a second that keeps `fill_s` of them in flight."""
    times = [0.2 * i for i in range(int(seconds / 0.2) + 1)]
    return [Sample(t, int(rate * t), max(0, int(min(rate * t - fill_s * served, served * t)))) for t in times]


@given(served=st.floats(50, 5_000), share=st.floats(0.3, 0.99))
def test_a_rate_below_the_service_is_sustained(served: float, share: float) -> None:
    assert judge(served * share, _samples(served * share, served)).sustained


@given(served=st.floats(50, 5_000), share=st.floats(1.03, 3.0))
def test_a_rate_above_the_service_is_not(served: float, share: float) -> None:
    verdict = judge(served * share, _samples(served * share, served))

    assert not verdict.sustained
    assert verdict.lag_growth == pytest.approx(served * (share - 1), rel=0.15, abs=0.05 * served)


def test_a_lag_that_shrinks_but_is_seconds_deep_is_not_sustained() -> None:
    samples = [Sample(t * 0.5, 100 * t, 100 * t - 1_000 + 2 * t) for t in range(30)]

    assert not judge(200.0, samples).sustained


def test_a_queue_of_a_batch_may_rise_and_fall() -> None:
    samples = [Sample(t * 0.5, 30 * t, max(0, 30 * t - (10 if t > 20 else 2))) for t in range(30)]

    assert judge(60.0, samples).sustained


def test_the_first_third_may_fill_the_queues() -> None:
    samples = [Sample(t * 0.5, 100 * t, 100 * t - min(150, 30 * t)) for t in range(30)]

    assert judge(200.0, samples).sustained


def test_too_few_samples_are_no_verdict() -> None:
    with pytest.raises(ValueError, match="too few"):
        judge(100.0, _samples(100, 200, seconds=0.6))


def _service(limit: float) -> Callable[[float], Awaitable[Verdict]]:
    async def attempt(rate: float) -> Verdict:
        return Verdict(rate, rate <= limit, lag_growth=max(0.0, rate - limit), last_lag=0)

    return attempt


@pytest.mark.parametrize("estimate", [90, 100, 105, 120, 160])
async def test_search_finds_the_capacity_to_a_few_percent(estimate: float) -> None:
    tried = await search(estimate, _service(100.0))

    assert len(tried) == 5
    assert 100 - 0.03 * estimate <= highest_sustained(tried) <= 100


async def test_search_below_half_the_estimate_finds_nothing() -> None:
    assert highest_sustained(await search(1_000, _service(400.0))) == 0.0


async def test_a_lucky_high_rate_above_a_failed_one_does_not_count() -> None:
    tried = [Verdict(90, True, 0, 0), Verdict(95, False, 9, 0), Verdict(100, True, 0, 0)]

    assert highest_sustained(tried) == 90


def test_drain_rate_leaves_out_the_start_and_the_end() -> None:
    """The first seconds are start-up, the last records trickle; in between it is 100 a second."""
    samples = [Sample(t, 1_000, 0, cpu_s=2.0 * t) for t in range(5)]
    samples += [Sample(5.0 + t / 5, 1_000, 20 * t, cpu_s=10 + 0.1 * t) for t in range(46)]
    samples += [Sample(20.0 + t, 1_000, 900 + 10 * t, cpu_s=20.0 + t) for t in range(11)]

    drained = summarise_drain(samples)

    assert drained.rate == pytest.approx(100, rel=0.02)
    assert drained.cpu_us == pytest.approx(5_000, rel=0.02)


def test_drain_rate_needs_a_course() -> None:
    with pytest.raises(ValueError, match="too few"):
        summarise_drain([Sample(0, 100, 0), Sample(1, 100, 100)])


def test_a_middle_that_was_answered_at_once_has_no_rate() -> None:
    """A program that reads and answers by the hundred: three looks saw the same count."""
    samples = [Sample(0, 100, 0), *(Sample(1 + i, 100, 50) for i in range(3)), Sample(5, 100, 100)]

    with pytest.raises(ValueError, match="at once"):
        summarise_drain(samples)


def test_a_drain_is_compared_with_the_engine_just_before_and_after() -> None:
    """A machine that slows down half way must not look like a slow service, or a fast one."""
    assert engine_shares([100, 100, 50], [90, 67.5]) == pytest.approx([0.9, 0.9])


def test_every_drain_needs_an_engine_on_both_sides() -> None:
    with pytest.raises(ValueError, match="between two"):
        engine_shares([100.0], [90.0])


def test_lag_is_what_is_due_and_unanswered() -> None:
    assert Sample(1.0, due=100, answered=60).lag == 40
    assert math.isfinite(Sample(0.0, 0, 0).lag)
