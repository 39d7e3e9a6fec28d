"""Where a partition was read on past offsets that hold no record."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from streams.worker.gaps import Gaps
from streams.worker.places import Places

HERE = ("posts", 0)


def at(assignment: object, offset: int | None) -> Places:
    """One partition, which would be read from `offset`."""
    return Places(assignment, {} if offset is None else {TopicPartition(*HERE): offset})


def fetched(*offsets: int) -> Any:
    return {TopicPartition(*HERE): [SimpleNamespace(offset=offset) for offset in offsets]} if offsets else {}


def test_a_gap_is_what_was_read_behind_the_last_record() -> None:
    assignment, gaps = object(), Gaps()
    for position, offsets, found in (
        (0, (), {}),
        (3, (), {HERE: (None, 3)}),  # an aborted transaction
        (6, (3, 5), {}),
        (7, (), {HERE: (6, 7)}),  # a marker
        (9, (8,), {}),
    ):
        gaps.note(at(assignment, position), fetched(*offsets))
        assert gaps.found == found


def test_a_new_assignment_knows_nothing_of_the_last() -> None:
    """Records that were fetched and then dropped, because the partitions were given up, come again."""
    later, gaps = object(), Gaps()
    gaps.note(at(object(), 9), fetched(7))
    gaps.note(at(later, 4), fetched())
    assert gaps.found == {HERE: (None, 4)}
    gaps.note(at(later, None), fetched())
    assert gaps.found == {}


def test_what_was_found_is_replaced_and_not_changed() -> None:
    """Another thread may be looking at it."""
    assignment, gaps = object(), Gaps()
    gaps.note(at(assignment, 3), fetched())
    seen = gaps.found
    gaps.note(at(assignment, 5), fetched())
    assert seen == {HERE: (None, 3)}
