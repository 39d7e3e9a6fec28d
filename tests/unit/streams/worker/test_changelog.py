"""Reading a changelog: the partitions that are asked for, each from where it was left, and no further than its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from streams.settings import Settings
from streams.worker import changelog
from streams.worker.changelog import Changelog

TOPIC = "moderation.authors"


class Consumer:
    """Of a topic with two partitions; they hold three and five messages."""

    def __init__(self) -> None:
        self.ends = {TopicPartition(TOPIC, 0): 3, TopicPartition(TOPIC, 1): 5}
        self.at: dict[TopicPartition, int] = {}
        self.paused: set[TopicPartition] = set()

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0, 1}

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.ends)

    def pause(self, *partitions: TopicPartition) -> None:
        self.paused.update(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.at[partition] = offset

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {partition: self.ends[partition] for partition in partitions}


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Consumer:
    opened = Consumer()

    @asynccontextmanager
    async def reading(settings: Settings, topic: str) -> AsyncIterator[Consumer]:
        assert topic == TOPIC
        yield opened

    async def read_batches(
        consumer: Consumer, topic: str, ends: Mapping[TopicPartition, int], most: int
    ) -> AsyncGenerator[Sequence[Any], None]:
        for where, end in ends.items():
            for offset in range(consumer.at[where], end):
                yield [SimpleNamespace(topic=topic, partition=where.partition, offset=offset)]

    monkeypatch.setattr(changelog, "reading", reading)
    monkeypatch.setattr(changelog, "read_batches", read_batches)
    return opened


async def read(begins: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Input partition, partition and offset of each message."""
    found = Changelog(Settings(), TOPIC).read(begins)
    return [(number, each.partition, each.offset) async for number, messages in found for each in messages]


async def test_a_partition_is_read_from_where_it_was_left_and_no_other_is(consumer: Consumer) -> None:
    assert await read({1: 3}) == [(1, 1, 3), (1, 1, 4)]
    assert consumer.paused == {TopicPartition(TOPIC, 0)}


async def test_with_fewer_partitions_than_the_input_several_find_theirs_in_one(consumer: Consumer) -> None:
    found = await read({0: 2, 2: 0, 1: 4})

    assert sorted(found) == [(0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 1, 4), (2, 0, 0), (2, 0, 1), (2, 0, 2)]
    assert consumer.paused == set()


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(consumer: Consumer) -> None:
    assert await read({0: 90}) == [(0, 0, 0), (0, 0, 1), (0, 0, 2)]
