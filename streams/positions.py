"""Where a reader stands, over changes in what it is assigned: a topic may get partitions while it is read.

aiokafka begins anew at every change: without a group on all partitions, with one on those without a committed offset.
So a reader from the beginning would read everything again, and one from the end would miss what a new partition got
before it was noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

Batches = Mapping[TopicPartition, Sequence[Any]]


class Positions:
    """Call `fix` once the consumer has started, and `follow` with whatever it fetched."""

    def __init__(self, consumer: Any, topic: str, group: str | None) -> None:
        self._consumer = consumer
        self._group = group
        self._at_first: set[int] = set(consumer.partitions_for_topic(topic) or ())
        self._assigned: set[TopicPartition] = set()
        self._next: dict[TopicPartition, int] = {}

    async def fix(self) -> None:
        """Makes this moment the one where reading starts. A group has its own places, on the broker."""
        self._assigned = set(self._consumer.assignment())
        if self._group is None:
            self._next = {partition: await self._consumer.position(partition) for partition in self._assigned}

    async def follow(self, batches: Batches) -> Batches:
        """What of these batches comes next; nothing of them where reading has to go to another place first."""
        assigned = set(self._consumer.assignment())
        if assigned != self._assigned:
            try:
                batches = await self._go_on(assigned, batches)
            except IllegalStateError:
                return {}  # it has changed once more, and none of these positions holds
            self._assigned = assigned
        if self._group is None:
            self._next |= {partition: messages[-1].offset + 1 for partition, messages in batches.items() if messages}
        return batches

    async def _go_on(self, assigned: set[TopicPartition], batches: Batches) -> Batches:
        """By `seek`: an answer to what aiokafka asks at such a moment, on the way already, does not undo it."""
        unread = [partition for partition in assigned if await self._is_unread(partition)]
        places = await self._consumer.beginning_offsets(unread) if unread else {}
        for partition, offset in {**self._next, **places}.items():
            self._consumer.seek(partition, offset)
        if self._group is None:
            return {}
        return {partition: messages for partition, messages in batches.items() if partition not in places}

    async def _is_unread(self, partition: TopicPartition) -> bool:
        """It was added after reading had started, and nobody has read it yet."""
        if partition.partition in self._at_first or partition in self._next:
            return False
        return self._group is None or await self._consumer.committed(partition) is None
