"""What judges a worker's records: a model with its tasks, and beside it at times another for some of the authors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.serving.types import Depth
from streams.model import Model
from streams.pipeline.activation import Activation
from streams.pipeline.pipeline import Pipeline
from streams.tasks.base import Parts, Task
from streams.worker.allocator import trim_after


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that judges some of the authors beside the one that judges all others."""

    model: Model
    activation: Activation
    takes: Callable[[bytes | None], bool]


class Judging:
    """The active model, and the one that is tried. A change counts from the next record on. Lives on the event loop.

    Args:
        tasks: the task behind each input topic, by full topic name.
        depth: how much of a model answers what may be degraded.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        model: Model,
        tasks: Mapping[str, Task[Any]],
        max_windows: int,
        depth: Callable[[], Depth],
    ) -> None:
        self.model = model
        self.tasks = tasks
        self.tried: Tried | None = None
        self._pipeline = pipeline
        self._max_windows = max_windows
        self._depth = depth

    @property
    def max_tokens(self) -> int:
        """That the model reads of one record."""
        return self.model.artifact.manifest.max_tokens * self._max_windows

    def activation_of(self, key: bytes | None) -> Activation:
        """What judges a record with this key that comes now."""
        tried = self.tried
        return self._pipeline.active if tried is None or not tried.takes(key) else tried.activation

    def start(self) -> None:
        self._pipeline.start(self._open(self.model, self.tasks))

    def _open(self, model: Model, tasks: Mapping[str, Task[Any]]) -> Activation:
        return Activation.open(model, tasks, self._max_windows, self._pipeline.deliver, self._depth)

    def _activation(self, model: Model, tasks: Mapping[str, Task[Any]]) -> Activation:
        """Of a model that runs already with the engine that it has."""
        if model is self.model:
            return self._pipeline.active.with_tasks(tasks)
        if self.tried is not None and model is self.tried.model:
            return self.tried.activation.with_tasks(tasks)
        return self._open(model, tasks)

    async def _succeeding(self, parts: Parts) -> dict[str, Task[Any]]:
        names = dict(self.tasks)
        return {name: await self._pipeline.in_order(task.succeed, parts) for name, task in names.items()}

    async def activate(self, model: Model, parts: Parts) -> None:
        """From the next record on this model and these parts judge; what is in flight stays with the former ones, but
        for the limits of what both remember: there is one quota, and one history.

        Raises:
            Exception: whatever kept a task from being built; then nothing has changed.
        """
        tasks = await self._succeeding(parts)
        activation = self._activation(model, tasks)
        if model is not self.model:
            trim_after(self.model.engine)
        self._pipeline.switch(activation)
        self.model, self.tasks = model, tasks
        await self._pipeline.in_order(_adopt, list(tasks.values()))

    async def try_out(self, model: Model, parts: Parts, takes: Callable[[bytes | None], bool]) -> Activation:
        """From the next record on this model judges the records whose keys it takes, in place of one before it.

        What is remembered (authors, waves, the quota) is remembered of both together, as the active policy says.
        Raises what `activate` does.
        """
        tasks = await self._succeeding(parts)
        activation = self._activation(model, tasks)
        self._pipeline.place_beside(activation)
        self.tried = Tried(model, activation, takes)
        return activation

    def end_trial(self) -> None:
        """From the next record on the active model judges all of them again. What is in flight stays as it is."""
        tried, self.tried = self.tried, None
        if tried is not None:
            if tried.model is not self.model:
                trim_after(tried.model.engine)
            self._pipeline.place_beside(None)


def _adopt(tasks: Sequence[Task[Any]]) -> None:
    for task in tasks:
        task.adopt()
