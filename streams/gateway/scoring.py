"""Feeds the pipeline with what requests bring, and bounds what waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from models.serving.types import Depth
from schemas import Reason
from streams.gateway.refusals import overloaded, too_late
from streams.health.traces import Traces
from streams.model import Model
from streams.pipeline.activation import Activation, build_tasks
from streams.pipeline.failures import Failure
from streams.pipeline.pictures import open_desk
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work, end_traces
from streams.record import RawRecord
from streams.settings import Settings
from streams.tasks.base import Moments, Task
from streams.worker.gate import AdmissionGate, Cost

Answer = bytes | Failure
"""A verdict as JSON whose `source` is null, or why there is none."""

TURNS_INSIDE = 4
"""Of the engine: one runs, one is formed, and others are on their way in or out. What is inside is scored even if
nobody waits for it any more, so the rest waits outside, where a deadline can still take it away."""

_GONE: Final = Failure(Reason.INFERENCE_FAILED, "the server ended before there was an answer", "score")


class Place:
    """Where the answer to a record goes: a ticket without Kafka."""

    __slots__ = ("abandoned", "answer", "cost", "opened_at")

    def __init__(self, opened_at: float, cost: Cost) -> None:
        self.opened_at = opened_at
        self.cost = cost
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.abandoned = False

    def abandon(self) -> None:
        """Nobody waits any more: what has not been prepared is not scored."""
        self.abandoned = True
        self.answer.cancel()


class Scoring:
    """One pipeline for all requests, so that the records of different ones share batches. Lives on one event loop.

    Everything is answered by the whole model, however much waits: the same text and versions have the same scores
    here, in a topic and in `tidegate score`.

    Args:
        crash: called with the exception after which nothing is answered any more.
        traces: None: nobody asked for any.

    Raises:
        PolicyError: the policy file is wrong.
    """

    def __init__(
        self,
        settings: Settings,
        model: Model,
        crash: Callable[[BaseException], None],
        traces: Traces | None = None,
    ) -> None:
        self.model_version = model.engine.model_version
        self.max_record_bytes = settings.max_record_bytes
        self._model = model
        self._tasks: dict[str, Task[Any]] = {
            task.declaration.name: task for task in build_tasks(settings, model.artifact, enforces=False)
        }
        self._max_windows = settings.max_windows
        self._longest = model.artifact.manifest.max_tokens * settings.max_windows
        self._gate = AdmissionGate(settings.max_in_flight_records, TURNS_INSIDE * model.batch_tokens)
        self._most_waiting = model.in_flight_tokens
        self._waiting = 0
        self.answered = 0
        """Records that left the pipeline since the start."""
        self._inside: set[Place] = set()
        self._report_crash = crash
        self._traces = traces
        self._is_broken = False
        self._pipeline = Pipeline(
            settings.cache_size, settings.max_record_bytes, self._finish, crash=self._crash, from_kafka=False,
            desk=open_desk(settings), set_aside=self._set_aside, most_rest_s=0.0,
        )  # fmt: skip

    @property
    def pipeline(self) -> Pipeline:
        """For who reads what it counts."""
        return self._pipeline

    @property
    def tasks(self) -> frozenset[str]:
        return frozenset(self._tasks)

    @property
    def waiting_tokens(self) -> int:
        """Estimated, of what waits outside of the pipeline."""
        return self._waiting

    @property
    def in_flight(self) -> tuple[int, int]:
        """Records and estimated tokens in the pipeline."""
        return self._gate.records, self._gate.tokens

    @property
    def is_ready(self) -> bool:
        return not self._is_broken

    def oldest_age_s(self, now: float) -> float:
        """Of the oldest record in the pipeline; 0 where there is none."""
        return max((now - place.opened_at for place in self._inside), default=0.0)

    def start(self) -> None:
        """Call it on the loop."""
        deliver = self._pipeline.deliver
        self._pipeline.start(
            Activation.open(self._model, self._tasks, self._max_windows, deliver, depth=lambda: Depth.FULL)
        )

    async def answers(self, values: Iterable[bytes], task: str, deadline: float) -> list[Answer]:
        """The answers to the records of one request, in order: all, or none where there is no room.

        Args:
            deadline: monotonic seconds.

        Raises:
            Refusal: too much waits already, or the deadline passed; nothing of the request is scored from then on.
        """
        places: list[Place] = []
        try:
            for value in values:
                places.append(await self.submit(value, task, deadline, may_wait_long=bool(places)))
            return [await self.answer(place, deadline) for place in places]
        except BaseException:
            for place in places:
                place.abandon()
            raise

    async def submit(self, value: bytes, task: str, deadline: float, may_wait_long: bool = False) -> Place:
        """Puts a record into the pipeline as soon as there is room.

        Args:
            may_wait_long: waits however much waits already: for one who has no more than one record waiting.

        Raises:
            Refusal: as `answers`.
        """
        intake_at = time.monotonic()
        cost = Cost.of(len(value), self._longest)
        if intake_at >= deadline:
            raise too_late()
        if not self._gate.admit_now((cost,)):
            await self._wait_outside(cost, deadline, may_wait_long)
        place = Place(intake_at, cost)
        self._inside.add(place)
        raw = RawRecord("", 0, 0, None, value)
        activation = self._pipeline.active
        moments = Moments(intake_at, time.monotonic())
        trace = None if self._traces is None else self._traces.of_request_record(intake_at)
        work = Work(place, raw, activation, activation.tasks[task], moments, trace=trace)
        self._pipeline.push([work])
        return place

    async def _wait_outside(self, cost: Cost, deadline: float, may_wait_long: bool) -> None:
        if not may_wait_long and self._waiting + cost.tokens > max(self._most_waiting, cost.tokens):
            raise overloaded()
        self._waiting += cost.tokens
        try:
            async with asyncio.timeout_at(deadline):
                await self._gate.admit((cost,))
        except TimeoutError:
            raise too_late() from None
        finally:
            self._waiting -= cost.tokens

    async def answer(self, place: Place, deadline: float) -> Answer:
        """Raises Refusal if the deadline passes."""
        try:
            async with asyncio.timeout_at(deadline):
                return await place.answer
        except TimeoutError:
            place.abandon()
            raise too_late() from None

    def _set_aside(self, work: Work) -> None:
        place = work.ticket
        self._gate.yield_tokens(place.cost.tokens)
        place.cost = place.cost.unscored

    async def _finish(self, works: Sequence[Work]) -> None:
        self._pipeline.counts.settle(work for work in works if not work.is_abandoned)
        self.answered += len(works)
        for work in works:
            place = work.ticket
            self._gate.release((place.cost,))
            self._inside.discard(place)
            if not place.answer.done():
                place.answer.set_result(work.failure or work.outputs[0].value)
        if self._traces is not None and any(work.trace is not None for work in works):
            now = time.monotonic()
            await asyncio.to_thread(end_traces, works, now, now)

    def _crash(self, error: BaseException) -> None:
        self._is_broken = True
        self._give_up()
        self._report_crash(error)

    def _give_up(self) -> None:
        for place in self._inside:
            place.abandoned = True
            if not place.answer.done():
                place.answer.set_result(_GONE)
        self._inside.clear()

    async def stop(self) -> None:
        """Ends the pipeline; who still waits is told so."""
        self._is_broken = True
        self._give_up()
        await self._pipeline.stop()
