"""Puts the parts together: gate and ledger in front, pipeline and engine in the middle, the sink behind.

Knows Kafka records by their attributes only, and no Faust type: whoever reads the topics calls `take_in` with what it
fetched of a partition, commits what `ledger.released()` says, and calls `drain` before it gives partitions up.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from streams.health.traces import Traces
from streams.model import Model
from streams.pipeline.activation import Activation
from streams.pipeline.pictures import open_desk
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work, end_traces
from streams.record import Outgoing, Partition
from streams.settings import Settings
from streams.tasks.base import Parts, Task
from streams.worker.answers import publish_answers
from streams.worker.dead_letter_limit import DeadLetterLimit
from streams.worker.gates import Gates
from streams.worker.holding import Holding
from streams.worker.in_flight import InFlight
from streams.worker.intake import Consumed, Doors, Intake
from streams.worker.judging import Judging
from streams.worker.ledger import Ledger
from streams.worker.overload import Overload
from streams.worker.restoring import Readable, Restoring
from streams.worker.sink import Sink
from streams.worker.watch import Watch, Watched

logger = logging.getLogger(__name__)


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
        self._sink = sink
        self._report_crash = crash
        self._traces = traces
        self._stuck_after_s = settings.stuck_after_s
        limits = (
            settings.dead_letter_max_ratio, settings.dead_letter_min_records, settings.dead_letter_max_consecutive
        )  # fmt: skip
        self._limit, self._limit_of_refused = DeadLetterLimit(*limits), DeadLetterLimit(*limits)
        self._is_broken = False
        self._in_flight = InFlight(self.ledger, self.gates, settings.drain_s)
        self._pipeline = Pipeline(
            settings.cache_size, settings.max_record_bytes, finish=self._finish, crash=self._crash,
            desk=open_desk(settings), set_aside=lambda work: self.gates.yield_tokens((work.ticket,)),
        )  # fmt: skip
        self.judging = Judging(self._pipeline, model, tasks, settings.max_windows, lambda: self.overload.depth)
        doors = Doors(self.holding, self.restoring, self.gates)
        self._intake = Intake(doors, self._in_flight, self.judging, self._pipeline, self.overload, traces)
        self._watch: Watch | None = None
        self._observer: Callable[[Work], None] | None = None

    @property
    def pipeline(self) -> Pipeline:
        """For who reads what it counts."""
        return self._pipeline

    @property
    def topics(self) -> list[str]:
        """Full names of the input topics."""
        return list(self.judging.tasks)

    async def start(self) -> None:
        """Raises PublishError if an output topic is missing."""
        await self._sink.start()
        self.judging.start()
        watched = Watched(self.ledger, self._sink, self._pipeline, self.overload, self.oldest_age_s)
        self._watch = Watch(watched, self._checkpoint, self._crash, self._stuck_after_s)
        self._watch.start()

    async def activate(self, model: Model, parts: Parts) -> None:
        """From the next record on this model and these parts judge. See `Judging`."""
        await self.judging.activate(model, parts)
        self.gates.resize(model.in_flight_tokens)

    async def try_out(self, model: Model, parts: Parts, takes: Callable[[bytes | None], bool]) -> Activation:
        """From the next record on this model judges the records whose keys it takes. See `Judging`."""
        return await self.judging.try_out(model, parts, takes)

    def end_trial(self) -> None:
        """From the next record on the active model judges all of them again. What is in flight stays as it is."""
        self.judging.end_trial()

    def enable(self, names: Collection[str]) -> None:
        """Reads on with these tasks alone. Records of the others wait in front of the ledger: none is lost."""
        self.holding.hold([topic for topic, task in self.judging.tasks.items() if task.declaration.name not in names])

    def observe(self, observer: Callable[[Work], None] | None) -> None:
        """Who is shown each record once its answer is safe; must not raise. None: nobody."""
        self._observer = observer

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """What is no answer to a record. The log tells of what is larger than its topic takes. Raises PublishError."""
        refused = await self._sink.publish(messages)
        for kind in sorted({each.kind for each in refused}):
            logger.warning("an output is larger than the topic of %s takes: nobody will hear of it", kind)

    def recall_s(self, topic: str) -> float:
        """How long ago what workers saw still counts for the task behind an input topic."""
        return self.judging.tasks[topic].recall_s

    async def count_sighted(self, topic: str, values: Sequence[bytes | None], tells: bool) -> int:
        """Has the task behind an input topic count what workers saw. Returns how many messages it cannot use.

        Args:
            tells: whether alerts leave; False: others have told of it.

        Raises:
            PublishError: the broker did not take an alert.
        """
        alerts, unused = await self._pipeline.in_order(self.judging.tasks[topic].sighted, values)
        if tells and alerts:
            await self.publish(alerts)
            self._pipeline.counts.tell(alerts)
        return unused

    async def take_in(self, partition: Partition, records: Sequence[Consumed]) -> None:
        """Takes in what was fetched of a partition, in order, as soon as there is room for it. See `Intake`."""
        await self._intake.take_in(partition, records)

    async def _finish(self, works: Sequence[Work]) -> None:
        """Publishes in the order in which they were decided, and settles them only when the broker has acknowledged
        every output.

        At the limit of dead letters the process ends, but not before these are answered: else it would meet the same
        records at each start, and never go past them.
        """
        if self._limit.exceeded is not None:
            return  # these come back
        works = self._limit.up_to(works)
        exceeded = self._limit.exceeded
        answered = [work for work in works if not work.is_abandoned]
        judged = [work for work in answered if work.failure is None]
        await publish_answers(self._sink, answered)
        self._pipeline.counts.settle(answered, self._pipeline.active.model_version)
        acknowledged_at = time.monotonic()
        self._in_flight.settle([work.ticket for work in works])
        if self._observer is not None:
            for work in answered:
                self._observer(work)
        if self._traces is not None and any(work.trace is not None for work in answered):
            await asyncio.to_thread(end_traces, answered, acknowledged_at, time.monotonic())
        for work in (each for each in judged if not each.is_abandoned):
            self._limit_of_refused.observe(work.ticket.partition, work.failure is not None)
        if exceeded is not None:
            raise exceeded

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
        """Waits until what is in flight is finished, `drain_s` at most; gives back what nothing was done with by a
        third of that, and abandons what is left at its end.

        The abandoned records were never released, so they come back. The intake must have stopped before.
        """
        self._in_flight.begin_drain()
        if not self._is_broken:
            await self._in_flight.drain(lambda: [work.ticket for work in self._pipeline.untouched()])

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
        self._in_flight.end_drain()
        for topic, task in self.judging.tasks.items():
            held = {number for name, number in partitions if name == topic}
            await self._pipeline.in_order(task.assign, held, (totals or {}).get(topic))
        self.restoring.begin(partitions, then)

    async def _restore(self, partition: Partition, messages: Sequence[Any]) -> int:
        """Enters messages of a changelog. Returns how many count for nothing."""
        topic, number = partition

        def restore() -> int:
            return self.judging.tasks[topic].restore(number, [(message.key, message.value) for message in messages])

        return await self._pipeline.in_order(restore)

    async def revoke(self, partitions: Collection[Partition]) -> None:
        """Called when partitions were given up, after the drain and the commit.

        What is still in flight on them is abandoned: not decided, not counted, not saved. What was answered ahead of it
        is answered once more, with the same ids, by whoever gets them.
        """
        self.holding.revoke()
        self.restoring.revoke()
        abandoned = self._in_flight.revoke(partitions)
        for limit in (self._limit, self._limit_of_refused):
            limit.forget(partitions)
        counts = len(partitions), len(abandoned), sum(ticket.settled for ticket in abandoned)
        logger.debug("gave up %d partitions, abandoned %d records, %d of them answered", *counts)
        for topic, task in self.judging.tasks.items():
            await self._pipeline.in_order(task.revoke, {number for name, number in partitions if name == topic})

    async def _checkpoint(self) -> None:
        """The tasks write down what they remember."""
        for task in self.judging.tasks.values():
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
