from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.sequence import OutputSequence

ZERO, ONE = ("moderation.posts", 0), ("moderation.posts", 1)


def test_a_finished_record_waits_for_those_before_it() -> None:
    sequence: OutputSequence[str] = OutputSequence()
    for item in ("a", "b", "c"):
        sequence.expect(ZERO, item)
    assert sequence.finish(ZERO, "b") == []
    assert sequence.finish(ZERO, "a") == ["a", "b"]
    assert sequence.finish(ZERO, "c") == ["c"]


def test_partitions_do_not_wait_for_each_other() -> None:
    sequence: OutputSequence[str] = OutputSequence()
    sequence.expect(ZERO, "a")
    sequence.expect(ONE, "b")
    assert sequence.finish(ONE, "b") == ["b"]


def test_an_item_that_comes_again_is_unfinished_again() -> None:
    sequence: OutputSequence[str] = OutputSequence()
    sequence.expect(ZERO, "a")
    assert sequence.finish(ZERO, "a") == ["a"]
    for item in ("a", "b"):
        sequence.expect(ZERO, item)
    assert sequence.finish(ZERO, "b") == []


@given(st.permutations(range(12)))
def test_everything_leaves_once_and_in_order(order: list[int]) -> None:
    sequence: OutputSequence[int] = OutputSequence()
    for item in range(12):
        sequence.expect(ZERO, item)
    left = [one for item in order for one in sequence.finish(ZERO, item)]
    assert left == list(range(12))
