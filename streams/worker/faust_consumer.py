"""How a worker reads: Faust's consumer with our options, which commits what the ledger released and nothing else.

Faust's arithmetic over single acks, its memory of what it has read and its unbounded wait at a rebalance are not used.
"""

from __future__ import annotations

import asyncio
import logging
import types
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.services import WaitResults

from streams.kafka.connection import reading_options
from streams.record import Partition
from streams.settings import Settings
from streams.worker.broken_batches import BrokenBatches, Places, places
from streams.worker.metrics import LogPlace
from streams.worker.service import Service

LOOK_AGAIN_S = 0.01
NOWHERE = TP("", -1)  # to aiokafka, no partitions would be all of them


def group_options(settings: Settings) -> dict[str, Any]:
    """Arguments for the AIOKafkaConsumer that joins the workers' group."""
    return {
        **reading_options(settings),
        "group_id": settings.group,
        "auto_offset_reset": "earliest",  # of a new group, and of a partition that was added while we ran
        "partition_assignment_strategy": (RoundRobinPartitionAssignor,),
        # A killed worker's partitions are taken over after this; Faust's minute is a long time without moderation.
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 3_000,
        "rebalance_timeout_ms": 60_000,
        "request_timeout_ms": 90_000,  # joining is answered when the last member has drained
        "max_poll_interval_ms": 1_000_000,
        "max_poll_records": 500,
        "fetch_max_wait_ms": 1_500,
    }


class LedgerConsumerThread(driver.AIOKafkaConsumerThread):
    """Reads, and knows how far it has read where no record stands last: `gaps`.

    A gap goes from the offset after the last record that was handed over (None: there was none since the partitions
    were assigned) to the next one that will be fetched. Markers of transactions, aborted ones and what compaction took
    away lie in it.
    """

    logger = logging.getLogger("faust.consumer")  # or Faust's lines would come in our name

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gaps: Mapping[TP, tuple[int | None, int]] = {}
        self._after_last: dict[TP, int] = {}
        self._assignment: Any = None
        self._broken = BrokenBatches()

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
        if suspected := next(filter(self._broken.is_suspected, wanted), None):
            wanted, max_records = {suspected}, 1
        if len(wanted) < len(active_partitions):
            timeout = LOOK_AGAIN_S
        try:
            records = await super()._fetch_records(consumer, wanted or {NOWHERE}, timeout, max_records)
        except Exception as error:  # each codec fails in a way of its own
            records = await self._broken.take(consumer, before, error)
        # No await from here on: nothing may be fetched between these records and a look at the places.
        now = places(consumer)
        self._broken.observe(now)
        self._note(now, records)
        return records

    def log_places(self) -> dict[TP, LogPlace]:
        """Of the partitions held. From any thread: what it looks at is replaced, never changed."""
        if self._consumer is None:
            return {}
        now = places(self._consumer)
        ends = {partition: _log_end(now.assignment.state_value(partition)) for partition in now.offsets}
        return {TP(*partition): LogPlace(offset, ends[partition]) for partition, offset in now.offsets.items()}

    def _note(self, now: Places, records: Mapping[Any, Sequence[Any]]) -> None:
        if now.assignment is not self._assignment:
            self._assignment, self._after_last = now.assignment, {}
        for (topic, partition), fetched in records.items():
            self._after_last[TP(topic, partition)] = fetched[-1].offset + 1
        self.gaps = dict(self._find_gaps(now.offsets))

    def _find_gaps(self, offsets: Mapping[Any, int]) -> Iterator[tuple[TP, tuple[int | None, int]]]:
        for (topic, partition), offset in offsets.items():
            after_last = self._after_last.get(TP(topic, partition))
            if offset > (after_last or 0):
                yield TP(topic, partition), (after_last, offset)


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
        for tp, (begin, end) in self._thread.gaps.items():
            if offsets.get(tp) == begin:
                offsets[tp] = end
        return offsets

    def log_places(self) -> dict[Partition, LogPlace]:
        """Of the partitions held; for metrics."""
        if self._thread is None:
            return {}
        released = self._releasable()
        found = self._thread.log_places()
        return {(tp.topic, tp.partition): LogPlace(released.get(tp, at.done), at.end) for tp, at in found.items()}

    async def _wait_next_records(self, timeout: float) -> tuple[Any, set[TP] | None]:
        """Faust stops reading a partition whose buffer is full, and looks again after a whole second.

        An idle engine is a high price for that: with a backlog, intake then stood still half of the time.
        """
        if not self._buffered_partitions:
            return await super()._wait_next_records(timeout)
        if self._get_active_partitions():
            return await super()._wait_next_records(min(timeout, LOOK_AGAIN_S))
        await asyncio.sleep(LOOK_AGAIN_S)
        return {}, set()

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
        """Faust starts four tasks for each message to be able to stop while its queue is full; it seldom is.

        So the first coroutine is tried here, and only one that has to wait goes Faust's way: a third less processor
        time for a record, all of intake taken together.
        """
        first, *others = coros
        if not asyncio.iscoroutine(first):
            return await super().wait_first(*coros, timeout=timeout)
        try:
            waiting_for = first.send(None)
        except StopIteration as done:
            _close(others)
            return WaitResults([first], [done.value], False)
        except BaseException:
            _close(others)
            raise
        return await super().wait_first(_rest_of(first, waiting_for), *others, timeout=timeout)

    async def wait_empty(self) -> None:
        """Faust's own waits for ever for what was not acked, and acks are not used here."""
        await self._service.drain()
        await self.commit_and_end_transactions()


class LedgerTransport(driver.Transport):
    """Makes such a consumer of the service and of `group_options`."""

    Consumer = LedgerConsumer

    def __init__(self, url: Any, app: Any, service: Service, options: Mapping[str, Any]) -> None:
        super().__init__(url, app)
        self.service = service
        self.options = options


def _log_end(state: Any) -> int | None:
    """Of what may be read: records of open transactions lie behind it. None: the broker has not told it yet."""
    end = state.lso if state.lso is not None and state.lso >= 0 else state.highwater
    return None if end is None else int(end)


def _close(never_begun: Iterable[Any]) -> None:
    for one in never_begun:
        if asyncio.iscoroutine(one):
            one.close()


async def _rest_of(started: Coroutine[Any, Any, Any], waiting_for: Any) -> Any:
    return await _resume(started, waiting_for)


@types.coroutine
def _resume(started: Coroutine[Any, Any, Any], waiting_for: Any) -> Generator[Any, Any, Any]:
    """Goes on with a coroutine that has begun to wait, as `yield from` would."""
    while True:
        try:
            sent = yield waiting_for
        except BaseException as error:
            step: Callable[[], Any] = partial(started.throw, error)
        else:
            step = partial(started.send, sent)
        try:
            waiting_for = step()
        except StopIteration as done:
            return done.value
