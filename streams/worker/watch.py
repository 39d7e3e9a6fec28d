"""Looks at a service once a second: ends it when nothing moves, has its tasks write down what they remember, and says
how things are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from streams.errors import TidegateError
from streams.health.standstill import Standstill
from streams.pipeline.pipeline import Pipeline
from streams.worker.ledger import Ledger
from streams.worker.overload import Overload
from streams.worker.sink import Sink

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
CHECKPOINT_EVERY_S = 30.0
REPORT_EVERY_S = 60.0
SLOW_BROKER_S = 5.0  # it waits for the broker then, and that wait has a bound of its own


class StuckError(TidegateError):
    """Nothing was finished for too long. The process ends; its records come back to another."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked at."""

    ledger: Ledger
    sink: Sink
    pipeline: Pipeline
    overload: Overload
    oldest_age_s: Callable[[float], float]
    """How long something has been in flight without progress, at a time."""


class Watch:
    """Lives on the event loop.

    Args:
        checkpoint: has the tasks write down what they remember. It is never waited for: it works where records are
            decided, and hangs when that does.
        crash: called with the exception after which the service has to end.
        stuck_after_s: how long a record may be the oldest in flight while the broker keeps nobody waiting.
    """

    def __init__(
        self,
        watched: Watched,
        checkpoint: Callable[[], Coroutine[Any, Any, None]],
        crash: Callable[[BaseException], None],
        stuck_after_s: float,
    ) -> None:
        self._watched = watched
        self._checkpoint = checkpoint
        self._crash = crash
        self._stuck_after_s = stuck_after_s
        self._standstill = Standstill()
        self._looking: asyncio.Task[None] | None = None
        self._checkpointing: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._looking = self._spawn(self._look())

    def stop(self) -> None:
        for task in (self._looking, self._checkpointing):
            if task is not None:
                task.cancel()

    async def _look(self) -> None:
        checkpoint_at = report_at = broker_slow_at = time.monotonic()
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            now = time.monotonic()
            if self._watched.sink.waited_s(now) > SLOW_BROKER_S:
                broker_slow_at = now
            stood_s = self._standstill.observe(self._watched.oldest_age_s(now), now)
            if (age_s := min(stood_s, now - broker_slow_at)) > self._stuck_after_s:
                self._crash(StuckError(f"a record has been in flight for {age_s:.0f} s; nothing moves"))
                return
            if now - checkpoint_at > CHECKPOINT_EVERY_S and (self._checkpointing is None or self._checkpointing.done()):
                checkpoint_at = now
                self._checkpointing = self._spawn(self._checkpoint())
            if now - report_at > REPORT_EVERY_S:
                report_at = now
                self._report()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A service that nobody watches has to end: it could be stuck for ever. So has one that cannot write down what
        it remembers.
        """
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crash(error)

    def _report(self) -> None:
        ledger, pipeline = self._watched.ledger, self._watched.pipeline
        stats = pipeline.engine_stats()
        early = 100 * stats.early_rows / max(1, stats.rows)
        padding = stats.padded_tokens / max(1, stats.real_tokens)
        logger.info(
            "finished %d, in flight %d, dead letters %d, scored %d (early %.0f %%, padding %.2f), "
            "from the cache %d, depth %s",
            *(ledger.released_total, ledger.in_flight, pipeline.counts.dead_letters.total()),
            *(stats.rows, early, padding, pipeline.cache.hits, self._watched.overload.depth.value),
        )
