"""Depth follows lateness down and up, and never flaps."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.serving.types import Depth
from streams.worker.overload import HISTORY_S, Overload, lateness


def run(controller: Overload, lateness_s: float, start: float, end: float) -> Depth:
    depth = controller.depth
    for tenth in range(round(start * 10), round(end * 10) + 1):
        depth = controller.observe(lateness_s, tenth / 10)
    return depth


def test_it_goes_down_after_a_second_and_no_sooner() -> None:
    controller = Overload(10.0)

    assert run(controller, 11.0, 0, 0.9) is Depth.FULL
    assert run(controller, 11.0, 1.0, 5) is Depth.EARLY


def test_a_bound_itself_is_not_late_and_half_of_it_not_on_time() -> None:
    controller = Overload(10.0)

    assert run(controller, 10.0, 0, 5) is Depth.FULL
    assert run(controller, 11.0, 5.1, 6.2) is Depth.EARLY
    assert run(controller, 5.0, 6.3, 20) is Depth.EARLY


def test_it_comes_back_after_two_seconds_below_half_of_the_bound_and_no_sooner() -> None:
    controller = Overload(10.0)
    run(controller, 11.0, 0, 2)

    assert run(controller, 4.9, 2.1, 4.0) is Depth.EARLY
    assert run(controller, 5.1, 4.1, 4.2) is Depth.EARLY, "a break"
    assert run(controller, 4.9, 4.3, 6.2) is Depth.EARLY
    assert run(controller, 4.9, 6.3, 6.4) is Depth.FULL


def test_a_second_of_lateness_and_two_of_none_are_enough() -> None:
    controller = Overload(10.0)

    assert [controller.observe(11.0, now) for now in (0.0, 1.0)] == [Depth.FULL, Depth.EARLY]
    assert [controller.observe(1.0, now) for now in (1.5, 3.5)] == [Depth.EARLY, Depth.FULL]

    controller = Overload(10.0)
    assert [controller.observe(11.0, now) for now in (0.0, 1.0)] == [Depth.FULL, Depth.EARLY]
    assert controller.observe(1.0, 3.0) is Depth.FULL, "nobody came for two seconds"


def test_a_break_starts_the_clock_anew() -> None:
    controller = Overload(10.0)
    run(controller, 11.0, 0, 0.9)
    controller.observe(9.0, 0.95)

    assert run(controller, 11.0, 1.0, 1.9) is Depth.FULL


def test_zero_switches_it_off() -> None:
    assert run(Overload(0.0), 1e9, 0, 10) is Depth.FULL


def test_the_first_record_after_a_quiet_time_is_answered_with_more() -> None:
    controller = Overload(10.0)
    run(controller, 11.0, 0, 2)

    assert controller.observe(0.1, 600.0) is Depth.FULL


def test_a_stall_is_no_quiet_time() -> None:
    controller = Overload(10.0)
    run(controller, 11.0, 0, 2)

    assert controller.observe(60.0, 60.0) is Depth.EARLY


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0.001, 3)), min_size=1, max_size=300))
def test_changes_are_a_second_apart(steps: Sequence[tuple[float, float]]) -> None:
    controller, now = Overload(10.0), 0.0
    depths = list(Depth)
    changes: list[tuple[float, int]] = [(float("-inf"), 0)]
    for lateness_s, step in steps:
        now += step
        level = depths.index(controller.observe(lateness_s, now))
        if level != changes[-1][1]:
            changes.append((now, level))
    for (before, old), (after, new) in pairwise(changes):
        assert new != old
        assert after - before >= 1.0


@given(st.lists(st.floats(5.0, 10.0), min_size=1, max_size=200))
def test_between_the_bounds_nothing_changes(lateness_s: Sequence[float]) -> None:
    for start in (0.0, 11.0):
        controller = Overload(10.0)
        level = run(controller, start, 0, 1.5)
        assert {controller.observe(late, 2.0 + i / 10) for i, late in enumerate(lateness_s)} == {level}


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.4, 1.0, 3.0]), st.lists(st.sampled_from([1.0, 4.9, 7.0, 11.0]), max_size=6)),
        max_size=12,
    )
)
@example([(0.0, [11.0]), (0.4, [11.0, 7.0, 11.0])])  # a run of late ones is broken
@example([(0.0, [11.0]), (1.0, [11.0]), (0.4, [1.0]), (0.4, [1.0, 7.0, 1.0])])  # and one of those on time
def test_observations_of_one_moment_count_as_if_they_came_one_by_one(moments: list[tuple[float, list[float]]]) -> None:
    together, singly = Overload(10.0), Overload(10.0)
    now = 0.0
    for passed_s, lateness_s in moments:
        now += passed_s
        together.observe_all(lateness_s, now)
        for one in lateness_s:
            singly.observe(one, now)
        assert vars(together) == vars(singly)


NOW = 1_800_000_000.0


@pytest.mark.parametrize("age_s", [0.0, 0.25, 60.0, 86_399.0, 86_400.0, 30 * 86_400.0, 10 * 365 * 86_400.0])
def test_an_age_is_an_age_however_long(age_s: float) -> None:
    assert lateness([1000 * (NOW - age_s)], NOW) == [pytest.approx(age_s, abs=1e-3)]


@pytest.mark.parametrize(
    "stamp", [None, -1, 0, NOW, 1000 * (NOW + 1), float("nan")], ids=["none", "-1", "0", "seconds", "ahead", "nan"]
)
def test_what_is_no_time_tells_no_age(stamp: float | None) -> None:
    assert lateness([stamp], NOW) == [None]


def test_what_is_history_neither_degrades_nor_keeps_it_degraded() -> None:
    controller, depths = Overload(10.0), list[Depth]()
    for begin, late in ((0, [HISTORY_S, 400 * HISTORY_S]), (10, [HISTORY_S - 1, HISTORY_S]), (20, [HISTORY_S, 1.0])):
        for now in range(begin, begin + 5):
            controller.observe_all(late, now)
        depths.append(controller.depth)
    assert depths == [Depth.FULL, Depth.EARLY, Depth.FULL]
