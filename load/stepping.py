"""Measurements that watch how far the service is: draining a backlog, and holding a rate."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

import psutil

from load.capacity import Drained, Sample, Verdict, judge, summarise_drain
from load.generator import Generator, Plan
from load.producing import preload
from load.scenarios import SCENARIOS
from load.session import Session, Sessions, families, used_s
from load.texts import Payload
from load.watching import Progress

EVERY_S = 0.2
FAST_S = 0.1
STALLED_S = 60.0
LEAD_S = 1.0


async def drain(session: Session, scenario: str, records: int, seed: int, **settings: str) -> list[Sample]:
    """Puts a backlog on the topics, starts the workers, and samples until it is answered."""
    payloads = SCENARIOS[scenario].payloads(records, seed)
    await preload(session.bootstrap, session.prefix, session.setup.partitions, payloads, _now_ms())
    samples: list[Sample] = []
    async with Progress(session.bootstrap, session.prefix) as progress:
        session.start_workers(**settings)
        async for elapsed_s, answered in _ticks(session, progress):
            samples.append(Sample(elapsed_s, records, answered, session.cpu_s()))
            if answered >= records:
                break
    session.stop_workers()
    return samples


async def drained_once(opened: Sessions, scenario: str, records: int, seed: int) -> Drained:
    """What a backlog on topics of its own took."""
    async with opened.open() as session:
        return summarise_drain(await drain(session, scenario, records, seed))


async def drain_running(session: Session, payloads: Sequence[Payload]) -> list[Sample]:
    """Sends a backlog to running workers, far faster than they answer, and samples until it is answered.

    Raises:
        RuntimeError: nothing moved for a minute.
        WorkerFailed: a worker ended.
    """
    async with Progress(session.bootstrap, session.prefix) as progress:
        before = await progress.count()
        sending = asyncio.create_task(_preload(session, payloads))
        try:
            return await _watch(session, progress, len(payloads), before)
        finally:
            sending.cancel()
            await asyncio.wait({sending}, timeout=10)


async def drain_preloaded(session: Session, payloads: Sequence[Payload], start: Callable[[], None]) -> list[Sample]:
    """The same for a program that is as fast as the sender: all is there before `start` starts it."""
    await _preload(session, payloads)
    async with Progress(session.bootstrap, session.prefix) as progress:
        before = await progress.count()
        start()
        return await _watch(session, progress, len(payloads), before)


async def _preload(session: Session, payloads: Sequence[Payload]) -> None:
    await preload(session.bootstrap, session.prefix, session.setup.partitions, payloads, _now_ms())


async def _watch(session: Session, progress: Progress, count: int, before: int) -> list[Sample]:
    """Until so many more than `before` are answered; with the processor time of workers, broker and this process."""
    workers = families(worker.process.pid for worker in session.running)
    broker, sender = families(session.broker_pids), [psutil.Process()]
    samples: list[Sample] = []
    async for elapsed_s, total in _ticks(session, progress, FAST_S):
        used = (used_s(processes) for processes in (workers, broker, sender))
        samples.append(Sample(elapsed_s, count, total - before, *used))
        if total - before >= count:
            break
    return samples


async def hold(session: Session, scenario: str, rate: float, seconds: float, seed: int) -> Verdict:
    """Sends at a constant rate to running workers and judges the course of the lag."""
    plan = Plan(session.bootstrap, session.prefix, session.setup.partitions, scenario, rate, seconds, seed)
    generator = Generator(plan)
    samples: list[Sample] = []
    try:
        await generator.prepare()
        async with Progress(session.bootstrap, session.prefix) as progress:
            before = await progress.count()
            starts_at = time.time() + LEAD_S
            generator.begin(starts_at)
            async for _, answered in _ticks(session, progress):
                elapsed_s = time.time() - starts_at
                due = max(0, min(round(rate * elapsed_s), round(rate * seconds)))
                if 0 < elapsed_s <= seconds:
                    samples.append(Sample(elapsed_s, due, answered - before))
                if elapsed_s > seconds and answered - before >= due:
                    break
            await generator.account(60)
    finally:
        generator.close()
    return judge(rate, samples)


async def _ticks(session: Session, progress: Progress, every_s: float = EVERY_S) -> AsyncIterator[tuple[float, int]]:
    """Seconds since the start and answers so far; raises if workers end or nothing moves."""
    began = moved_at = time.monotonic()
    last = -1
    while True:
        answered = await progress.count()
        now = time.monotonic()
        if answered != last:
            last, moved_at = answered, now
        elif now - moved_at > STALLED_S:
            raise RuntimeError(f"no answer for {STALLED_S:.0f} s, {answered} so far")
        session.check()
        yield now - began, answered
        await asyncio.sleep(every_s)


def _now_ms() -> int:
    return int(time.time() * 1000)
