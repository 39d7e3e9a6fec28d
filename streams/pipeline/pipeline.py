"""A record's way from raw bytes to its verdict, whoever feeds it in and whoever takes the outputs.

    push -> prepare   decode, normalise, seen before?, encode     chunks, see `Aside`
         -> score     token-budget batches, one engine            the scheduler's threads
         -> decide    policy, verdict, alerts                      the same, in the order of each key
         -> finish    publish, await the broker, settle            the caller's, on the event loop

Each stage takes whatever has gathered while it was busy: an idle service answers a lone record at once, a busy one
works in large chunks. Nothing here knows Faust or Kafka.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from models.serving.stats import Stats
from models.serving.types import EngineLostError, Outcome
from streams.health.traces import Trace, tell_batch
from streams.pipeline.activation import Activation
from streams.pipeline.activations import Activations
from streams.pipeline.aside import Aside
from streams.pipeline.counts import Counts
from streams.pipeline.decide import decide
from streams.pipeline.gathering import MOST_S, Gathering, Pace
from streams.pipeline.key_order import KeyOrder
from streams.pipeline.pictures import Looks, add_words, pictures_of
from streams.pipeline.prepare import Preparer
from streams.pipeline.score_cache import ScoreCache
from streams.pipeline.twins import Twins
from streams.pipeline.work import Work

T = TypeVar("T")

SHORT_BYTES = 1024


class Pipeline:
    """Every pushed work comes back exactly once through `finish`, with a verdict or a dead letter in `outputs`.

    Those of one key of a partition do so in the order in which they were pushed, and wait for no others.

    Args:
        cache_size: texts whose scores are remembered; 0: none.
        max_record_bytes: larger records become dead letters.
        finish: takes finished works and returns when their outputs are safe. An exception of it is a crash.
        crash: called once with the exception that ended a stage; nothing can be relied on afterwards.
        desk: where pictures are looked at; None: they are not, and verdicts say so.
        from_kafka: whether verdicts name a topic, partition and offset as their source.
        set_aside: called with a record that waits while the engine has no work with it: for its pictures to be looked
            at, or, with its scores, for those before it under its key.
        most_rest_s: how long a stage may rest after a chunk; see `Pace`.

    Lives on one event loop. How much is inside at once is the caller's to bound (AdmissionGate).
    """

    def __init__(
        self,
        cache_size: int,
        max_record_bytes: int,
        finish: Callable[[Sequence[Work]], Coroutine[Any, Any, None]],
        crash: Callable[[BaseException], None],
        from_kafka: bool = True,
        desk: Looks | None = None,
        set_aside: Callable[[Work], None] = lambda work: None,
        most_rest_s: float = MOST_S,
    ) -> None:
        self.cache = ScoreCache(cache_size)
        self._desk = desk
        self._set_aside = set_aside
        self.counts = Counts()
        self._finish = finish
        self._crash = crash
        self._pace = Pace(most_rest_s)
        self._incoming: Gathering[Work] = Gathering(self._prepare_chunk, self._pace, _may_wait)
        self._scored: Gathering[Work] = Gathering(self._decide_chunk, self._pace, _may_wait)
        self._order = KeyOrder()
        self._twins = Twins(self.cache)
        self._preparing = Aside("prepare", Preparer(self.cache, max_record_bytes, desk is not None), _kind)
        self._deciding = Aside("decide", partial(decide, from_kafka=from_kafka), _kind)
        self._tasks: set[asyncio.Task[None]] = set()
        self._activations = Activations(self._spawn)

    @property
    def active(self) -> Activation:
        """What a record that comes now is judged with."""
        return self._activations.active

    def start(self, activation: Activation) -> None:
        """Begins to work. Call it on the loop, with a scheduler that hands its outcomes to `deliver`."""
        self._activations.switch(activation)
        self._spawn(self._incoming.run())
        self._spawn(self._scored.run())

    def switch(self, activation: Activation) -> None:
        """From the next record on this one judges. What is inside stays with what it came in under, which ends with
        its last record.
        """
        self._activations.switch(activation)

    def place_beside(self, activation: Activation | None) -> None:
        """Keeps a second one ready for records that are pushed under it, in place of the one before. None: none."""
        self._activations.place_beside(activation)

    def engine_stats(self) -> Stats:
        """Of all engines that have read text since the start; from any thread. Under another model it goes on."""
        return self._activations.engine_stats()

    @property
    def looked_at(self) -> float:
        """When somebody was last done with a picture, in monotonic seconds."""
        return -math.inf if self._desk is None else self._desk.looked_at

    @property
    def rest_s(self) -> float:
        """How long its stages rest after a chunk; see `Pace`."""
        return self._pace.rest_s

    def push(self, works: Sequence[Work]) -> None:
        """Takes records that came together, each under the activation that judges or the one beside it."""
        self._activations.enter(works)
        for work in works:
            self.counts.take_in(work)
        self._order.enter(works)
        self._incoming.add(works)

    def untouched(self) -> list[Work]:
        """Those inside with which nothing has been done yet."""
        return [work for work in self._incoming if work.seen is None]

    async def _prepare_chunk(self, chunk: list[Work]) -> None:
        """Sends what needs scores to the engine, and the rest on to be decided."""
        await self._preparing.work(chunk)
        prepared_at = time.monotonic()
        ready: list[Work] = []
        unscored: list[Work] = []
        for work in chunk:
            is_over = work.failure is not None or work.is_abandoned
            if self._desk is not None and not is_over and work.seen is None and pictures_of(work):
                self._spawn(self._look(self._desk, work))
                continue
            work.moments.prepared_at = prepared_at
            if is_over or all(reading.scores is not None for reading in work.readings):
                work.moments.batched_at = work.moments.scored_at = prepared_at
                ready.append(work)
            else:
                unscored.append(work)
        self._twins.ask(unscored, prepared_at)
        if ready:
            self._complete(ready)

    async def _look(self, desk: Looks, work: Work) -> None:
        """Texts of other keys go past a record whose pictures are looked at; then it goes the way of all others."""
        self._set_aside(work)
        reads_words = work.task.declaration.reads_pictures and not work.activation.is_hurried
        seen = await desk.look(pictures_of(work), reads_words, work.task.declaration.name)
        add_words(work, seen)
        self._incoming.add((work,))

    def deliver(self, outcomes: Sequence[Outcome]) -> None:
        """Takes what one engine batch gave. The scheduler calls it on the loop.

        A lost engine says nothing about the records: they are not answered, and come back after the crash.
        """
        works: list[Work] = []
        self.counts.score(outcomes)
        traces: dict[Trace, None] = {}
        for outcome in outcomes:
            if isinstance(outcome.error, EngineLostError):
                self._crash(outcome.error)
                return
            for work in self._twins.take(outcome):
                if work.trace is not None:
                    traces[work.trace] = None
                if work.waiting == 0:
                    works.append(work)
        if traces:
            version = outcomes[0].scores.model_version if outcomes[0].scores else work.activation.model_version
            tell_batch(traces, len(outcomes), version, outcomes[0].batched_at, outcomes[-1].scored_at)
        self._complete(works)

    def _complete(self, works: Sequence[Work]) -> None:
        """Those whose turn it is under their key are decided, with those that waited for them."""
        self._scored.add(self._order.complete(works))
        for work in works:
            if work.is_behind:
                self._set_aside(work)

    async def _decide_chunk(self, chunk: list[Work]) -> None:
        await self._deciding.work(chunk)
        decided_at = time.monotonic()
        for work in chunk:
            work.moments.decided_at = decided_at
        self._spawn(self._let_go(chunk))

    async def _let_go(self, chunk: list[Work]) -> None:
        await self._finish(chunk)
        if live := [work.moments.prepared_at for work in chunk if work.is_live]:
            self._pace.learn(time.monotonic() - max(live))
        self._activations.leave(chunk)

    async def in_order(self, function: Callable[..., T], *args: Any) -> T:
        """Runs a function in the thread that decides, between two chunks, where tasks keep their state."""
        return await self._deciding.run(function, *args)

    def _spawn(self, stage: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(stage)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crash(error)

    async def stop(self) -> None:
        """Ends the stages. What is still inside is given up; drain first."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        await self._activations.stop()
        if self._desk is not None:
            await self._desk.stop()
        self._preparing.stop()
        self._deciding.stop()


def _may_wait(work: Work) -> bool:
    return not work.is_live


def _kind(work: Work) -> str | None:
    """Its task, of a short record; what does not begin as JSON does may be packed, and unpack to anything."""
    value = work.raw.value or b""
    return work.task.declaration.name if value[:1] == b"{" and len(value) <= SHORT_BYTES else None
