"""What lies in a topic between two moments, or from one on, and single records by where they lie.

Nothing is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from aiokafka import TopicPartition

from streams.client.stretch import POLL_MS, STALLED_S, Offsets, as_it_is_now, read_batches, reading
from streams.kafka.topics import topic_name
from streams.positions import Positions
from streams.settings import Settings

_LOOK_MS: Final = 1000
_MOST_AT_ONCE: Final = 100
"""Messages that one turn of the event loop is to deal with."""


async def read_between(
    settings: Settings, kind: str, since: datetime | None = None, until: datetime | None = None
) -> AsyncIterator[Sequence[Any]]:
    """Messages of a topic by their Kafka timestamps, in batches, in order within each partition.

    Args:
        kind: of the topic, without the prefix.
        since: from here on; None: from the beginning of the topic.
        until: before this; None: to its end as it is now. What comes later is not waited for.

    Raises:
        ClientError: the broker or the topic cannot be reached.
    """
    topic = topic_name(settings.topic_prefix, kind)
    begin, end = _milliseconds(since), _milliseconds(until)
    async with reading(settings, topic) as consumer:
        if begin is not None:
            await _seek(consumer, begin)
        async for messages in read_batches(consumer, topic, (await as_it_is_now(consumer))[1]):
            inside = [
                message
                for message in messages
                if (begin is None or message.timestamp >= begin) and (end is None or message.timestamp < end)
            ]
            if inside:  # a later one may be of an earlier time: producers' clocks differ
                yield inside


async def _seek(consumer: Any, begin: int) -> None:
    """To the first message of this time in each partition, or to its end where there is none.

    The embedded broker never names one. So the last message is looked at before a partition is passed over.
    """
    partitions = list(consumer.assignment())
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, begin))
    first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    for partition in partitions:
        if (place := found.get(partition)) is not None:
            consumer.seek(partition, place.offset)
        elif first[partition] < ends[partition]:
            consumer.seek(partition, ends[partition] - 1)
            last = (await consumer.getmany(partition, timeout_ms=_LOOK_MS)).get(partition, ())
            is_over = bool(last) and last[-1].timestamp < begin
            consumer.seek(partition, ends[partition] if is_over else first[partition])


class Following:
    """Reads a topic from a moment on, further with each look. Use `following`."""

    def __init__(self, consumer: Any, topic: str, positions: Positions) -> None:
        self._consumer = consumer
        self._topic = topic
        self._positions = positions

    async def ends(self) -> Offsets:
        """Of the topic as it is now."""
        return (await as_it_is_now(self._consumer))[1]

    def look(self, ends: Offsets) -> AsyncIterator[Sequence[Any]]:
        """What lies before these ends and was not read yet, in batches, in order within each partition.

        Raises:
            TimeoutError: nothing came for half a minute.
        """
        return read_batches(self._consumer, self._topic, ends, _MOST_AT_ONCE, self._positions)


@asynccontextmanager
async def following(settings: Settings, kind: str, since: datetime) -> AsyncIterator[Following]:
    """Args:
        kind: of the topic, without the prefix.
        since: from here on, by Kafka timestamps; some messages before it may come, too.

    Raises:
        ClientError: the broker or the topic cannot be reached, on entering or inside.
    """
    topic = topic_name(settings.topic_prefix, kind)
    async with reading(settings, topic) as consumer:
        await _seek(consumer, int(since.timestamp() * 1000))
        positions = Positions(consumer, topic, group=None)
        await positions.fix()
        yield Following(consumer, topic, positions)


class Places:
    """Reads the values of single records of one topic. Use `open_places`."""

    def __init__(self, consumer: Any, topic: str, begins: Offsets) -> None:
        self._consumer = consumer
        self._topic = topic
        self._begins = begins

    async def values(self, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], Any]:
        """Messages by partition and offset; those that the topic does not hold any more are left out."""
        found: dict[tuple[int, int], Any] = {}
        for number in {partition for partition, _ in places}:
            partition = TopicPartition(self._topic, number)
            wanted = {offset for its, offset in places if its == number and offset >= self._begins.get(partition, 0)}
            if wanted and partition in self._begins:
                async for message in self._between(partition, min(wanted), max(wanted)):
                    if message.offset in wanted:
                        found[number, message.offset] = message
        return found

    async def _between(self, partition: TopicPartition, first: int, last: int) -> AsyncIterator[Any]:
        ends = await self._consumer.end_offsets([partition])
        last = min(last, ends[partition] - 1)
        self._consumer.seek(partition, first)
        came_at = asyncio.get_running_loop().time()
        while await self._consumer.position(partition) <= last:
            batches = await self._consumer.getmany(partition, timeout_ms=POLL_MS)
            for message in batches.get(partition, ()):
                yield message
            now = asyncio.get_running_loop().time()
            if batches:
                came_at = now
            elif now - came_at > STALLED_S:
                raise TimeoutError


@asynccontextmanager
async def open_places(settings: Settings, kind: str) -> AsyncIterator[Places]:
    """Raises ClientError: the broker or the topic cannot be reached, on entering or inside."""
    topic = topic_name(settings.topic_prefix, kind)
    async with reading(settings, topic) as consumer:
        yield Places(consumer, topic, (await as_it_is_now(consumer))[0])


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
