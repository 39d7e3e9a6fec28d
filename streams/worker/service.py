"""Puts the parts together: gate and ledger in front, pipeline and engine in the middle, the sink behind.

Knows Kafka records by their attributes only, and no Faust type: whoever reads the topics calls `take_in` with what it
fetched of a partition, commits what `ledger.released()` says, and calls `drain` before it gives partitions up.
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
from streams.worker.gate import MAX_BYTES, AdmissionGate, Cost
from streams.worker.gates import Gates
from streams.worker.holding import Holding
from streams.worker.ledger import Ledger, Ticket
from streams.worker.overload import Overload
from streams.worker.sink import PublishError, Sink

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
CHECKPOINT_EVERY_S = 30.0
REPORT_EVERY_S = 60.0
SLOW_BROKER_S = 5.0  # it waits for the broker then, and that wait has a bound of its own
CLOCK_SKEW_S = 86_400.0  # a time stamp further off than a day says nothing about lateness
PORTION = 128  # records that are taken in at once: about half a millisecond of the event loop
BACKFILL_SHARE = 4  # one in so many of what may be in flight comes on top, for backfill alone


class Consumed(Protocol):
    """What `take_in` reads of a consumed record; `timestamp` in milliseconds since the epoch."""

    offset: int
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
        self.ledger = Ledger()
        self.gate = AdmissionGate(settings.max_in_flight_records, model.in_flight_tokens)
        self.backfill_gate = AdmissionGate(
            max(1, settings.max_in_flight_records // BACKFILL_SHARE),
            max(1, model.in_flight_tokens // BACKFILL_SHARE),
            MAX_BYTES // BACKFILL_SHARE,
        )
        self._gates = Gates(self.gate, self.backfill_gate, backfill)
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
        self._drains = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._pipeline = Pipeline(
            settings.cache_size, settings.max_record_bytes, finish=self._finish, crash=self._crash,
            desk=open_desk(settings), set_aside=lambda work: self._gates.yield_tokens((work.ticket,)),
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

    async def take_in(self, partition: Partition, records: Sequence[Consumed]) -> None:
        """Takes in what was fetched of a partition, in order, as soon as there is room for it.

        What still waits for its task or at the gate when a drain begins is dropped: no ticket was opened for it, so it
        comes back with the next assignment.
        """
        drains = self._drains
        if partition[0] in self.holding and not await self.holding.let_in(partition[0]):
            return
        arrived_at = time.monotonic()
        gate = self._gates.of(partition)
        for start in range(0, len(records), PORTION):
            portion = records[start : start + PORTION]
            costs = self._costs(portion)
            while portion:
                admitted = await gate.admit(costs)
                if self._drains != drains:
                    gate.release(costs[:admitted])
                    return
                self._push(partition, portion[:admitted], costs[:admitted], arrived_at)
                portion, costs = portion[admitted:], costs[admitted:]
            await asyncio.sleep(0)

    def _costs(self, records: Sequence[Consumed]) -> list[Cost]:
        most = self._model.artifact.manifest.max_tokens * self._max_windows
        return [Cost.of(len(record.value or b""), most) for record in records]

    def _push(
        self, partition: Partition, records: Sequence[Consumed], costs: Sequence[Cost], arrived_at: float
    ) -> None:
        """Opens a ticket for each record and hands it to the pipeline."""
        now = time.monotonic()
        tickets = self.ledger.open(partition, [record.offset for record in records], now)
        self._idle.clear()
        late = self._lateness(records)
        lane = Lane.LIVE if self._gates.of(partition) is self.gate else Lane.BACKFILL
        if lane is Lane.LIVE:  # what waits in the backfill lane is not late: it may wait
            self.overload.observe_all([late_s for late_s in late if late_s is not None], now)
        activation = self._pipeline.active
        topic, number = partition
        task = activation.tasks[topic]
        traces = self._traces
        works = []
        for record, ticket, cost, late_s in zip(records, tickets, costs, late, strict=True):
            raw = RawRecord(topic, number, record.offset, record.key, record.value, tuple(record.headers or ()))
            ticket.cost, ticket.waited_s = cost, late_s or 0.0
            moments = Moments(arrived_at, now, waited_s=max(0.0, ticket.waited_s - (now - arrived_at)))
            trace = None if traces is None else traces.of_record(raw, arrived_at)
            works.append(Work(ticket, raw, activation, task, moments, lane, trace=trace))
        self._pipeline.push(works)

    @staticmethod
    def _lateness(records: Sequence[Consumed]) -> list[float | None]:
        """Seconds; None where the time stamp says nothing about it."""
        wall = time.time()
        late = [None if record.timestamp is None else wall - record.timestamp / 1000 for record in records]
        return [one if one is not None and 0.0 <= one < CLOCK_SKEW_S else None for one in late]

    async def _finish(self, works: Sequence[Work]) -> None:
        """Publishes in the order in which they were decided, and settles them only when the broker has acknowledged
        every output.
        """
        answered = [work for work in works if not work.is_abandoned]
        for work in answered:
            self._limit.observe(work.ticket.partition, work.failure is not None)
        refused = await self._sink.publish([output for work in answered for output in work.outputs])
        if refused:
            await self._refuse(answered, refused)
        self._pipeline.counts.settle(answered)
        acknowledged_at = time.monotonic()
        self._settle([work.ticket for work in works])
        if self._observer is not None:
            for work in answered:
                self._observer(work)
        if self._traces is not None and any(work.trace is not None for work in answered):
            await asyncio.to_thread(end_traces, answered, acknowledged_at, time.monotonic())

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        """What they take of records and bytes stays taken for as long as their offsets are held back."""
        self._gates.yield_tokens(tickets)
        self._gates.release([done for ticket in tickets for done in self.ledger.settle(ticket)])
        if self.ledger.in_flight == 0:
            self._idle.set()

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

    def oldest_age_s(self, now: float) -> float:
        """Of the oldest record in flight; 0 where there is none. Pictures wait for one another, and each has a deadline
        of its own: while they are looked at, it is no more than since the last one.
        """
        return min(self.ledger.oldest_age_s(now), now - self._pipeline.looked_at)

    def _crash(self, error: BaseException) -> None:
        self._is_broken = True
        self._report_crash(error)

    async def drain(self) -> None:
        """Waits until what is in flight is finished, `drain_s` at most; abandons what is left.

        The abandoned records were never released, so they come back. The intake must have stopped before.
        """
        self._drains += 1
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

        What is still in flight on them is abandoned: not decided, not counted, not saved. What was answered ahead of it
        is answered once more, with the same ids, by whoever gets them.
        """
        self._drains += 1
        self.holding.revoke()
        abandoned = self.ledger.revoke(partitions)
        answered = [ticket for ticket in abandoned if ticket.settled]
        self._gates.release(answered)
        counts = len(partitions), len(abandoned), len(answered)
        logger.debug("gave up %d partitions, abandoned %d records, %d of them answered", *counts)
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
            if (age_s := min(self.oldest_age_s(now), now - broker_slow_at)) > self._stuck_after_s:
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
