"""A reader without a group beside logs that grow: each message from where it began is read once, in order, whatever
aiokafka makes of its places when partitions are added.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.positions import Batches, Positions

FIRST = TopicPartition("t", 0)
BEGAN_AT = 2


class GrowingConsumer:
    """Reads logs whose messages are their offsets."""

    def __init__(self) -> None:
        self.ends = {FIRST: 3}
        self.places = {FIRST: BEGAN_AT}
        self.refusals = 0
        """So many seeks find that the assignment has changed once more."""

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {partition.partition for partition in self.ends}

    def assignment(self) -> set[TopicPartition]:
        return set(self.places)

    async def position(self, partition: TopicPartition) -> int:
        return self.places[partition]

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if self.refusals:
            self.refusals -= 1
            raise IllegalStateError("not assigned")
        self.places[partition] = offset

    def fetch(self, most: int) -> Batches:
        found: dict[TopicPartition, list[Any]] = {}
        for partition, place in self.places.items():
            end = min(self.ends[partition], place + most)
            if place < end:
                found[partition] = [SimpleNamespace(offset=offset) for offset in range(place, end)]
                self.places[partition] = end
        return found


class Reader(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.consumer = GrowingConsumer()
        self.positions = Positions(self.consumer, "t", None)
        self.loop.run_until_complete(self.positions.fix())
        self.read: dict[TopicPartition, list[int]] = {FIRST: []}

    def teardown(self) -> None:
        self.loop.close()

    @rule(data=st.data(), count=st.integers(1, 3))
    def is_written(self, data: st.DataObject, count: int) -> None:
        self.consumer.ends[data.draw(st.sampled_from(list(self.consumer.ends)))] += count

    @precondition(lambda self: len(self.consumer.ends) < 4)
    @rule()
    def a_partition_is_added(self) -> None:
        added = TopicPartition("t", len(self.consumer.ends))
        self.consumer.ends[added], self.read[added] = 0, []

    @precondition(lambda self: len(self.consumer.places) < len(self.consumer.ends))
    @rule(data=st.data(), refusals=st.integers(0, 2))
    def it_is_noticed(self, data: st.DataObject, refusals: int) -> None:
        """And reading begins anywhere."""
        ends = self.consumer.ends
        self.consumer.places = {partition: data.draw(st.integers(0, end)) for partition, end in ends.items()}
        self.consumer.refusals = refusals

    @rule(most=st.integers(1, 4))
    def fetches(self, most: int) -> None:
        batches = self.loop.run_until_complete(self.positions.follow(self.consumer.fetch(most)))
        for partition, messages in batches.items():
            self.read[partition] += [message.offset for message in messages]

    @rule()
    def reads_to_the_end(self) -> None:
        for _ in range(self.consumer.refusals + 2):
            self.fetches(100)
        for partition in self.consumer.places:
            begin = BEGAN_AT if partition == FIRST else 0
            assert self.read[partition] == list(range(begin, self.consumer.ends[partition]))

    @invariant()
    def each_message_is_read_once_and_in_order(self) -> None:
        for partition, offsets in self.read.items():
            begin = BEGAN_AT if partition == FIRST else 0
            assert offsets == list(range(begin, begin + len(offsets)))


TestReader = Reader.TestCase
TestReader.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
