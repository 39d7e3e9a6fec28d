"""Puts the parts together: gate and ledger in front, pipeline and engine in the middle, the sink behind.

Knows Kafka records by their attributes only, and no Faust type: whoever reads the topics calls `take_in` with what it
fetched of a partition, commits what `ledger.released()` says, and calls `drain` before it gives partitions up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from models.serving.types import Lane
from streams.health.traces import Traces
from streams.model import Model
from streams.pipeline.activation import Activation
from streams.pipeline.pictures import open_desk
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work, end_traces
from streams.record import Outgoing, Partition, RawRecord
from streams.settings import Settings
from streams.tasks.base import Moments, Parts, Task
from streams.worker.allocator import trim_after
from streams.worker.answers import publish_answers
from streams.worker.dead_letter_limit import DeadLetterLimit
from streams.worker.gate import Cost
from streams.worker.gates import Gates
from streams.worker.holding import Holding
from streams.worker.ledger import Ledger, Ticket
from streams.worker.overload import Overload, lateness
from streams.worker.restoring import Readable, Restoring
from streams.worker.sink import Sink
from streams.worker.watch import Watch, Watched

logger = logging.getLogger(__name__)

PORTION = 128  # records that are taken in at once: about half a millisecond of the event loop


class Consumed(Protocol):
    """What `take_in` reads of a consumed record; `timestamp` in milliseconds since the epoch."""

    offset: int
    key: Any
    value: Any
    headers: Any
    timestamp: Any


@dataclass(frozen=True, slots=True)
class _Tried:
    """A model that judges some of the authors beside the one that judges all others."""

    model: Model
    activation: Activation
    takes: Callable[[bytes | None], bool]


class Service:
    """One worker's work, from a consumed message to its released offset. Lives on one event loop.

    Args:
        tasks: the task behind each input topic, by full topic name.
        backfill: which of these topics go behind the others.
        crash: called with the exception after which the process has to end; nothing is released any more.
        traces: None: nobody asked for any.
        changelogs: by input topic, where its task wrote down what it remembers.
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
        changelogs: Mapping[str, Readable] | None = None,
    ) -> None:
        self.ledger = Ledger()
        self.gates = Gates(settings.max_in_flight_records, model.in_flight_tokens, backfill)
        self.overload = Overload(settings.degrade_after_s)
        self.holding = Holding()
        self.restoring = Restoring(changelogs or {}, self._restore, self._crash)
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
            desk=open_desk(settings), set_aside=lambda work: self.gates.yield_tokens((work.ticket,)),
        )  # fmt: skip
        self._watch: Watch | None = None
        self._observer: Callable[[Work], None] | None = None
        self._tried: _Tried | None = None

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
        self._pipeline.start(self._open(self._model, self._tasks))
        watched = Watched(self.ledger, self._sink, self._pipeline, self.overload, self.oldest_age_s)
        self._watch = Watch(watched, self._checkpoint, self._crash, self._stuck_after_s)
        self._watch.start()

    def _open(self, model: Model, tasks: Mapping[str, Task[Any]]) -> Activation:
        return Activation.open(
            model, tasks, self._max_windows, self._pipeline.deliver, depth=lambda: self.overload.depth
        )

    def _activation(self, model: Model, tasks: Mapping[str, Task[Any]]) -> Activation:
        """Of a model that runs already with the engine that it has."""
        if model is self._model:
            return self._pipeline.active.with_tasks(tasks)
        if self._tried is not None and model is self._tried.model:
            return self._tried.activation.with_tasks(tasks)
        return self._open(model, tasks)

    async def _succeeding(self, parts: Parts) -> dict[str, Task[Any]]:
        names = dict(self._tasks)
        return {name: await self._pipeline.in_order(task.succeed, parts) for name, task in names.items()}

    async def activate(self, model: Model, parts: Parts) -> None:
        """From the next record on this model and these parts judge; what is in flight stays with the former ones."""
        tasks = await self._succeeding(parts)
        if model is not self._model:
            trim_after(self._model.engine)
        self._pipeline.switch(self._activation(model, tasks))
        self._model, self._tasks = model, tasks
        self.gates.resize(model.in_flight_tokens)

    async def try_out(self, model: Model, parts: Parts, takes: Callable[[bytes | None], bool]) -> Activation:
        """From the next record on this model judges the records whose keys it takes, in place of one before it.

        What is remembered (authors, waves, the quota) is remembered of both together.
        """
        tasks = await self._succeeding(parts)
        activation = self._activation(model, tasks)
        self._pipeline.place_beside(activation)
        self._tried = _Tried(model, activation, takes)
        return activation

    def end_trial(self) -> None:
        """From the next record on the active model judges all of them again. What is in flight stays as it is."""
        tried, self._tried = self._tried, None
        if tried is not None:
            if tried.model is not self._model:
                trim_after(tried.model.engine)
            self._pipeline.place_beside(None)

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
        if not await self.restoring.let_in(partition):
            return
        arrived_at = time.monotonic()
        gate = self.gates.of(partition)
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
        late = lateness([record.timestamp for record in records], time.time())
        lane = self.gates.lane_of(partition)
        if lane is Lane.LIVE:  # what waits in the backfill lane is not late: it may wait
            self.overload.observe_all([late_s for late_s in late if late_s is not None], now)
        active, tried = self._pipeline.active, self._tried
        topic, number = partition
        traces = self._traces
        works = []
        for record, ticket, cost, late_s in zip(records, tickets, costs, late, strict=True):
            raw = RawRecord(topic, number, record.offset, record.key, record.value, tuple(record.headers or ()))
            ticket.cost, ticket.waited_s = cost, late_s or 0.0
            moments = Moments(arrived_at, now, waited_s=max(0.0, ticket.waited_s - (now - arrived_at)))
            trace = None if traces is None else traces.of_record(raw, arrived_at)
            activation = active if tried is None or not tried.takes(record.key) else tried.activation
            works.append(Work(ticket, raw, activation, activation.tasks[topic], moments, lane, trace=trace))
        self._pipeline.push(works)

    async def _finish(self, works: Sequence[Work]) -> None:
        """Publishes in the order in which they were decided, and settles them only when the broker has acknowledged
        every output.
        """
        answered = [work for work in works if not work.is_abandoned]
        for work in answered:
            self._limit.observe(work.ticket.partition, work.failure is not None)
        await publish_answers(self._sink, answered, self._limit)
        self._pipeline.counts.settle(answered, self._pipeline.active.model_version)
        acknowledged_at = time.monotonic()
        self._settle([work.ticket for work in works])
        if self._observer is not None:
            for work in answered:
                self._observer(work)
        if self._traces is not None and any(work.trace is not None for work in answered):
            await asyncio.to_thread(end_traces, answered, acknowledged_at, time.monotonic())

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        """What they take of records and bytes stays taken for as long as their offsets are held back."""
        self.gates.yield_tokens(tickets)
        self.gates.release([done for ticket in tickets for done in self.ledger.settle(ticket)])
        if self.ledger.in_flight == 0:
            self._idle.set()

    @property
    def rest_s(self) -> float:
        """How long it is worth while to let records gather before the next look for more."""
        return self._pipeline.rest_s

    def oldest_age_s(self, now: float) -> float:
        """Of the oldest record in flight; 0 where there is none. Pictures wait for one another, and each has a deadline
        of its own: of what waits for them it is no more than since the last one.
        """
        waiting_s = min(self.ledger.oldest_age_s(now), now - self._pipeline.looked_at)
        return max(waiting_s, self.ledger.oldest_age_s(now, at_work=True))

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

    async def assign(
        self,
        partitions: Collection[Partition],
        totals: Mapping[str, int] | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Called after a rebalance, with all partitions that this worker now owns.

        Args:
            totals: how many partitions each input topic has, as far as is known.
            then: called once records are let in. What changelogs tell is not waited for here: no heartbeat leaves
                before the new partitions are taken.
        """
        logger.debug("owns %d partitions", len(partitions))
        self._drained_by = None
        for topic, task in self._tasks.items():
            held = {number for name, number in partitions if name == topic}
            await self._pipeline.in_order(task.assign, held, (totals or {}).get(topic))
        self.restoring.begin(partitions, then)

    async def _restore(self, partition: Partition, messages: Sequence[Any]) -> int:
        """Enters messages of a changelog. Returns how many count for nothing."""
        topic, number = partition

        def restore() -> int:
            return self._tasks[topic].restore(number, [(message.key, message.value) for message in messages])

        return await self._pipeline.in_order(restore)

    async def revoke(self, partitions: Collection[Partition]) -> None:
        """Called when partitions were given up, after the drain and the commit.

        What is still in flight on them is abandoned: not decided, not counted, not saved. What was answered ahead of it
        is answered once more, with the same ids, by whoever gets them.
        """
        self._drains += 1
        self.holding.revoke()
        self.restoring.revoke()
        abandoned = self.ledger.revoke(partitions)
        answered = [ticket for ticket in abandoned if ticket.settled]
        self.gates.release(answered)
        counts = len(partitions), len(abandoned), len(answered)
        logger.debug("gave up %d partitions, abandoned %d records, %d of them answered", *counts)
        if self.ledger.in_flight == 0:
            self._idle.set()
        for topic, task in self._tasks.items():
            await self._pipeline.in_order(task.revoke, {number for name, number in partitions if name == topic})

    async def _checkpoint(self) -> None:
        """The tasks write down what they remember."""
        for task in self._tasks.values():
            await self._pipeline.in_order(task.checkpoint)

    async def stop(self) -> None:
        """Ends everything, in the order of the flow; what has not started or is stopped stays so. Drain first."""
        watch, self._watch = self._watch, None
        if watch is None:
            return
        watch.stop()
        await self.restoring.stop()
        await self._checkpoint()
        await self._pipeline.stop()
        await self._sink.stop()
