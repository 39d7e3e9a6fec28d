"""Sending records that were in Kafka before once more, to the byte."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas.channels import MAX_MESSAGE_BYTES
from schemas.wire import Header
from streams.errors import translate
from streams.kafka.connection import REQUEST_TIMEOUT_S, connection_options, start_client
from streams.settings import Settings

logger = logging.getLogger(__name__)

TOGETHER: Final = 100
"""Records on the way at once; so many at most are sent again after a command was killed."""


class Original(NamedTuple):
    """A record, and where it goes: a topic with fewer partitions gets it in the one of its number modulo theirs."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


@asynccontextmanager
async def resending(settings: Settings) -> AsyncIterator[Any]:
    """A started producer.

    Raises:
        ClientError: the broker cannot be reached, or something went wrong inside the block.
    """
    producer = AIOKafkaProducer(**connection_options(settings), acks="all", max_request_size=MAX_MESSAGE_BYTES)
    await start_client(producer, settings)
    try:
        yield producer
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await producer.stop()


async def resend(producer: Any, originals: Sequence[Original]) -> list[bool]:
    """Whether the broker took each. What goes to one partition is sent in this order, in as few batches as hold it; one
    that the topic does not take for its size costs no other.

    By batches of our own: `producer.send` refuses a record without key and value, and a tombstone is one.
    """
    lanes: dict[tuple[str, int], list[int]] = {}
    for place, original in enumerate(originals):
        lanes.setdefault((original.topic, original.partition), []).append(place)
    taken = [False] * len(originals)

    async def send_lane(topic: str, partition: int, places: deque[int]) -> None:
        singly = 0
        try:
            partitions = await producer.partitions_for(topic)
            while places:
                batch = producer.create_batch()
                filled = list(_fill(batch, originals, places, 1 if singly else len(places)))
                singly = max(0, singly - len(filled))
                try:
                    sent = await producer.send_batch(batch, topic, partition=partition % len(partitions))
                    await asyncio.wait_for(sent, REQUEST_TIMEOUT_S)
                except MessageSizeTooLargeError:
                    if len(filled) == 1:
                        logger.warning("%s[%d] takes no record as large as one of these", topic, partition)
                    else:  # one of them is at fault
                        places.extendleft(reversed(filled))
                        singly = len(filled)
                else:
                    for place in filled:
                        taken[place] = True
        except (KafkaError, TimeoutError) as error:
            logger.warning("%s[%d] did not take a batch: %s", topic, partition, type(error).__name__)

    await asyncio.gather(*(send_lane(*lane, deque(places)) for lane, places in lanes.items()))
    return taken


def _fill(batch: Any, originals: Sequence[Original], places: deque[int], most: int) -> Iterator[int]:
    """Takes what the batch holds, at most so many; its first record always fits."""
    for _ in range(most):
        one = originals[places[0]]
        if batch.append(timestamp=None, key=one.key, value=one.value, headers=list(one.headers)) is None:
            return
        yield places.popleft()
