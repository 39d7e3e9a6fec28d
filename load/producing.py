"""Getting payloads onto topics with little work for each: what is measured shares the cores."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer

from load.texts import Payload
from streams.record import Partition


@asynccontextmanager
async def producing(
    bootstrap: str, *, stop_within_s: float | None = None, **options: Any
) -> AsyncIterator[AIOKafkaProducer]:
    """Yields a producer.

    Args:
        stop_within_s: how long what is still under way is waited for at the end; None: as long as aiokafka tries.
        options: more of aiokafka's.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=256 * 1024, **options)
    await producer.start()
    try:
        yield producer
    finally:
        with suppress(TimeoutError):  # given up, as was said
            await asyncio.wait_for(producer.stop(), stop_within_s)


class Batches:
    """Builds one batch for each partition instead of a future for each record.

    The records of one key share a partition. A batch's timestamp is when its records were due.
    """

    def __init__(self, producer: AIOKafkaProducer, prefix: str, partitions: int) -> None:
        self._producer = producer
        self._prefix = prefix
        self._partitions = partitions

    async def send(self, payloads: Sequence[Payload], due_ms: Sequence[int | None]) -> list[asyncio.Future[Any]]:
        """Hands the payloads to the producer; returns the acks to wait for, one for each batch."""
        batches: dict[Partition, Any] = {}
        acks: list[asyncio.Future[Any]] = []
        for payload, timestamp in zip(payloads, due_ms, strict=True):
            place = f"{self._prefix}.{payload.kind}", zlib.crc32(payload.key) % self._partitions
            batch = batches.get(place)
            if batch is None:
                batch = batches[place] = self._producer.create_batch()
            if batch.append(key=payload.key, value=payload.value, timestamp=timestamp) is None:  # it is full
                acks.append(await self._producer.send_batch(batch, place[0], partition=place[1]))
                batch = self._producer.create_batch()
                batch.append(key=payload.key, value=payload.value, timestamp=timestamp)
                batches[place] = batch
        for (topic, partition), batch in batches.items():
            acks.append(await self._producer.send_batch(batch, topic, partition=partition))
        return acks


async def preload(bootstrap: str, prefix: str, partitions: int, payloads: Iterable[Payload], now_ms: int) -> int:
    """Puts all payloads on their topics as fast as the broker takes them; returns how many."""
    count = 0
    async with producing(bootstrap) as producer:
        batches = Batches(producer, prefix, partitions)
        for chunk in _chunks(payloads, 2_000):
            acks = await batches.send(chunk, [now_ms] * len(chunk))
            await asyncio.wait_for(asyncio.gather(*acks), 60)
            count += len(chunk)
    return count


def _chunks(payloads: Iterable[Payload], size: int) -> Iterable[list[Payload]]:
    chunk: list[Payload] = []
    for payload in payloads:
        chunk.append(payload)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
