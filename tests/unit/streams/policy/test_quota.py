"""The quota is a breaker: N automatic actions a window, whatever the order and however often delivered."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Action, QuotaPolicy
from streams.policy.quota import Quota


def quota(limit: int = 2, window_s: float = 60.0) -> Quota:
    return Quota(QuotaPolicy(window_s=window_s, limits={"remove": limit}))


def test_over_the_limit_the_action_is_refused_until_the_window_moves_on() -> None:
    breaker = quota()

    assert breaker.allows(Action.REMOVE, "a", 0.0)
    assert breaker.allows(Action.REMOVE, "b", 30.0)
    assert not breaker.allows(Action.REMOVE, "c", 59.9)
    assert breaker.allows(Action.REMOVE, "c", 60.0)
    assert not breaker.allows(Action.REMOVE, "d", 89.9)


def test_a_redelivered_verdict_counts_once_and_keeps_its_action() -> None:
    breaker = quota()

    assert all(breaker.allows(Action.REMOVE, "a", float(now)) for now in range(10))
    assert breaker.allows(Action.REMOVE, "b", 10.0)
    assert not breaker.allows(Action.REMOVE, "c", 11.0)
    assert breaker.allows(Action.REMOVE, "a", 12.0)


def test_other_limits_count_what_was_counted_before() -> None:
    breaker = quota(limit=1)
    assert breaker.allows(Action.REMOVE, "a", 0.0)
    assert not breaker.allows(Action.REMOVE, "b", 1.0)

    breaker.adopt(QuotaPolicy(window_s=60.0, limits={"remove": 2, "limit": 1}))
    assert [breaker.allows(Action.REMOVE, verdict, 2.0) for verdict in ("a", "b", "c")] == [True, True, False]
    assert [breaker.allows(Action.LIMIT, verdict, 2.0) for verdict in ("d", "d", "e")] == [True, True, False]

    breaker.adopt(QuotaPolicy(window_s=60.0, limits={"limit": 1}))
    assert breaker.allows(Action.REMOVE, "f", 3.0)
    breaker.adopt(QuotaPolicy(window_s=10.0, limits={"remove": 2}))
    assert not breaker.allows(Action.REMOVE, "f", 4.0)
    assert breaker.allows(Action.REMOVE, "f", 12.0), "the window is another"


def test_actions_without_a_limit_are_always_allowed() -> None:
    breaker = quota(limit=0)

    assert breaker.allows(Action.REVIEW, "a", 0.0)
    assert breaker.allows(Action.ALLOW, "a", 0.0)
    assert not breaker.allows(Action.REMOVE, "a", 0.0)


@given(st.integers(0, 50), st.integers(1, 12), st.data())
def test_the_parts_of_all_workers_are_the_limit(limit: int, total: int, data: st.DataObject) -> None:
    owners = [data.draw(st.integers(0, 3)) for _ in range(total)]
    workers = [quota(limit) for _ in range(4)]
    for number, worker in enumerate(workers):
        worker.hold([partition for partition, owner in enumerate(owners) if owner == number], total)
    taken = sum(worker.allows(Action.REMOVE, str(n), 0.0) for worker in workers for n in range(limit + 1))

    assert taken == limit


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.floats(0, 3)), max_size=150))
def test_over_moves_a_group_takes_the_limit_and_once_more_what_moved(steps: Sequence[tuple[int, int, float]]) -> None:
    """Three partitions with a part of two each, two workers, a window of ten seconds."""
    workers, owners, now = [quota(6, 10.0), quota(6, 10.0)], [0, 0, 0], 0.0
    taken, moved = list[float](), list[float]()
    for number, (partition, owner, step) in enumerate(steps):
        now += step
        if owners[partition] != owner:
            owners[partition] = owner
            moved.append(now)
        for name, worker in enumerate(workers):
            worker.hold([p for p in range(3) if owners[p] == name], 3)
        taken += [now] * sum(workers[owner].allows(Action.REMOVE, f"{number}-{n}", now) for n in range(9))
        window = now - 10.0
        assert sum(at > window for at in taken) <= 6 + 2 * sum(at > window for at in moved)


def test_a_worker_that_holds_nothing_takes_nothing_and_one_that_is_alone_takes_all() -> None:
    breaker = quota(limit=3)
    breaker.hold([], 4)
    assert not breaker.allows(Action.REMOVE, "a", 0.0)
    breaker.hold([0], 4)
    assert [breaker.allows(Action.REMOVE, name, 0.0) for name in "ab"] == [True, False]
    breaker.hold(range(4), 4)
    assert [breaker.allows(Action.REMOVE, name, 0.0) for name in "abcd"] == [True, True, True, False]
    breaker.hold([5], 4)
    assert breaker.allows(Action.LIMIT, "a", 0.0), "a partition that the count does not know yet"


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 5)), max_size=200), st.integers(0, 5))
def test_no_window_holds_more_than_the_limit(steps: Sequence[tuple[int, float]], limit: int) -> None:
    breaker, now, taken = quota(limit, 10.0), 0.0, list[tuple[float, str]]()
    for name, step in steps:
        now += step
        verdict = str(name)
        is_counted = any(known == verdict and at > now - 10.0 for at, known in taken)
        if breaker.allows(Action.REMOVE, verdict, now) and not is_counted:
            taken.append((now, verdict))
        assert sum(at > now - 10.0 for at, _ in taken) <= limit
