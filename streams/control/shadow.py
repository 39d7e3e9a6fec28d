"""A model on trial: it judges a share of the authors once more, for nobody but the comparison."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, ClassVar, Final

import orjson

from models.errors import TidegateError, place_of
from models.serving.types import Depth
from schemas import Comparison, Control
from schemas.comparison import Side
from schemas.verdicts import Source
from streams.control.candidate import Candidate
from streams.control.share import is_in_share
from streams.pipeline.activation import Activation, tasks_of
from streams.pipeline.pictures import pictures_of
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import Outgoing
from streams.settings import Settings
from streams.tasks.base import Moments, Task

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT: Final = 256
"""Records. What comes while so many wait is not compared: the trial gives way to the work."""

Publish = Callable[[Sequence[Outgoing]], Coroutine[Any, Any, None]]


@dataclass(slots=True, eq=False)
class _Judged:
    """A ticket of the trial: what was decided of the record."""

    side: Side
    verdict_id: str | None
    abandoned: ClassVar[bool] = False


class Shadow:
    """Has a pipeline of its own, and tasks that remember nothing. Lives on the event loop.

    Args:
        tasks: from `shadow_tasks`.
        trial: the change that began it; its `share` is of authors.
        publish: takes comparisons.
    """

    def __init__(
        self,
        settings: Settings,
        candidate: Candidate,
        tasks: Mapping[str, Task[Any]],
        trial: Control,
        publish: Publish,
    ) -> None:
        self.trial = trial
        self.candidate = candidate
        self._publish = publish
        self._in_flight = 0
        self._pipeline = Pipeline(0, settings.max_record_bytes, finish=self._compare, crash=self._break)
        self._activation = Activation.open(
            candidate.model, tasks, settings.max_windows, self._pipeline.deliver, depth=lambda: Depth.FULL
        )
        self._pipeline.start(self._activation)

    def offer(self, work: Work) -> None:
        """Takes a record that was judged, if its author is in the share and there is room.

        One with pictures is not compared: the trial does not look at any, and would judge other words.
        """
        if not is_in_share(work.raw.key, self.trial.share or 0.0) or self._in_flight >= MAX_IN_FLIGHT:
            return
        if pictures_of(work):
            return
        judged = _said(work)
        if judged is None:
            return
        self._in_flight += 1
        now = time.monotonic()
        task = self._activation.tasks[work.task.declaration.name]
        self._pipeline.push([Work(_Judged(*judged), work.raw, self._activation, task, Moments(now, now))])

    async def _compare(self, works: Sequence[Work]) -> None:
        self._in_flight -= len(works)
        try:
            await self._publish([outgoing for work in works for outgoing in self._comparison(work)])
        except TidegateError as error:
            logger.warning("comparisons of a trial are lost: %s", error)

    def _comparison(self, work: Work) -> list[Outgoing]:
        said = _said(work)
        if said is None:
            return []
        side, raw = said[0], work.raw
        place = f"{raw.topic}\0{raw.partition}\0{raw.offset}\0{work.ticket.side.model_version}\0{side.model_version}"
        comparison = Comparison(
            id=blake2b(place.encode(), digest_size=16).hexdigest(),
            task=work.task.declaration.name,
            revision=self.trial.revision,
            source=Source(topic=raw.topic, partition=raw.partition, offset=raw.offset),
            verdict=work.ticket.verdict_id,
            lang=None if work.rendered is None else work.rendered.lang,
            active=work.ticket.side,
            candidate=side,
        )
        return [Outgoing("comparisons", None, comparison.model_dump_json().encode(), raw.partition)]

    def _break(self, error: BaseException) -> None:
        """The work goes on: nothing waits for the trial."""
        logger.error("the model on trial stopped: %s", place_of(error))
        self._in_flight = MAX_IN_FLIGHT

    async def stop(self) -> None:
        await self._pipeline.stop()


def shadow_tasks(settings: Settings, candidate: Candidate) -> dict[str, Task[Any]]:
    """By name. They remember nothing and have no quota. Reads files: run it in a thread."""
    parts = replace(candidate.parts, state=None, has_quota=False)
    return {task.declaration.name: task for task in tasks_of(settings, parts)}


def _said(work: Work) -> tuple[Side, str | None] | None:
    """A side, and the verdict's `id` if there is a verdict. None where the record was not judged: nobody waits for it
    any more.
    """
    if work.is_abandoned or not work.outputs:
        return None
    activation = work.activation
    if work.failure is not None:
        side = Side(
            model_version=activation.model_version,
            policy_version=work.task.policy_version,
            has_verdict=False,
            action=None,
            labels=[],
            level=None,
            inferred_ms=None,
        )
        return side, None
    verdict = orjson.loads(work.outputs[0].value or b"")
    urgency = verdict.get("urgency")
    side = Side(
        model_version=verdict["model_version"],
        policy_version=verdict["policy_version"],
        has_verdict=True,
        action=verdict.get("action"),
        labels=verdict.get("labels", []),
        level=None if urgency is None else urgency["level"],
        inferred_ms=verdict["timings_ms"]["inferred"],
    )
    return side, verdict["id"]
