"""How a worker reads: Faust's consumer with our options, which commits what the ledger released and nothing else.

What was fetched of a partition goes through Faust as one message. Faust's arithmetic over single acks, its memory of
what it has read and its unbounded wait at a rebalance are not used.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.record import Partition
from streams.worker.broken_batches import BrokenBatches
from streams.worker.gaps import Gaps
from streams.worker.metrics import LogPlace
from streams.worker.patience import Patience
from streams.worker.places import places
from streams.worker.service import Service

LOOK_AGAIN_S = 0.02  # a fetch keeps an agent busy for longer, and each look costs a quarter of a millisecond
TURNS = 10  # of the event loop; an agent with room takes after two or three
FETCH_RECORDS = 1000
FETCH_BYTES = 4 * 1024 * 1024  # of unpacked records: what a fetch brings, but for the last few
FEW = 32
NOWHERE = TP("", -1)  # to aiokafka, no partitions would be all of them


class FetchedMessage(ConsumerMessage):
    """What was fetched of a partition in one go. To Faust it is a message without key and value."""

    records: Sequence[Any]
    """At least one, in order."""


class ByPartition(DefaultSchedulingStrategy):
    """Hands on what was fetched of each partition as a whole, where Faust's own deals out the records singly."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        return iter(records.items())


class LedgerConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads, and knows how far it has read where no record stands last: `gaps`."""

    logger = logging.getLogger("faust.consumer")  # or Faust's lines would come in our name

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gaps = Gaps()
        self._broken = BrokenBatches()
        self._patience = Patience()

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        """Faust's own would read uncommitted records, and look for new partitions every five minutes."""
        assert isinstance(transport, LedgerTransport)
        return AIOKafkaConsumer(**transport.options)

    async def _fetch_records(
        self, consumer: Any, active_partitions: set[TP], timeout: float | None = None, max_records: int | None = None
    ) -> Any:
        before = places(consumer)
        # Only where the place is known: reading may have to go back to it.
        wanted = {partition for partition in frozenset(active_partitions) if partition in before.offsets}
        most = FETCH_RECORDS
        if suspected := next(filter(self._broken.is_suspected, wanted), None):
            wanted, most = {suspected}, 1
        if len(wanted) < len(active_partitions):
            timeout = LOOK_AGAIN_S
        try:
            records = await self._fetch(consumer, wanted or {NOWHERE}, timeout, most)
        except Exception as error:  # noqa: BLE001  each codec fails in a way of its own
            records = await self._broken.take(consumer, before, error)
        # No await from here on: nothing may be fetched between these records and a look at the places.
        now = places(consumer)
        self._ask_as_they_come(consumer._fetcher, sum(map(len, records.values())))
        self._broken.observe(now)
        self.gaps.note(now, records)
        return records

    def _ask_as_they_come(self, fetcher: Any, count: int) -> None:
        """aiokafka's fetcher looks at these two whenever it asks."""
        assert isinstance(self.consumer, LedgerConsumer)
        how = self._patience.after(count, time.monotonic(), self.consumer._service.rest_s)
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = how

    async def _fetch(
        self, consumer: Any, wanted: set[TP], timeout: float | None, most: int
    ) -> Mapping[Any, Sequence[Any]]:
        """What is there, a few records at a time, so that the bytes can be bounded: a batch may unpack to many.

        Only the first look waits. A second one would, too, while partitions are assigned anew; what the first one
        brought belongs to the old assignment then.
        """
        fetched: dict[Any, list[Any]] = {}
        count = size = 0
        while count < most and size < FETCH_BYTES:
            few = min(FEW, most - count)
            batches = await super()._fetch_records(consumer, wanted, timeout, few)
            for partition, records in batches.items():
                fetched.setdefault(partition, []).extend(records)
                count += len(records)
                few -= len(records)
                size += sum(len(record.value or b"") + len(record.key or b"") for record in records)
            if few or consumer._subscription.reassignment_in_progress:
                break
            timeout = 0
        return fetched

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: `stuck_after_s` looks. Faust's own asks a monitor that nobody feeds here when a stream last took
        something, and calls each agent hanging from five minutes after the start on."""

    def topic_partitions(self, topic: str) -> int | None:
        """How many there are, if that is known. Faust's own asks for notes that the group's leader alone has."""
        partitions = None if self._consumer is None else self._consumer.partitions_for_topic(topic)
        return len(partitions) if partitions else None

    def log_places(self) -> dict[TP, LogPlace]:
        """Of the partitions held. From any thread: what it looks at is replaced, never changed."""
        if self._consumer is None:
            return {}
        now = places(self._consumer)
        ends = now.ends()
        return {TP(*partition): LogPlace(offset, ends[partition]) for partition, offset in now.offsets.items()}


class Unread(dict[TP, int | None]):
    """Tells Faust of every partition that nothing of it was read so far.

    It drops records that stand before what it has read, without a word: all of them where a topic was made anew or its
    log cut back. And it keeps every gap between two records, one for each transaction, and forgets none.
    """

    def __getitem__(self, tp: TP) -> int | None:
        return None


class LedgerConsumer(driver.Consumer):
    """Commits what the ledger released, nothing else, and drains for a bounded time."""

    logger = logging.getLogger("faust.consumer")
    _thread: LedgerConsumerThread

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._read_offset = Unread()

    @property
    def _service(self) -> Service:
        assert isinstance(self.transport, LedgerTransport)
        return self.transport.service

    def _new_consumer_thread(self) -> LedgerConsumerThread:
        return LedgerConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter(())

    def _filter_committable_offsets(self, tps: Iterable[TP]) -> dict[TP, int]:
        """Whatever differs from the last commit: an offset may go back, too, where a topic was made anew."""
        return {tp: offset for tp, offset in self._releasable().items() if offset != self._committed_offset[tp]}

    def _releasable(self) -> dict[TP, int]:
        """What the ledger released, and behind that what holds no record: else the lag would never be zero."""
        offsets = {TP(*partition): offset for partition, offset in self._service.ledger.released().items()}
        for partition, (begin, end) in self._thread.gaps.found.items():
            if offsets.get(tp := TP(*partition)) == begin:
                offsets[tp] = end
        return offsets

    def log_places(self) -> dict[Partition, LogPlace]:
        """Of the partitions held; for metrics."""
        if self._thread is None:
            return {}
        released = self._releasable()
        found = self._thread.log_places()
        return {(tp.topic, tp.partition): LogPlace(released.get(tp, at.done), at.end) for tp, at in found.items()}

    def _to_message(self, tp: TP, record: Any) -> FetchedMessage:
        """Of all the records of a partition; see `ByPartition`."""
        first, generation = record[0], self.app.consumer_generation_id
        message = FetchedMessage(*tp, first.offset, 0.0, 0, None, None, None, None, tp=tp, generation_id=generation)
        message.records = record
        return message

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        """Reads a topic only while nothing of it waits for its agent: so no more waits than one fetch brings.

        What waits because its task is disabled may do so for days, and is no reason to look again soon.
        """
        by_topic = {tp.topic: tp for tp in active_partitions or ()}
        waiting = await self._still_waiting(by_topic)
        if not all(topic in self._service.holding for topic in waiting):
            timeout = LOOK_AGAIN_S
        wanted = {tp for tp in active_partitions or () if tp.topic not in waiting}
        if not wanted:
            await asyncio.sleep(timeout)
            return {}
        return await super()._getmany(wanted, timeout)

    async def _still_waiting(self, by_topic: Mapping[str, TP]) -> set[str]:
        """The topics of which something waits although their agents had some turns to take it.

        Without those turns what was just handed over waits, and the next look passes over its topic: at 300 records a
        second p50 was 48 ms, of which records lay 36 at the broker.
        """
        waiting = set(by_topic)
        for _ in range(TURNS):
            waiting = {topic for topic in waiting if self._waits(by_topic[topic])}
            if all(topic in self._service.holding for topic in waiting):
                break
            await asyncio.sleep(0)
        return waiting

    def _waits(self, tp: TP) -> bool:
        """Whether something of its topic does: an agent has one queue for all partitions."""
        conductor: Any = self.app.topics
        return any(channel.queue.qsize() for channel in conductor._tp_index[tp])

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust starts four tasks for each message to be able to stop while its queue is full; here none ever is."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                async for _, message in self.getmany(timeout=1.0):
                    await self.callback(message)
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:
                raise

    async def wait_empty(self) -> None:
        """Faust's own waits for ever for what was not acked, and acks are not used here."""
        await self._service.drain()
        await self.commit_and_end_transactions()


class LedgerTransport(driver.Transport):
    """Makes such a consumer of the service and of the options for its group."""

    Consumer = LedgerConsumer

    def __init__(self, url: Any, app: Any, service: Service, options: Mapping[str, Any]) -> None:
        super().__init__(url, app)
        self.service = service
        self.options = options
