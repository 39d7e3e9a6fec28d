"""Puts the parts together: gate and ledger in front, pipeline and engine in the middle, the sink behind.

Knows Kafka messages by their attributes only, and no Faust type: whoever reads the topics calls `take_in` for each
message, commits what `ledger.released()` says, and calls `drain` before it gives partitions up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from models.serving.reading import TEXT
from models.serving.types import Lane
from schemas import Reason
from schemas.channels import DEAD_LETTERS
from streams.errors import TidegateError
from streams.health.traces import Traces
from streams.model import Model
from streams.pipeline.activation import Activation
from streams.pipeline.failures import Failure, dead_letter
from streams.pipeline.pictures import open_desk
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work, end_traces
from streams.record import Outgoing, Partition, RawRecord
from streams.settings import Settings
from streams.tasks.base import Moments, Parts, Task
from streams.worker.allocator import trim_after
from streams.worker.dead_letter_limit import DeadLetterLimit
from streams.worker.gate import AdmissionGate
from streams.worker.holding import Holding
from streams.worker.ledger import Ledger
from streams.worker.overload import Overload
from streams.worker.sink import PublishError, Sink

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
CHECKPOINT_EVERY_S = 30.0
REPORT_EVERY_S = 60.0
SLOW_BROKER_S = 5.0  # it waits for the broker then, and that wait has a bound of its own
CLOCK_SKEW_S = 86_400.0  # a time stamp further off than a day says nothing about lateness
BACKFILL_SHARE = 4  # one in so many of what may be in flight comes on top, for backfill alone
BYTES_PER_TOKEN = 4  # of a record, JSON around the text included; only the order of magnitude matters


class Consumed(Protocol):
    """What `take_in` reads of a consumed message; `timestamp` in seconds since the epoch."""

    topic: str
    partition: int
    offset: int
    tp: Any
    key: Any
    value: Any
    headers: Any
    timestamp: Any


class StuckError(TidegateError):
    """Nothing was finished for too long. The process ends; its records come back to another."""


class Service:
    """One worker's work, from a consumed message to its released offset. Lives on one event loop.

    Args:
        tasks: the task behind each input topic, by full topic name.
        backfill: which of these topics go behind the others.
        crash: called with the exception after which the process has to end; nothing is released any more.
        traces: None: nobody asked for any.
    """

    def __init__(
        self,
        settings: Settings,
        model: Model,
        tasks: Mapping[str, Task[Any]],
        sink: Sink,
        crash: Callable[[BaseException], None],
        backfill: Collection[str] = (),
        traces: Traces | None = None,
    ) -> None:
        self.ledger: Ledger[Work] = Ledger()
        self.gate = AdmissionGate(settings.max_in_flight_records, model.in_flight_tokens)
        self.backfill_gate = AdmissionGate(
            max(1, settings.max_in_flight_records // BACKFILL_SHARE), max(1, model.in_flight_tokens // BACKFILL_SHARE)
        )
        self._backfill = frozenset(backfill)
        self.overload = Overload(settings.degrade_after_s)
        self.holding = Holding()
        self._model = model
        self._tasks = tasks
        self._sink = sink
        self._report_crash = crash
        self._traces = traces
        self._drain_s = settings.drain_s
        self._stuck_after_s = settings.stuck_after_s
        self._max_windows = settings.max_windows
        self._limit = DeadLetterLimit(
            settings.dead_letter_max_ratio, settings.dead_letter_min_records, settings.dead_letter_max_consecutive
        )
        self._is_broken = False
        self._drained_by: float | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._pipeline = Pipeline(
            settings.cache_size, settings.max_record_bytes, finish=self._finish, crash=self._crash,
            desk=open_desk(settings),
        )  # fmt: skip
        self._watching: asyncio.Task[None] | None = None
        self._observer: Callable[[Work], None] | None = None

    @property
    def pipeline(self) -> Pipeline:
        """For who reads what it counts."""
        return self._pipeline

    @property
    def topics(self) -> list[str]:
        """Full names of the input topics."""
        return list(self._tasks)

    async def start(self) -> None:
        """Raises PublishError if an output topic is missing."""
        await self._sink.start()
        loop = asyncio.get_running_loop()
        self._pipeline.start(self._activation(self._model, self._tasks))
        self._watching = loop.create_task(self._watch())
        self._watching.add_done_callback(self._watched)

    def _activation(self, model: Model, tasks: Mapping[str, Task[Any]]) -> Activation:
        return Activation.open(
            model, tasks, self._max_windows, self._pipeline.deliver, depth=lambda: self.overload.depth
        )

    async def activate(self, model: Model, parts: Parts) -> None:
        """From the next record on this model and these parts judge; what is in flight stays with the former ones."""
        names = dict(self._tasks)
        tasks = {name: await self._pipeline.in_order(task.succeed, parts) for name, task in names.items()}
        if model is not self._model:
            trim_after(self._model.engine)
        active = self._pipeline.active
        self._pipeline.switch(active.with_tasks(tasks) if model is self._model else self._activation(model, tasks))
        self._model, self._tasks = model, tasks
        self.gate.resize(model.in_flight_tokens)
        self.backfill_gate.resize(max(1, model.in_flight_tokens // BACKFILL_SHARE))

    def enable(self, names: Collection[str]) -> None:
        """Reads on with these tasks alone. Records of the others wait in front of the ledger: none is lost."""
        self.holding.hold([topic for topic, task in self._tasks.items() if task.declaration.name not in names])

    def observe(self, observer: Callable[[Work], None] | None) -> None:
        """Who is shown each record once its answer is safe; must not raise. None: nobody."""
        self._observer = observer

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """What is no answer to a record. The log tells of what is larger than its topic takes. Raises PublishError."""
        refused = await self._sink.publish(messages)
        for kind in sorted({each.kind for each in refused}):
            logger.warning("an output is larger than the topic of %s takes: nobody will hear of it", kind)

    async def take_in(self, message: Consumed) -> None:
        """Opens a ticket and hands the record to the pipeline; waits while too much is in flight."""
        if message.topic in self.holding and not await self.holding.let_in(message.topic):
            return
        now = time.monotonic()
        ticket = self.ledger.open(message.tp, message.offset, now)
        self._idle.clear()
        most = self._model.artifact.manifest.max_tokens * self._max_windows
        cost = min(most, 1 + len(message.value or b"") // BYTES_PER_TOKEN)
        lane = Lane.BACKFILL if message.topic in self._backfill else Lane.LIVE
        gate = self._gate_of(lane)
        if not gate.try_admit(cost):
            await gate.admit(cost)
        raw = RawRecord(
            message.topic,
            message.partition,
            message.offset,
            message.key,
            message.value,
            tuple(message.headers or ()),
        )
        waited_s = ticket.waited_s = self._observe_lateness(message.timestamp, now, lane)
        activation = self._pipeline.active
        task = activation.tasks[message.topic]
        moments = Moments(now, admitted_at=time.monotonic(), waited_s=waited_s)
        trace = None if self._traces is None else self._traces.of_record(raw, now)
        self._pipeline.push(Work(ticket, raw, activation, task, moments, cost, lane, trace=trace))

    def _gate_of(self, lane: Lane) -> AdmissionGate:
        return self.backfill_gate if lane is Lane.BACKFILL else self.gate

    def _observe_lateness(self, timestamp: float | None, now: float, lane: Lane) -> float:
        """What waits in the backfill lane is not late: it may wait."""
        if timestamp is None:
            return 0.0
        late_s = time.time() - timestamp
        if not 0.0 <= late_s < CLOCK_SKEW_S:
            return 0.0
        if lane is Lane.LIVE:
            self.overload.observe(late_s, now)
        return late_s

    async def _finish(self, works: Sequence[Work]) -> None:
        """Publishes in order, and releases the offsets only when the broker has acknowledged every output."""
        leaving: list[Work] = []
        for work in works:
            if work.is_abandoned:
                self._gate_of(work.lane).release(work.cost)
                continue
            self._limit.observe(work.ticket.partition, work.failure is not None)
            leaving += self.ledger.finish(work.ticket, work)
        refused = await self._sink.publish([output for work in leaving for output in work.outputs])
        if refused:
            await self._refuse(leaving, refused)
        self._pipeline.counts.settle(leaving)
        acknowledged_at = time.monotonic()
        for work in leaving:
            self.ledger.settle(work.ticket)
            self._gate_of(work.lane).release(work.cost)
            if self._observer is not None:
                self._observer(work)
        if self.ledger.in_flight == 0:
            self._idle.set()
        if self._traces is not None and any(work.trace is not None for work in leaving):
            await asyncio.to_thread(end_traces, leaving, acknowledged_at, time.monotonic())

    async def _refuse(self, works: Sequence[Work], refused: Sequence[Outgoing]) -> None:
        """A record whose output is larger than the topic takes becomes a dead letter, and the partition moves on.

        Raises:
            PublishError: a dead letter is too large for its topic: nobody would ever hear of the record.
        """
        too_large = {id(each) for each in refused}
        letters: list[Outgoing] = []
        for work in works:
            if (kind := next((each.kind for each in work.outputs if id(each) in too_large), None)) is None:
                continue
            detail = f"its output is larger than the topic of {kind} takes"
            work.failure = Failure(Reason.RECORD_TOO_LARGE, detail, "decide")
            letters.append(dead_letter(work.raw, work.failure))
            self._limit.observe(work.ticket.partition, failed=True)
        if await self._sink.publish(letters) or any(each.kind == DEAD_LETTERS.kind for each in refused):
            raise PublishError(
                "the topic of dead letters takes no record as large as one of the input; raise its limit"
            )

    def _crash(self, error: BaseException) -> None:
        self._is_broken = True
        self._report_crash(error)

    async def drain(self) -> None:
        """Waits until what is in flight is finished, `drain_s` at most; abandons what is left.

        The abandoned records were never released, so they come back. The intake must have stopped before.
        """
        if self._is_broken or self._idle.is_set():
            return
        now = time.monotonic()
        if self._drained_by is None:  # Faust asks twice when it stops: one deadline for both
            self._drained_by = now + self._drain_s
        try:
            await asyncio.wait_for(self._idle.wait(), max(0.0, self._drained_by - now))
        except TimeoutError:
            logger.warning("drain: %d records not finished after %g s", self.ledger.in_flight, self._drain_s)

    async def assign(self, partitions: Collection[Partition]) -> None:
        """Called after a rebalance, with all partitions that this worker now owns."""
        logger.debug("owns %d partitions", len(partitions))
        self._drained_by = None
        for topic, task in self._tasks.items():
            await self._pipeline.in_order(task.assign, {number for name, number in partitions if name == topic})

    async def revoke(self, partitions: Collection[Partition]) -> None:
        """Called when partitions were given up, after the drain and the commit.

        What is still in flight on them is abandoned: not decided, not counted, not saved.
        """
        self.holding.revoke()
        abandoned = self.ledger.revoke(partitions)
        logger.debug("gave up %d partitions, abandoned %d records", len(partitions), abandoned)
        if self.ledger.in_flight == 0:
            self._idle.set()
        for topic, task in self._tasks.items():
            await self._pipeline.in_order(task.revoke, {number for name, number in partitions if name == topic})

    async def _watch(self) -> None:
        """Ends the process when nothing moves, lets tasks write down what they remember, says how things are."""
        checkpoint_at = report_at = broker_slow_at = time.monotonic()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            now = time.monotonic()
            if self._sink.waited_s(now) > SLOW_BROKER_S:
                broker_slow_at = now
            if (age_s := min(self.ledger.oldest_age_s(now), now - broker_slow_at)) > self._stuck_after_s:
                self._crash(StuckError(f"a record has been in flight for {age_s:.0f} s; nothing moves"))
                return
            if now - checkpoint_at > CHECKPOINT_EVERY_S:
                checkpoint_at = now
                for task in self._tasks.values():
                    await self._pipeline.in_order(task.checkpoint)
            if now - report_at > REPORT_EVERY_S:
                report_at = now
                self._report()

    def _watched(self, watching: asyncio.Task[None]) -> None:
        """A service that nobody watches has to end: it could be stuck for ever."""
        if not watching.cancelled() and (error := watching.exception()) is not None:
            self._crash(error)

    def _report(self) -> None:
        stats = self._pipeline.active.modalities[TEXT].scheduler.stats()
        early = 100 * stats.early_rows / max(1, stats.rows)
        padding = stats.padded_tokens / max(1, stats.real_tokens)
        logger.info(
            "finished %d, in flight %d, dead letters %d, scored %d (early %.0f %%, padding %.2f), "
            "from the cache %d, depth %s",
            *(self.ledger.released_total, self.ledger.in_flight, self._pipeline.counts.dead_letters.total()),
            *(stats.rows, early, padding, self._pipeline.cache.hits, self.overload.depth.value),
        )

    async def stop(self) -> None:
        """Ends everything, in the order of the flow; what has not started or is stopped stays so. Drain first."""
        watching, self._watching = self._watching, None
        if watching is None:
            return
        watching.cancel()
        for task in self._tasks.values():
            await self._pipeline.in_order(task.checkpoint)
        await self._pipeline.stop()
        await self._sink.stop()
