"""What is a reason to start a process anew, and what only to send it no work."""

from __future__ import annotations

import pytest

from streams.health.vitals import Beat, Phase, Vitals

IDLE = Beat(oldest_age_s=0.0, done=0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vitals(clock: Clock) -> Vitals:
    return Vitals(60.0, clock)


@pytest.mark.parametrize(
    ("phase", "why_not"),
    [
        (Phase.LOADING, "the model is being loaded and warmed up"),
        (Phase.JOINING, "the consumer group has not given it partitions yet"),
        (Phase.READY, None),
        (Phase.ENDING, "it drains and ends"),
    ],
)
def test_a_process_lives_in_each_phase_and_is_ready_in_one(vitals: Vitals, phase: Phase, why_not: str | None) -> None:
    vitals.reach(phase)

    assert vitals.why_not_live() is None
    assert vitals.why_not_ready() == why_not


def test_an_assignment_during_the_end_makes_nothing_ready_again(vitals: Vitals) -> None:
    vitals.reach(Phase.ENDING)
    vitals.reach(Phase.READY)

    assert vitals.why_not_ready() == "it drains and ends"


def test_a_loop_that_stands_still_is_not_live(vitals: Vitals, clock: Clock) -> None:
    vitals.reach(Phase.READY)
    vitals.beat(IDLE)
    clock.now += 60
    assert vitals.why_not_live() is None
    clock.now += 1

    assert vitals.why_not_live() == "the event loop has not turned for 61 s"
    assert vitals.why_not_ready() == vitals.why_not_live()


def test_a_stuck_record_is_not_live_though_the_loop_turns(vitals: Vitals, clock: Clock) -> None:
    vitals.reach(Phase.READY)
    for age_s in range(62):
        clock.now += 1
        vitals.beat(Beat(age_s, done=0))

    assert vitals.why_not_live() == "a record has been in flight for 61 s"


def test_a_slow_process_lives_as_long_as_its_oldest_record_is_another_one(vitals: Vitals, clock: Clock) -> None:
    """Where there is too little processor time a record may wait for its turn for longer than the bound."""
    vitals.reach(Phase.READY)
    for second in range(300):
        clock.now += 1
        opened_at = clock.now - 90 if second % 20 else clock.now - 89.5
        vitals.beat(Beat(clock.now - opened_at, done=second))
        assert vitals.why_not_live() is None


def test_a_record_grows_older_while_the_loop_stands_still(vitals: Vitals, clock: Clock) -> None:
    vitals.beat(Beat(5.0, done=3))
    clock.now += 10

    assert vitals.oldest_age_s == 15.0


def test_progress_is_as_old_as_the_last_record_that_was_done_with(vitals: Vitals, clock: Clock) -> None:
    vitals.beat(Beat(30.0, done=3))
    clock.now += 10
    vitals.beat(Beat(40.0, done=3))
    assert vitals.progress_age_s == 10.0
    vitals.beat(Beat(40.0, done=4))
    assert vitals.progress_age_s == 0.0
    clock.now += 100
    vitals.beat(IDLE)

    assert vitals.progress_age_s == 0.0, "nothing is in flight, so nothing has to move"
