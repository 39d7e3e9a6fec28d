"""A batch that cannot be read: its bytes were damaged, where the broker keeps them or before that.

aiokafka raises, drops what it had read of other partitions at the time, and comes to the same batch again, for ever.
So reading goes back to where it was, comes to the batch alone, asks for it some more times, hands it over as it is
stored, for a dead letter, and goes on behind it.
"""

from __future__ import annotations

import inspect
import logging
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest

from streams.errors import TidegateError
from streams.record import UnreadableBatch
from streams.worker.places import Places, places

logger = logging.getLogger(__name__)

ATTEMPTS = 3
FETCH_WAIT_MS = 500
FETCH_BYTES = 1024 * 1024  # a broker gives the first batch whole, however large it is
_HEADER = struct.Struct(">qiibIhi")  # base offset, length of the rest, epoch, magic, checksum, attributes, last delta
_AFTER_LENGTH = 12


class BatchUnreadableError(TidegateError):
    """A batch cannot be read and does not say where it ends. Somebody has to move the group past it."""


class Broken(NamedTuple):
    """Where reading failed."""

    partition: TopicPartition
    offset: int


class BrokenBatches:
    """Reads around broken batches. Lives in the thread of the consumer, and awaits nothing unless one was found."""

    def __init__(self) -> None:
        self._suspect: Broken | None = None
        self._attempts = 0

    def is_suspected(self, partition: TopicPartition) -> bool:
        """Read it alone and record by record: what is fetched along with a broken batch is lost."""
        return self._suspect is not None and self._suspect.partition == partition

    def observe(self, now: Places) -> None:
        """Call it after a fetch that succeeded: the suspect may have been read after all."""
        if self._suspect is not None and now.offsets.get(self._suspect.partition, -1) > self._suspect.offset:
            self._suspect = None

    async def take(self, consumer: Any, before: Places, error: Exception) -> Mapping[TopicPartition, list[Any]]:
        """Call it after a fetch that raised; returns the batch as a record, or nothing for now.

        Args:
            before: `places` before that fetch.

        Raises:
            Exception: `error`, which is not about a batch.
            BatchUnreadableError: the batch cannot be passed over.
        """
        broken = next(_broken(consumer), None)
        if broken is None:
            raise error
        if places(consumer).assignment is before.assignment:
            for partition, offset in before.offsets.items():
                consumer.seek(partition, offset)
        if broken != self._suspect:
            self._suspect, self._attempts = broken, 0
        if before.offsets.get(broken.partition) != broken.offset:
            return {}  # good records stand before it
        self._attempts += 1
        return await self._hand_over(consumer, broken, error) if self._attempts >= ATTEMPTS else {}

    async def _hand_over(self, consumer: Any, broken: Broken, error: Exception) -> Mapping[TopicPartition, list[Any]]:
        try:
            stored = await _fetch(consumer, broken)
            record = _as_record(stored, broken, error)
            consumer.seek(broken.partition, record.offset + 1)
        except KafkaError:  # the leader has moved, or the partition is not ours any more: it will be met again
            return {}
        logger.error("%s[%d]: %s; it becomes a dead letter", *broken.partition, record.value.detail)
        self._suspect = None
        return {broken.partition: [record]}


def _broken(consumer: Any) -> Iterator[Broken]:
    """The iterator over records that an exception has ended is still there."""
    for partition, fetched in consumer._fetcher._records.items():
        records: Any = getattr(fetched, "_partition_records", None)
        iterator = getattr(records, "_records_iterator", None)
        if iterator is not None and inspect.getgeneratorstate(iterator) == inspect.GEN_CLOSED:
            yield Broken(partition, records.next_fetch_offset)


async def _fetch(consumer: Any, broken: Broken) -> bytes:
    """What the leader has from the batch on."""
    (topic, partition), offset = broken
    wanted = [(topic, [(partition, offset, FETCH_BYTES)])]
    leader = consumer._client.cluster.leader_for_partition(broken.partition)
    response = await consumer._client.send(leader, FetchRequest(FETCH_WAIT_MS, 1, FETCH_BYTES, 0, wanted))
    ((_, ((*_, stored),)),) = response.topics
    return bytes(stored or b"")


def _as_record(stored: bytes, broken: Broken, error: Exception) -> Any:
    """One record with the whole batch as its value, at the batch's last offset: it is read up to there then."""
    first, last, size = _extent(stored, broken, error)
    detail = f"the batch of offsets {first} to {last} cannot be read: {type(error).__name__}"
    value = UnreadableBatch(stored[:size], detail)
    return ConsumerRecord(*broken.partition, last, None, 0, None, value, None, -1, size, ())


def _extent(stored: bytes, broken: Broken, error: Exception) -> tuple[int, int, int]:
    """First and last offset of the batch and its size in bytes, from its header, which may be damaged, too."""
    if len(stored) >= _HEADER.size:
        first, length, _, magic, _, _, delta = _HEADER.unpack_from(stored)
        size = _AFTER_LENGTH + length
        if magic == 2 and _HEADER.size <= size <= len(stored) and first <= broken.offset <= first + delta:
            return first, first + delta, size
    topic, partition = broken.partition
    raise BatchUnreadableError(
        f"The batch at {topic}[{partition}]@{broken.offset} cannot be read ({type(error).__name__}) and does not say "
        "where it ends; set the group's offset behind it with kafka-consumer-groups.sh --reset-offsets."
    )
