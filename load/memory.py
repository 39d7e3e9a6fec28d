"""Resident memory of workers over a run at full load."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import psutil
from numpy.typing import NDArray

from load.producing import Batches, producing
from load.scenarios import SCENARIOS
from load.session import Session
from load.watching import Progress

MB = 1_000_000
SETTLED_AFTER = 1 / 3
"""Caches fill and allocators settle in the first third of a run; the slope is fitted over the last two thirds."""


@dataclass(slots=True)
class MemoryCourse:
    """Samples of one worker, its child processes included."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def add(self, elapsed_s: float, megabytes: float) -> None:
        self.seconds.append(elapsed_s)
        self.megabytes.append(megabytes)

    @property
    def most_mb(self) -> float:
        return max(self.megabytes)

    @property
    def slope_mb_per_minute(self) -> float:
        """Least squares over the last two thirds.

        Raises:
            ValueError: too few samples.
        """
        x, y = self._settled()
        return float(np.polyfit(x / 60, y, 1)[0])

    @property
    def growth_mb(self) -> float:
        """By how much the mean of the last tenth is above that of the first tenth after settling."""
        _, y = self._settled()
        tenth = max(1, len(y) // 10)
        return float(y[-tenth:].mean() - y[:tenth].mean())

    def _settled(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y = np.array(self.seconds), np.array(self.megabytes)
        kept = x >= x[-1] * SETTLED_AFTER if len(x) else np.zeros(0, dtype=bool)
        if kept.sum() < 10:
            raise ValueError("too few memory samples for a slope")
        return x[kept], y[kept]


def resident_mb(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(each.memory_info().rss for each in family)) / MB


async def watch_memory(session: Session, seconds: float, seed: int) -> tuple[list[MemoryCourse], float]:
    """Keeps a backlog before the workers for so long; returns their courses and the records a second."""
    session.start_workers()
    courses = [MemoryCourse() for _ in session.workers]
    feeding = asyncio.create_task(keep_backlog(session, seed))
    began = time.monotonic()
    try:
        async with Progress(session.bootstrap, session.prefix) as progress:
            while (elapsed_s := time.monotonic() - began) < seconds:
                session.check()
                if feeding.done():
                    feeding.result()
                for worker, course in zip(session.workers, courses, strict=True):
                    course.add(elapsed_s, resident_mb(worker.process.pid))
                await asyncio.sleep(1.0)
            answered = await progress.count()
    finally:
        feeding.cancel()
        await asyncio.wait({feeding}, timeout=10)
    session.stop_workers()
    return courses, answered / (time.monotonic() - began)


async def keep_backlog(
    session: Session, seed: int, scenario: str = "mixed", backlog: int = 6_000, at_once: int = 1_000
) -> None:
    """Tops the backlog up whenever less than that waits: always enough, never a full disk. Never returns."""
    payloads_to_come, sent = SCENARIOS[scenario].payloads(sys.maxsize, seed), 0
    async with (
        producing(session.bootstrap) as producer,
        Progress(session.bootstrap, session.prefix) as progress,
    ):
        batches = Batches(producer, session.prefix, session.setup.partitions)
        while True:
            if sent - await progress.count() < backlog:
                payloads = list(islice(payloads_to_come, at_once))
                now_ms = int(time.time() * 1000)
                acks: Sequence[asyncio.Future[object]] = await batches.send(payloads, [now_ms] * at_once)
                await asyncio.wait_for(asyncio.gather(*acks), 60)
                sent += at_once
            await asyncio.sleep(0.25)
