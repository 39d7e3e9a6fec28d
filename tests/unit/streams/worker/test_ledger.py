from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.record import Partition
from streams.worker.gate import Cost
from streams.worker.ledger import Ledger, Ticket

POSTS = ("moderation.posts", 0)
OTHER = ("moderation.posts", 1)


def open_one(ledger: Ledger, partition: Partition, offset: int, now: float = 0.0) -> Ticket:
    (ticket,) = ledger.open(partition, [offset], now)
    return ticket


def test_an_offset_is_released_only_behind_everything_before_it() -> None:
    ledger = Ledger()
    first, second, third = ledger.open(POSTS, (7, 8, 9), 0.0)
    ledger.settle(second)
    ledger.settle(third)
    assert ledger.released() == {}
    ledger.settle(first)
    assert ledger.released() == {POSTS: 10}
    assert ledger.in_flight == 0


def test_partitions_do_not_wait_for_each_other() -> None:
    ledger = Ledger()
    open_one(ledger, POSTS, 0, 0.0)
    ledger.settle(open_one(ledger, OTHER, 4, 0.0))
    assert ledger.released() == {OTHER: 5}


def test_holes_in_the_offsets_do_not_hold_anything_back() -> None:
    ledger = Ledger()
    tickets = ledger.open(POSTS, (3, 11, 12), 0.0)
    for ticket in tickets[:2]:
        ledger.settle(ticket)
    assert ledger.released() == {POSTS: 12}


def test_an_abandoned_ticket_releases_nothing() -> None:
    ledger = Ledger()
    stale = open_one(ledger, POSTS, 5, 0.0)
    assert ledger.revoke({POSTS}) == [stale]
    assert ledger.settle(stale) == [stale], "its room is free"
    assert ledger.released() == {}
    redelivered = open_one(ledger, POSTS, 5, 0.0)
    ledger.settle(redelivered)
    assert ledger.released() == {POSTS: 6}


def test_nothing_is_left_of_partitions_that_were_given_up() -> None:
    ledger = Ledger()
    ledger.settle(open_one(ledger, POSTS, 5, 0.0))
    for partition in (POSTS, OTHER):
        ledger.open(partition, (6, 7), 0.0)
    assert ledger.released() == {POSTS: 6}

    assert len(ledger.revoke({POSTS, OTHER, ("moderation.posts", 2)})) == 4, "of the last one nothing came"
    assert (ledger.released(), ledger.in_flight) == ({}, 0)


def test_what_is_in_flight_on_other_partitions_stays() -> None:
    """A cooperative rebalance takes some partitions and leaves the rest at work."""
    ledger = Ledger()
    taken, kept = open_one(ledger, POSTS, 5, 0.0), open_one(ledger, OTHER, 8, 0.0)
    assert ledger.revoke({POSTS}) == [taken]
    assert (taken.abandoned, kept.abandoned, ledger.in_flight) == (True, False, 1)
    assert ledger.settle(kept) == [kept]
    assert ledger.released() == {OTHER: 9}


def test_what_was_answered_ahead_is_counted_until_its_offset_is_released() -> None:
    ledger = Ledger()
    slow, second, third = ledger.open(POSTS, range(3), 0.0)
    assert ledger.settle(third) == []
    assert ledger.settle(second) == []
    assert (ledger.in_flight, ledger.ahead, ledger.settled_total, ledger.released_total) == (1, 2, 2, 0)
    assert ledger.settle(slow) == [slow, second, third]
    assert (ledger.in_flight, ledger.ahead, ledger.settled_total, ledger.released_total) == (0, 0, 3, 3)


def test_what_was_answered_ahead_comes_again_with_its_partition() -> None:
    ledger = Ledger()
    slow, ahead = ledger.open(POSTS, range(2), 0.0)
    ledger.settle(ahead)
    assert ledger.revoke({POSTS}) == [slow, ahead]
    assert (ledger.in_flight, ledger.ahead, ledger.released()) == (0, 0, {})


def test_what_was_not_touched_goes_back_and_nothing_behind_it_is_answered() -> None:
    ledger = Ledger()
    slow, touched, *untouched = ledger.open(POSTS, range(5), 0.0)
    in_between, elsewhere = ledger.open(OTHER, range(2), 0.0)
    assert ledger.give_back([*untouched, in_between]) == untouched[::-1], "one behind the other was touched"
    assert ledger.in_flight == 4
    for ticket in (slow, touched, in_between, elsewhere):
        ledger.settle(ticket)
    assert (ledger.released(), ledger.in_flight, ledger.ahead) == ({POSTS: 2, OTHER: 2}, 0, 0)
    assert ledger.settle(untouched[0]) == [untouched[0]], "its room is free"
    assert ledger.give_back(untouched) == []


def test_settling_twice_is_an_error() -> None:
    ledger = Ledger()
    ticket = open_one(ledger, POSTS, 0, 0.0)
    ledger.settle(ticket)
    with pytest.raises(ValueError, match="settled twice"):
        ledger.settle(ticket)


def test_the_oldest_age_is_that_of_the_record_that_holds_a_partition_back() -> None:
    ledger = Ledger()
    first = open_one(ledger, POSTS, 0, 10.0)
    open_one(ledger, POSTS, 1, 12.0)
    assert ledger.oldest_age_s(13.0) == 3.0
    ledger.settle(first)
    assert ledger.oldest_age_s(13.0) == 1.0
    ledger.revoke({POSTS})
    assert ledger.oldest_age_s(13.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**6)), max_size=60), st.randoms(use_true_random=False))
def test_whatever_the_order_of_settling_nothing_unfinished_is_passed(steps: list[tuple[int, int]], rng: object) -> None:
    ledger = Ledger()
    opened: dict[int, list[Ticket]] = {0: [], 1: [], 2: []}
    for partition, _ in steps:
        opened[partition].append(open_one(ledger, ("t", partition), len(opened[partition])))
    order = [ticket for tickets in opened.values() for ticket in tickets]
    order.sort(key=lambda ticket: steps[ticket.offset % len(steps)][1])
    for ticket in order:
        ledger.settle(ticket)
        for partition, tickets in opened.items():
            unfinished = [t.offset for t in tickets if not t.settled]
            committable = ledger.released().get(("t", partition), 0)
            assert committable == (min(unfinished) if unfinished else len(tickets))
    assert ledger.in_flight == 0
    assert ledger.released_total == len(order)


def test_who_waits_for_pictures_is_not_at_work() -> None:
    """What hangs in the engine is found, however long those in front of it may wait."""
    ledger = Ledger()
    waits = open_one(ledger, POSTS, 1, now=0.0)
    waits.cost = Cost(0, 900)
    at_work = open_one(ledger, OTHER, 1, now=5.0)
    at_work.cost = Cost(7, 28)
    assert (ledger.oldest_age_s(20.0), ledger.oldest_age_s(20.0, at_work=True)) == (20.0, 15.0)
    ledger.settle(at_work)
    assert ledger.oldest_age_s(20.0, at_work=True) == 0.0
