"""A stretch of a topic: from where to where each partition is read. What comes later is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.errors import missing_topic, translate
from streams.kafka.connection import reading_options, start_client
from streams.positions import Batches, Positions
from streams.settings import Settings

Offsets = Mapping[TopicPartition, int]

STALLED_S: Final = 30.0
"""The broker named an end and brings nothing before it for so long: whatever it answers, it is given up. (A reader that
waits for what may come asks `streams.kafka.silence` instead.)"""
POLL_MS: Final = 200


@asynccontextmanager
async def reading(settings: Settings, topic: str) -> AsyncIterator[Any]:
    """A started consumer of all partitions of a topic, in no group.

    Raises:
        ClientError: the broker or the topic cannot be reached, or something went wrong inside the block.
    """
    consumer = AIOKafkaConsumer(topic, **reading_options(settings), auto_offset_reset="earliest")
    try:
        await start_client(consumer, settings)
        if not consumer.partitions_for_topic(topic):
            raise missing_topic(topic)
        yield consumer
    except UnknownTopicOrPartitionError:
        raise missing_topic(topic) from None
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await consumer.stop()


async def as_it_is_now(consumer: Any) -> tuple[Offsets, Offsets]:
    """The first offset of each partition, and the one after its last."""
    partitions = list(consumer.assignment())
    return await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)


async def read_stretch(consumer: Any, topic: str, begins: Offsets, ends: Offsets) -> AsyncGenerator[Any, None]:
    """The messages from `begins` on and before `ends`, in order within each partition.

    Raises:
        TimeoutError: nothing came for half a minute.
    """
    for partition, begin in begins.items():
        consumer.seek(partition, begin)
    async for messages in read_batches(consumer, topic, ends):
        for message in messages:
            yield message


async def read_batches(
    consumer: Any, topic: str, ends: Offsets, most: int | None = None, positions: Positions | None = None
) -> AsyncGenerator[Sequence[Any], None]:
    """The messages before `ends` from where the consumer stands, a batch of one partition at a time.

    A partition that the caller pauses counts as read.

    Args:
        most: messages of a batch; None: as many as there are.
        positions: of who reads on later: partitions that the topic gets in between are read from their beginning, and
            no other once more. None: they are fixed now.

    Raises:
        TimeoutError: nothing came for half a minute.
    """
    if positions is None:
        positions = Positions(consumer, topic, group=None)
        await positions.fix()
    unfinished = {partition for partition, end in ends.items() if await consumer.position(partition) < end}
    came_at = asyncio.get_running_loop().time()
    while unfinished:
        fetched = await consumer.getmany(*unfinished, timeout_ms=POLL_MS, max_records=most)
        batches = await positions.follow(_before(ends, consumer, fetched))
        for messages in batches.values():
            if messages:
                yield messages
        for partition in list(unfinished):
            if await consumer.position(partition) >= ends[partition] or partition in consumer.paused():
                unfinished.discard(partition)
        now = asyncio.get_running_loop().time()
        if batches:
            came_at = now
        elif now - came_at > STALLED_S:
            raise TimeoutError


def _before(ends: Offsets, consumer: Any, fetched: Batches) -> Batches:
    """What lies before the ends. The reader goes back to them where it was brought more, or it would never read that:
    it is past what it was brought."""
    found = {
        partition: [one for one in messages if one.offset < ends[partition]] for partition, messages in fetched.items()
    }
    for partition, messages in found.items():
        if len(messages) < len(fetched[partition]):
            consumer.seek(partition, ends[partition])
    return found
