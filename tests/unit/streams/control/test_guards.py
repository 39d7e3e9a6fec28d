"""Guard rails: what breaks one, what does not, and how often chance alone does."""

from __future__ import annotations

import random

import pytest

from schemas.control import Guards
from schemas.event import Breach
from streams.control import guards as module
from streams.control.guards import Seen, Share, Window, disagreement, highest_p99, is_over, sentence

GUARDS = Guards(actions=1.5, dead_letters=0.01, p99=2.0, agreement=0.1, at_least=100)
QUIET = Seen(is_acted_on=False, is_dead=False, took_ms=10.0)
ACTED = QUIET._replace(is_acted_on=True)
DEAD = Seen(is_acted_on=False, is_dead=True, took_ms=None)
SLOW = QUIET._replace(took_ms=50.0)


def fill(window: Window, is_candidate: bool, seen: Seen, count: int, first: int = 0, now: float = 0.0) -> None:
    """As many authors, each with one record."""
    for number in range(first, first + count):
        window.add("posts", f"{is_candidate}-{number}".encode(), is_candidate, seen, now)


def window(active: dict[Seen, int], candidate: dict[Seen, int], guards: Guards = GUARDS) -> Window:
    made = Window(guards, 0.0)
    for is_candidate, counts in ((False, active), (True, candidate)):
        first = 0
        for seen, count in counts.items():
            fill(made, is_candidate, seen, count, first)
            first += count
    return made


def found(active: dict[Seen, int], candidate: dict[Seen, int], guards: Guards = GUARDS) -> Breach | None:
    return window(active, candidate, guards).breach()


def test_dead_letters_of_a_candidate_that_fails_are_found() -> None:
    breach = found({QUIET: 2000}, {QUIET: 80, DEAD: 40})
    assert breach is not None
    assert (breach.guard, breach.task, breach.n, breach.n_active) == ("dead_letters", "posts", 120, 2000)
    assert (breach.measured, breach.active, breach.limit) == (40 / 120, 0.0, 0.01)
    assert "33.3 % where 1 % is the limit and the active model has 0 % (120 beside 2000)" in sentence(breach)


def test_dead_letters_that_both_have_are_no_fault_of_the_candidate() -> None:
    assert found({QUIET: 1500, DEAD: 500}, {QUIET: 150, DEAD: 50}) is None


@pytest.mark.parametrize(("acted", "is_broken"), [(0, True), (100, False), (130, False), (400, True)])
def test_a_candidate_that_acts_too_often_or_too_seldom_is_found(acted: int, is_broken: bool) -> None:
    breach = found({QUIET: 9_000, ACTED: 1_000}, {QUIET: 1_000 - acted, ACTED: acted})
    assert (breach is not None) is is_broken
    if breach is not None:
        assert breach.guard == "actions"
        assert breach.limit == pytest.approx(0.15 if acted else 0.1 / 1.5)


def test_a_candidate_that_is_slower_is_found_once_there_are_enough_to_tell() -> None:
    active = {QUIET: 1_700}
    breach = found(active, {QUIET: 450, SLOW: 50})
    assert breach is not None
    assert (breach.guard, breach.measured, breach.active, breach.limit) == ("p99", 50.0, 10.0, 20.0)
    assert " ms where 20 ms is the limit" in sentence(breach)
    assert found(active, {QUIET: 497, SLOW: 3}) is None
    assert found({QUIET: 1_500}, {QUIET: 450, SLOW: 50}) is None, "too few to bound a 99th percentile"
    assert found({QUIET: 1_650, SLOW: 50}, {QUIET: 450, SLOW: 50}) is None, "the active one is slow as well"


def test_the_highest_that_a_99th_percentile_may_be_is_one_of_the_times_themselves() -> None:
    assert highest_p99(range(1_583)) is None
    assert highest_p99(range(1_584)) == 1_583
    assert highest_p99(range(2_000)) == 1_997


@pytest.mark.parametrize("side", [0, 1])
def test_before_the_least_sample_no_guard_speaks(side: int) -> None:
    counts = [2000, 2000]
    counts[side] = 99
    assert found({QUIET: counts[0]}, {DEAD: counts[1]}) is None
    counts[side] = 100
    assert found({QUIET: counts[0]}, {DEAD: counts[1]}) is not None


def test_a_guard_without_a_limit_looks_at_nothing() -> None:
    assert found({QUIET: 2000}, {DEAD: 500}, Guards()) is None
    assert found({QUIET: 2000}, {ACTED: 250, SLOW: 250}, Guards(dead_letters=0.01)) is None


def test_an_author_counts_once_however_much_they_send() -> None:
    """One who floods is on one side, and would be a difference all alone."""
    flooded = window({QUIET: 2000}, {QUIET: 100})
    for _ in range(5_000):
        flooded.add("posts", b"flooder", True, ACTED, 0.0)
    assert flooded.breach() is None


def test_tasks_are_looked_at_one_by_one() -> None:
    mixed = window({QUIET: 2000}, {QUIET: 2000})
    for number in range(120):
        mixed.add("symptoms", f"a{number}".encode(), False, QUIET, 0.0)
        mixed.add("symptoms", f"c{number}".encode(), True, DEAD, 0.0)
    breach = mixed.breach()
    assert breach is not None
    assert (breach.guard, breach.task) == ("dead_letters", "symptoms")


def test_a_window_begins_anew_after_its_time_and_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    old = window({QUIET: 2000}, {QUIET: 2000})
    fill(old, True, DEAD, 100, now=module.MAX_WINDOW_S + 1)
    fill(old, False, QUIET, 100, now=module.MAX_WINDOW_S + 1)
    breach = old.breach()
    assert breach is not None
    assert (breach.n, breach.n_active) == (100, 100)
    monkeypatch.setattr(module, "MAX_AUTHORS", 150)
    full = Window(GUARDS, 0.0)
    fill(full, True, DEAD, 100)
    fill(full, False, QUIET, 100)
    assert full.breach() is None, "it began anew between the two"


@pytest.mark.parametrize(
    ("active", "candidate", "factor", "margin"), [(0.10, 0.15, 1.5, 0.0), (0.02, 0.03, 1.0, 0.01), (0.3, 0.3, 1.0, 0.0)]
)
def test_at_its_limit_a_candidate_is_seldom_ended_by_chance_however_often_one_looks(
    active: float, candidate: float, factor: float, margin: float
) -> None:
    """200 canaries that stand just at the limit, of 4,000 authors a side, looked at 160 times each."""
    rng = random.Random(16)
    ended = 0
    for _ in range(200):
        hits, other = 0, 0
        for rows in range(25, 4_001, 25):
            hits += sum(rng.random() < candidate for _ in range(25))
            other += sum(rng.random() < active for _ in range(25))
            if is_over(Share(hits, rows), Share(other, rows), factor, margin):
                ended += 1
                break
    assert ended <= 2


def test_a_candidate_that_people_find_wrong_more_often_is_found() -> None:
    breach = disagreement(GUARDS, Share(40, 100), Share(900, 1_000))
    assert breach is not None
    assert (breach.guard, breach.task, breach.measured, breach.limit) == ("agreement", None, 0.4, 0.8)
    assert disagreement(GUARDS, Share(85, 100), Share(900, 1_000)) is None
    assert disagreement(Guards(), Share(0, 100), Share(900, 1_000)) is None


def test_without_a_row_nothing_is_claimed() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    assert not is_over(Share(0, 0), Share(0, 0))
