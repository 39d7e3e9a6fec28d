"""Send records to a broker and read back what came out, with every wait bounded."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.wire import Header
from streams.history import Place


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to send."""

    topic: str
    value: bytes | None
    key: bytes | None = b"k"
    headers: tuple[Header, ...] = ()
    partition: int = 0
    timestamp_ms: int | None = None


@dataclass(frozen=True)
class Output:
    """A record that the service published."""

    kind: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = field(default=())

    @cached_property
    def body(self) -> dict[str, Any]:
        return dict(orjson.loads(self.value or b"null"))

    def header(self, name: str) -> str | None:
        """The last header of that name: the service appends its own behind those of the sender."""
        values = [value for key, value in self.headers if key == name]
        return values[-1].decode() if values and values[-1] is not None else None

    @cached_property
    def source(self) -> Place:
        """The input record that this answers."""
        if self.kind == "dead-letters":
            where = [self.header(f"original-{part}") for part in ("topic", "partition", "offset")]
            return str(where[0]), int(str(where[1])), int(str(where[2]))
        source = self.body["source"]
        return source["topic"], source["partition"], source["offset"]


async def send(bootstrap: str, drafts: Iterable[Draft]) -> list[Place]:
    """Produces all at once and waits for the broker's acks; returns where each went."""
    async with _producer(bootstrap) as producer:
        pending = [await _produce(producer, each) for each in drafts]
        return _places(await asyncio.wait_for(asyncio.gather(*pending), 60))


async def send_steadily(bootstrap: str, drafts: Iterable[Draft], rate: float) -> list[Place]:
    """As `send`, at about `rate` records a second."""
    pending: list[asyncio.Future[Any]] = []
    async with _producer(bootstrap) as producer:
        started = time.monotonic()
        for number, each in enumerate(drafts):
            if (early_s := started + number / rate - time.monotonic()) > 0.02:
                await asyncio.sleep(early_s)
            pending.append(await _produce(producer, each))
        return _places(await asyncio.wait_for(asyncio.gather(*pending), 60))


async def read(
    bootstrap: str,
    prefix: str,
    kinds: Sequence[str],
    *,
    until: Callable[[list[Output]], bool] | None = None,
    within_s: float = 30.0,
) -> list[Output]:
    """Everything on the topics `kinds`, from the beginning.

    Without `until`: up to the ends as they are now. With it: until it holds or time is up; the caller asserts
    on what came, so that a failure shows it.
    """
    topics = {f"{prefix}.{kind}": kind for kind in kinds}
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=8 * 1024 * 1024,
        check_crcs=True,
    )
    await consumer.start()
    try:
        ends = {} if until else await consumer.end_offsets(consumer.assignment())
        outputs: list[Output] = []
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if until is not None and until(outputs):
                break
            if until is None and await _reached(consumer, ends):
                break
            batches = await consumer.getmany(timeout_ms=200, max_records=2000)
            outputs += [_output(topics[at.topic], each) for at, batch in batches.items() for each in batch]
    finally:
        await consumer.stop()
    return outputs


@asynccontextmanager
async def _producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, max_request_size=4 * 1024 * 1024)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _produce(producer: AIOKafkaProducer, each: Draft) -> asyncio.Future[Any]:
    sent: asyncio.Future[Any]
    if each.key is None and each.value is None:  # `send` refuses these, other clients do not
        batch = producer.create_batch()
        batch.append(key=None, value=None, timestamp=each.timestamp_ms, headers=list(each.headers))
        sent = await producer.send_batch(batch, each.topic, partition=each.partition)
        return sent
    sent = await producer.send(
        each.topic,
        each.value,
        key=each.key,
        headers=list(each.headers),
        partition=each.partition,
        timestamp_ms=each.timestamp_ms,
    )
    return sent


def _places(acked: Iterable[Any]) -> list[Place]:
    return [(each.topic, each.partition, each.offset) for each in acked]


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for at, end in ends.items():
        if end > 0 and await consumer.position(at) < end:
            return False
    return True


def _output(kind: str, message: Any) -> Output:
    return Output(kind, message.partition, message.offset, message.key, message.value, tuple(message.headers or ()))
