"""Reads what workers tell each other of posts, and has what is alike counted: a group of consumers beside the one that
judges, since who counts a wave has nothing to do with who judged its posts.

What is known of a partition lives in memory. Whoever takes one over reads it again from as far back as anything counts,
and tells of what comes behind the offset that was committed: what is before it was told by the owner before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from streams.errors import ClientError, NotAuthorisedError, translate
from streams.kafka.connection import REQUEST_TIMEOUT_S, start_client
from streams.kafka.group import JOIN_TIMEOUT_S, group_options, sightings_group
from streams.kafka.outage import Outage
from streams.kafka.silence import is_silent
from streams.record import Partition
from streams.settings import Settings
from streams.worker.metrics import LogPlace

logger = logging.getLogger(__name__)

PORTION: Final = 200  # messages at once: some ten milliseconds of the thread that decides
POLL_MS: Final = 500


class Counting(Protocol):
    """What is asked of the service, for one task."""

    def recall_s(self, topic: str) -> float: ...

    async def count_sighted(self, topic: str, values: Sequence[bytes | None], tells: bool) -> int: ...


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Notes which partitions were assigned and are not placed yet."""

    def __init__(self) -> None:
        self.unplaced: frozenset[TopicPartition] = frozenset()
        self.is_joined = False
        self.assigned_at = 0.0

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.unplaced = frozenset()
        self.is_joined = False

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self.unplaced = frozenset(assigned)
        self.is_joined = True
        self.assigned_at = time.time()


class SightingsReader:
    """Lives on the event loop.

    Args:
        topic: of the sightings.
        input_topic: whose task counts them.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        input_topic: str,
        counting: Counting,
        make_consumer: Callable[..., Any] = AIOKafkaConsumer,
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._input_topic = input_topic
        self._counting = counting
        self._make_consumer = make_consumer
        self._assignments = _Assignments()
        self._told_to: dict[TopicPartition, int] = {}
        """Before it somebody has told of everything."""
        self._next: dict[TopicPartition, int] = {}
        """What was read stays known while a partition is elsewhere, as far as it still counts."""
        self.places: Mapping[Partition, LogPlace] = {}
        """Of the partitions that are counted here; for metrics."""
        self._late_s: dict[TopicPartition, float] = {}
        self._read_at = time.monotonic()
        self._has_read = False
        self._outage = Outage(lambda error: logger.warning("what workers saw cannot be read, trying again: %s", error))
        self._committed_at = 0.0
        self._has_warned = False

    def age_s(self, now: float) -> float:
        """Since the topic was last read, or since the start. `now`: of the monotonic clock."""
        return now - self._read_at

    async def run(self) -> None:
        """Never returns. What goes wrong with the topic is tried again, for as long as it takes: posts are judged all
        the while. What goes wrong in counting is raised.

        Raises:
            NotAuthorisedError: these credentials may not read it, and never did here: that no waiting will mend.
        """
        while True:
            try:
                async with self._joined() as consumer:
                    while True:
                        await self._step(consumer)
                        if self._assignments.is_joined:
                            self._note_read(consumer)
            except ClientError as error:
                if isinstance(error, NotAuthorisedError) and not self._has_read:
                    raise
                self.places = {}
                await self._outage.wait(error)

    def _note_read(self, consumer: Any) -> None:
        if self._outage.end():
            logger.info("what workers saw is read again, after %.0f s", self.age_s(time.monotonic()))
        self._has_read, self._read_at = True, time.monotonic()
        held = consumer.assignment()
        self.places = {
            (each.topic, each.partition): LogPlace(
                max(told_to, self._next.get(each, 0)), consumer.highwater(each), self._late_s.get(each, 0.0)
            )
            for each, told_to in self._told_to.items()
            if each in held
        }

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[Any]:
        """Raises ClientError."""
        self._assignments = _Assignments()
        consumer = self._make_consumer(**group_options(self._settings) | {"group_id": sightings_group(self._settings)})
        await start_client(consumer, self._settings)
        try:
            consumer.subscribe([self._topic], listener=self._assignments)  # or the start would wait for the others
            yield consumer
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(consumer.stop(), REQUEST_TIMEOUT_S)

    async def _step(self, consumer: Any) -> None:
        """Raises ClientError, and whatever counting raises."""
        if self._assignments.unplaced:
            await self._asked(self._place(consumer))
        fetched = await self._asked(consumer.getmany(timeout_ms=POLL_MS, max_records=PORTION), JOIN_TIMEOUT_S)
        for partition, messages in fetched.items():
            if self._assignments.unplaced or partition not in self._told_to:
                return  # it is read again, from where it has to be
            await self._take(partition, messages)
        if self._assignments.is_joined:
            quiet = consumer.assignment().difference(fetched)
            if is_silent(consumer, quiet, self._assignments.assigned_at, JOIN_TIMEOUT_S):
                raise translate(TimeoutError(), self._settings.brokers)
        if time.monotonic() - self._committed_at > self._settings.commit_interval_s:
            await self._asked(self._commit(consumer))

    async def _asked(self, asking: Awaitable[Any], within_s: float = REQUEST_TIMEOUT_S) -> Any:
        """An answer of the broker, within a bound. None where a rebalance came in between: then all is placed anew."""
        try:
            async with asyncio.timeout(within_s + POLL_MS / 1000):
                return await asking
        except (CommitFailedError, IllegalStateError):
            return {}
        except (KafkaError, TimeoutError, OSError) as error:
            raise translate(error, self._settings.brokers) from error

    async def _place(self, consumer: Any) -> None:
        """Goes back to where what counts begins, or to what nobody has told of, if that is before it."""
        unplaced = self._assignments.unplaced
        self._told_to.clear()
        since_ms = int(1000 * (time.time() - self._counting.recall_s(self._input_topic)))
        begins = await consumer.offsets_for_times(dict.fromkeys(unplaced, max(0, since_ms)))
        ends = await consumer.end_offsets(list(unplaced))
        for partition in unplaced:
            told_to = min(await consumer.committed(partition) or 0, ends[partition])
            if self._next.get(partition, 0) > ends[partition]:
                del self._next[partition]  # the topic was made anew
            first = begins.get(partition)
            known_to = self._next.get(partition, 0)
            consumer.seek(partition, told_to if first is None else min(told_to, max(first.offset, known_to)))
            self._told_to[partition] = told_to
        if self._assignments.unplaced is unplaced:
            self._assignments.unplaced = frozenset()

    async def _take(self, partition: TopicPartition, messages: Sequence[Any]) -> None:
        told_to = self._told_to[partition]
        unused = 0
        for tells in (False, True):
            if values := [each.value for each in messages if (each.offset >= told_to) is tells]:
                unused += await self._counting.count_sighted(self._input_topic, values, tells)
                self._late_s[partition] = max(0.0, time.time() - messages[-1].timestamp / 1000) if tells else 0.0
        self._next[partition] = messages[-1].offset + 1
        if unused and not self._has_warned:
            self._has_warned = True
            logger.warning("of what workers saw, some counts for nothing: damaged, or under another author_key_file")

    async def _commit(self, consumer: Any) -> None:
        self._committed_at = time.monotonic()
        done = {each: self._next[each] for each, told_to in self._told_to.items() if self._next.get(each, 0) > told_to}
        if done:
            await consumer.commit(done)
            self._told_to |= done
