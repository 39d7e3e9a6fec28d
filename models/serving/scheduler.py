"""Between the event loop and the engine: two threads, two queues, one callback a batch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Thread

from models.errors import place_of
from models.serving.batcher import TokenBudgetBatcher
from models.serving.engine import Engine
from models.serving.isolating import failure, run_isolated
from models.serving.stats import Stats
from models.serving.types import (
    Batch,
    Depth,
    EngineLostError,
    InferenceError,
    Item,
    Outcome,
)

logger = logging.getLogger(__name__)

Deliver = Callable[[Sequence[Outcome]], None]


class _Signal(Enum):
    TURN_DONE = auto()
    STOP = auto()


class BatchScheduler:
    """Runs items on one engine. Until `stop`, every item is delivered exactly once.

    `submit` appends to a queue and never waits. The forming thread alone owns the batcher; it hands a turn to
    the engine thread at once if that is free, and one turn ahead if what waits fills a whole one, so that a
    partial turn is never formed before it can run. Anybody may add to what is pending, and only the event loop
    takes from it, so that nothing here needs a lock.

    If either thread ends, or the engine raises EngineLostError, everything pending and everything submitted
    later is delivered with EngineLostError. That is no verdict on a record: it must be read again.
    """

    def __init__(
        self,
        engine: Engine,
        batcher: TokenBudgetBatcher,
        deliver: Deliver,
        depth: Callable[[], Depth] = lambda: Depth.FULL,
    ) -> None:
        """`deliver` is called on the loop, once for each engine batch, and must not raise; `depth` is called
        on a thread, before each run.
        """
        self._engine = engine
        self._batcher = batcher
        self._deliver = deliver
        self._depth = depth
        self._inbox: SimpleQueue[Sequence[Item] | _Signal] = SimpleQueue()
        self._turns: SimpleQueue[list[Batch] | None] = SimpleQueue()
        self._pending: set[Item] = set()
        self._lost: EngineLostError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: list[Thread] = []
        self._stats = Stats()

    def stats(self) -> Stats:
        """A copy, from any thread."""
        return replace(self._stats)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start both threads; outcomes arrive on `loop`."""
        self._loop = loop
        bodies = {"tidegate-forming": self._form, "tidegate-engine": self._run}
        self._threads = [
            Thread(target=self._guard, args=(body,), name=name, daemon=True) for name, body in bodies.items()
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, items: Sequence[Item]) -> None:
        """Queue items; from any thread, a microsecond or two. The caller bounds how many wait."""
        self._pending.update(items)
        self._inbox.put(items)
        if self._lost is not None:
            self._post(self._fail_pending)

    async def stop(self, deadline_s: float = 2.0) -> None:
        """Give up what is pending, and end both threads, waiting at most `deadline_s` for the
        batch that runs now. Nothing is delivered from here on.
        """
        self._end(EngineLostError("The scheduler was stopped."))
        self._pending.clear()
        await asyncio.to_thread(self._join, time.monotonic() + deadline_s)

    # The forming thread.

    def _form(self) -> None:
        outstanding = 0  # turns handed over and not finished: one runs, one waits ready
        while True:
            for message in self._received():
                if message is _Signal.STOP:
                    return
                if message is _Signal.TURN_DONE:
                    outstanding -= 1
                else:
                    self._queue(message)
            while outstanding == 0 or (outstanding == 1 and self._batcher.full):
                if not (turn := self._batcher.pop()):
                    break
                self._hand_over(turn)
                outstanding += 1

    def _received(self) -> Iterable[Sequence[Item] | _Signal]:
        """Wait for one message, then take whatever else is there. `_end` always sends one."""
        yield self._inbox.get()
        while True:
            try:
                yield self._inbox.get_nowait()
            except Empty:
                return

    def _queue(self, items: Sequence[Item]) -> None:
        for item in items:
            try:
                self._batcher.push(item)
            except ValueError as error:
                self._report([failure(item, InferenceError(str(error)), time.monotonic())])

    def _hand_over(self, turn: list[Batch]) -> None:
        now = time.monotonic()
        for batch in turn:
            batch.formed_at = now
            with suppress(Exception):  # `run` prepares it again, and there a failure is isolated
                self._engine.prepare(batch)
        self._turns.put(turn)

    # The engine thread.

    def _run(self) -> None:
        while (turn := self._turns.get()) is not None:
            for batch in turn:
                if self._lost is not None:
                    return
                self._report(self._score(batch))
            self._inbox.put(_Signal.TURN_DONE)

    def _score(self, batch: Batch) -> list[Outcome]:
        depth = self._depth() if all(item.may_degrade for item in batch.items) else Depth.FULL
        started = time.monotonic()
        outcomes = run_isolated(self._engine, batch, depth)
        self._stats.count(batch, outcomes, time.monotonic() - started)
        return outcomes

    # The way back to the loop.

    def _report(self, outcomes: list[Outcome]) -> None:
        self._post(self._arrive, outcomes)

    def _post(self, callback: Callable[..., None], *args: object) -> None:
        """Call back on the loop. A closed loop has nobody left to tell: that ends the threads."""
        assert self._loop is not None, "submit before start"
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            self._end(EngineLostError("The event loop is closed."))

    def _arrive(self, outcomes: Sequence[Outcome]) -> None:
        """Only what is still pending is delivered: not twice, and not if it was given up."""
        wanted = [outcome for outcome in outcomes if outcome.item in self._pending]
        self._pending.difference_update(outcome.item for outcome in wanted)
        if wanted:
            self._deliver(wanted)

    def _fail_pending(self) -> None:
        assert self._lost is not None
        now = time.monotonic()
        self._arrive([failure(item, self._lost, now) for item in list(self._pending)])

    # The end.

    def _guard(self, body: Callable[[], None]) -> None:
        """The outermost frame of both threads: however one dies, nobody goes on waiting for it."""
        try:
            body()
        except BaseException as cause:  # noqa: BLE001  a thread has nobody to raise it to
            logger.critical("A serving thread died: %s", place_of(cause))
            error = cause if isinstance(cause, EngineLostError) else EngineLostError("A serving thread died.")
            self._end(error)
            self._post(self._fail_pending)

    def _end(self, error: EngineLostError) -> None:
        """Wake both threads to end; the first reason stands."""
        if self._lost is None:
            self._lost = error
        self._inbox.put(_Signal.STOP)
        self._turns.put(None)

    def _join(self, until: float) -> None:
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            logger.warning("A serving thread still runs; it is left behind.")
