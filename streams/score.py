"""The same pipeline without Kafka: lines in, verdicts out, in the order of the input."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from models.serving.types import Depth
from streams.errors import TidegateError
from streams.feed import fed
from streams.model import Model, load_model
from streams.pipeline.activation import Activation, build_tasks
from streams.pipeline.pictures import open_desk
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import RawRecord
from streams.settings import Settings
from streams.tasks.base import Moments, Task


def score_lines(lines: Iterable[bytes], task: str, settings: Settings) -> Iterator[bytes]:
    """One JSON document a line: a verdict whose `source` is null, or `{"error": {...}}` for a line that gets none.

    The answer to line n is line n, so an empty line is answered too. Reads at most `max_in_flight_records` lines
    ahead, and answers without waiting for more input.

    Raises:
        TidegateError, ArtifactError, ServingError: it could not start; the message is one sentence.
    """
    scorer = Scorer(task, settings)
    with asyncio.Runner() as runner:
        scan = scorer.scan()
        runner.run(scan.start(lines))
        try:
            while answers := runner.run(scan.next_answers()):
                yield from answers
        finally:
            runner.run(scan.stop())


class Scorer:
    """A model that is loaded once, for lines that come in portions. Making one takes seconds."""

    def __init__(self, task: str, settings: Settings) -> None:
        """Raises what `score_lines` raises."""
        self._model = load_model(settings)
        tasks = {one.declaration.name: one for one in build_tasks(settings, self._model.artifact, enforces=False)}
        if task not in tasks:
            raise TidegateError(f"Task {task!r} is not one of {', '.join(sorted(tasks))}.")
        self._task = tasks[task]
        self._settings = settings

    def scan(self) -> _Scan:
        return _Scan(self._model, self._task, self._settings)

    async def answers(self, lines: Sequence[bytes]) -> list[dict[str, Any]]:
        """What `score_lines` answers to these lines, read."""
        if not lines:
            return []
        scan = self.scan()
        await scan.start(lines)
        found: list[dict[str, Any]] = []
        try:
            while some := await scan.next_answers():
                found += map(orjson.loads, some)
        finally:
            await scan.stop()
        return found


@dataclass(slots=True, eq=False)
class _Line:
    """A ticket without Kafka: where the answer to a line goes."""

    answer: bytes | None = None
    abandoned: ClassVar[bool] = False


class _Scan:
    def __init__(self, model: Model, task: Task[Any], settings: Settings) -> None:
        self._model = model
        self._task = task
        self._settings = settings
        self._waiting: deque[_Line] = deque()
        self._room = asyncio.Semaphore(settings.max_in_flight_records)
        self._changed = asyncio.Event()
        self._error: BaseException | None = None

    async def start(self, lines: Iterable[bytes]) -> None:
        self._pipeline = Pipeline(
            self._settings.cache_size,
            self._settings.max_record_bytes,
            finish=self._finish,
            crash=self._crash,
            from_kafka=False,
            desk=open_desk(self._settings),
        )
        tasks = {self._task.declaration.name: self._task}
        windows = self._settings.max_windows
        self._activation = Activation.open(
            self._model, tasks, windows, self._pipeline.deliver, depth=lambda: Depth.FULL
        )
        self._pipeline.start(self._activation)
        self._reading = asyncio.create_task(self._read(lines))
        self._reading.add_done_callback(lambda _: self._changed.set())

    async def _read(self, lines: Iterable[bytes]) -> None:
        number = 0
        async for line in fed(lines):
            await self._room.acquire()
            ticket = _Line()
            self._waiting.append(ticket)
            raw = RawRecord("", 0, number, None, line.rstrip(b"\r\n"))
            now = time.monotonic()
            self._pipeline.push([Work(ticket, raw, self._activation, self._task, Moments(now, now))])
            number += 1

    async def next_answers(self) -> list[bytes]:
        """The answers that are ready next in line, at least one; empty when there are no more lines."""
        while self._error is None:
            ready: list[bytes] = []
            while self._waiting and (answer := self._waiting[0].answer) is not None:
                ready.append(answer)
                self._waiting.popleft()
                self._room.release()
            if ready:
                return ready
            if self._reading.done() and not self._waiting:
                self._reading.result()
                return []
            self._changed.clear()
            await self._changed.wait()
        raise self._error

    async def _finish(self, works: Sequence[Work]) -> None:
        for work in works:
            assert isinstance(work.ticket, _Line)
            work.ticket.answer = _answer(work)
        self._changed.set()

    def _crash(self, error: BaseException) -> None:
        self._error = self._error or error
        self._changed.set()

    async def stop(self) -> None:
        self._reading.cancel()
        await self._pipeline.stop()


def _answer(work: Work) -> bytes:
    if work.failure is None:
        return work.outputs[0].value or b""
    failure = work.failure
    error = {
        "line": work.raw.offset + 1,
        "reason": failure.reason,
        "detail": failure.detail,
        "stage": failure.stage,
    }
    return orjson.dumps({"error": error})
