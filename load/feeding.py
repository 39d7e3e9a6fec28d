"""The pipeline fed from memory by several processes: where no Kafka can be had, or one would be the limit.

Each process has a pipeline and an engine of its own on the same device, and takes records as a worker does: the same
preparing, batching, deciding, and a verdict for each. Nothing is fetched, published or committed.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from load.arrivals import constant, due_by
from load.measure import LatencyHistogram
from load.scenarios import SCENARIOS
from load.texts import Payload
from models.serving.types import Depth
from streams.model import load_model
from streams.pipeline.activation import Activation, build_tasks
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import RawRecord
from streams.settings import Settings
from streams.tasks.base import Moments

WARM_UP = 0.1
"""The share of the records that is not measured."""
SLICE = 256
START_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Feed:
    """What one process does; picklable. `rate`: records a second of this process, or None for as many as go."""

    settings: Mapping[str, Any]
    scenario: str
    records: int
    seed: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Fed:
    """What came of it: seconds from the end of the warm-up to the last verdict, and latency from the due moment.
    `timed`: records that ended in these seconds, less than `records` where a batch held the end of the warm-up.
    """

    records: int
    failed: int
    seconds: float
    cpu_us: float
    latency_ms: Mapping[str, float]
    device: str
    timed: int

    @property
    def rate(self) -> float:
        return self.timed / self.seconds


@dataclass(slots=True, eq=False)
class _Ticket:
    due_at: float
    number: int
    abandoned: ClassVar[bool] = False


class Feeder:
    """Pushes records into a pipeline, and takes the verdicts."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self._settings = settings
        self._feed = feed
        self._room = settings.max_in_flight_records
        self._changed = asyncio.Event()
        self._error: BaseException | None = None
        self._finished = 0
        self._failed = 0
        self._first = int(feed.records * WARM_UP)
        self._before = 0  # verdicts when the clock was started
        self._began: tuple[float, float] = (0.0, 0.0)
        self._latency = LatencyHistogram()

    async def prepare(self) -> None:
        """Loads the model, and writes what is to be sent."""
        model = await asyncio.to_thread(load_model, self._settings)
        (self._task,) = [
            task for task in build_tasks(self._settings, model.artifact, enforces=False)
            if task.declaration.name == "posts"
        ]  # fmt: skip
        settings = self._settings
        self._pipeline = Pipeline(settings.cache_size, settings.max_record_bytes, self._finish, self._crash, False)
        self._activation = Activation.open(
            model, {"posts": self._task}, settings.max_windows, self._pipeline.deliver, lambda: Depth.FULL
        )
        self._pipeline.start(self._activation)
        self._device = model.engine.device
        self._payloads = list(SCENARIOS[self._feed.scenario].payloads(self._feed.records, self._feed.seed))

    async def run(self, starts_at: float) -> Fed:
        """Feeds everything and waits for the last verdict. `starts_at`: wall clock.

        Raises:
            BaseException: what ended the pipeline.
        """
        await asyncio.sleep(max(0.0, starts_at - time.time()))
        started = time.monotonic()
        self._began = started, time.process_time()
        schedule = None if self._feed.rate is None else constant(self._feed.rate, self._feed.records / self._feed.rate)
        sent = 0
        while sent < len(self._payloads) and self._error is None:
            now = time.monotonic() - started
            until = len(self._payloads) if schedule is None else due_by(schedule, now)
            until = min(until, sent + self._room, sent + SLICE)
            if until == sent:
                await self._wait(0.0005 if self._room else 1.0)
                continue
            for number in range(sent, until):
                due = time.monotonic() if schedule is None else started + float(schedule[number])
                self._push(number, self._payloads[number], due)
            self._room -= until - sent
            sent = until
            await asyncio.sleep(0)
        while self._finished < sent and self._error is None:
            await self._wait(1.0)
        await self._pipeline.stop()
        if self._error is not None:
            raise self._error
        return self._account()

    async def _wait(self, seconds: float) -> None:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    def _push(self, number: int, payload: Payload, due: float) -> None:
        now = time.monotonic()
        raw = RawRecord("posts", 0, number, payload.key, payload.value)
        self._pipeline.push([Work(_Ticket(due, number), raw, self._activation, self._task, Moments(now, now))])

    async def _finish(self, works: Sequence[Work]) -> None:
        now = time.monotonic()
        for work in works:
            self._finished += 1
            self._failed += work.failure is not None
            if self._finished > self._first:
                self._latency.record(1e3 * (now - work.ticket.due_at))
        self._ended = now, time.process_time()
        if self._before < self._first <= self._finished < self._feed.records:
            self._began, self._before = self._ended, self._finished
        self._room += len(works)
        self._changed.set()

    def _crash(self, error: BaseException) -> None:
        self._error = self._error or error
        self._changed.set()

    def _account(self) -> Fed:
        count, timed = self._finished - self._first, self._finished - self._before
        seconds, cpu_s = (ended - began for ended, began in zip(self._ended, self._began, strict=True))
        return Fed(count, self._failed, seconds, 1e6 * cpu_s / timed, self._latency.summary(), self._device, timed)


def feed_all(feeds: Sequence[Feed]) -> list[Fed]:
    """Runs one process a feed, all from the same moment on.

    Raises:
        RuntimeError: one ended, or was not ready in time.
    """
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    try:
        for feed in feeds:
            ours, theirs = context.Pipe()
            processes.append(context.Process(target=_main, args=(feed, theirs), daemon=True))
            processes[-1].start()
            theirs.close()
            pipes.append(ours)
        for pipe in pipes:
            _receive(pipe, START_WITHIN_S)
        starts_at = time.time() + 0.5
        for pipe in pipes:
            pipe.send(starts_at)
        return [_receive(pipe, START_WITHIN_S) for pipe in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join(5)


def _receive(pipe: Connection, within_s: float) -> Any:
    try:
        if pipe.poll(within_s):
            return pipe.recv()
    except EOFError:
        raise RuntimeError("a feeding process ended; its error is above") from None
    raise RuntimeError(f"a feeding process said nothing for {within_s:g} s")


def _main(feed: Feed, pipe: Connection) -> None:
    asyncio.run(_run(feed, pipe))


async def _run(feed: Feed, pipe: Connection) -> None:
    feeder = Feeder(Settings.load(**feed.settings), feed)
    await feeder.prepare()
    pipe.send("ready")
    pipe.send(await feeder.run(pipe.recv()))
