"""A reader's place, over changes of the assignment; tests/broker/test_new_partitions.py has the real ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from streams.positions import Positions

OLD, NEW = TopicPartition("t", 0), TopicPartition("t", 1)


class FakeConsumer:
    """Has one partition until `grow`, and then two, both of them anywhere but where the reader was."""

    def __init__(self, committed: int | None = None) -> None:
        self.assigned = {OLD}
        self.sought: dict[TopicPartition, int] = {}
        self._committed = committed

    def grow(self) -> None:
        self.assigned = {OLD, NEW}

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0}

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    async def position(self, partition: TopicPartition) -> int:
        return 5

    async def committed(self, partition: TopicPartition) -> int | None:
        return self._committed

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought[partition] = offset


def messages(*offsets: int) -> list[Any]:
    return [SimpleNamespace(offset=offset) for offset in offsets]


async def positions(consumer: FakeConsumer, group: str | None) -> Positions:
    fixed = Positions(consumer, "t", group)
    await fixed.fix()
    return fixed


async def test_without_a_group_every_place_is_the_readers_own() -> None:
    consumer = FakeConsumer()
    reader = await positions(consumer, None)
    first = {OLD: messages(5, 6)}
    assert await reader.follow(first) is first
    consumer.grow()
    assert await reader.follow({OLD: messages(0, 1), NEW: messages(3)}) == {}
    assert consumer.sought == {OLD: 7, NEW: 0}
    again = {OLD: messages(7), NEW: messages(0, 1)}
    assert await reader.follow(again) is again


@pytest.mark.parametrize(("committed", "sought", "kept"), [(None, {NEW: 0}, {OLD}), (4, {}, {OLD, NEW})])
async def test_a_group_begins_a_new_partition_unless_it_has_a_place_there(
    committed: int | None, sought: dict[TopicPartition, int], kept: set[TopicPartition]
) -> None:
    consumer = FakeConsumer(committed)
    reader = await positions(consumer, "g")
    consumer.grow()
    assert set(await reader.follow({OLD: messages(5), NEW: messages(9)})) == kept
    assert consumer.sought == sought


async def test_a_change_within_a_change_is_followed_the_next_time() -> None:
    class Fickle(FakeConsumer):
        def seek(self, partition: TopicPartition, offset: int) -> None:
            if not self.sought:
                self.sought[partition] = -1
                raise IllegalStateError("not assigned")
            super().seek(partition, offset)

    consumer = Fickle()
    reader = await positions(consumer, "g")
    consumer.grow()
    assert await reader.follow({NEW: messages(9)}) == {}
    assert await reader.follow({NEW: messages(9)}) == {}
    assert consumer.sought[NEW] == 0
