"""What a record is judged with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol

from models.artifact import Artifact
from models.serving.reader import Reader
from models.serving.reading import TEXT, Reading
from models.serving.scheduler import BatchScheduler
from models.serving.stats import Stats
from models.serving.types import Depth, Item, Outcome
from streams.model import Model, new_batcher
from streams.policy import Policy
from streams.settings import Settings
from streams.tasks import declared
from streams.tasks.base import Parts, Task


class Scorer(Protocol):
    """What the pipeline calls of a BatchScheduler."""

    def submit(self, items: Sequence[Item]) -> None: ...

    def stats(self) -> Stats: ...

    async def stop(self) -> None: ...


class Encodes(Protocol):
    """What the pipeline calls of a Reader."""

    def encode(self, readings: Sequence[Reading]) -> None: ...

    def needs_refining(self, reading: Reading) -> bool: ...

    def refined(self, reading: Reading) -> list[Reading]: ...


@dataclass(frozen=True, slots=True)
class Modality:
    """Who encodes and who scores readings of one kind."""

    reader: Encodes
    scheduler: Scorer


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """Frozen. A record carries the one that it was taken in under, from intake to verdict, so two can live side by
    side while one takes over from the other. What outlives it (author history, waves, the quota) is its tasks' memory.
    """

    modalities: Mapping[str, Modality]
    """By `Reading.modality`."""
    model_version: str
    """As served, with the precision: equal texts have equal scores under it, whatever the policy."""
    tasks: Mapping[str, Task[Any]]
    """By what the caller reads their records from: the name of a topic, for a worker."""

    @classmethod
    def open(
        cls,
        model: Model,
        tasks: Mapping[str, Task[Any]],
        max_windows: int,
        deliver: Callable[[Sequence[Outcome]], None],
        depth: Callable[[], Depth],
    ) -> Activation:
        """Starts the engine's threads. Call it on the loop on which `deliver` is to be called."""
        scheduler = BatchScheduler(model.engine, new_batcher(model), deliver, depth)
        scheduler.start(asyncio.get_running_loop())
        text = Modality(Reader(model.encoder, max_windows), scheduler)
        return cls({TEXT: text}, model.engine.model_version, tasks)

    def reader_of(self, reading: Reading) -> Encodes:
        return self.modalities[reading.modality].reader

    def scheduler_of(self, reading: Reading) -> Scorer:
        return self.modalities[reading.modality].scheduler

    async def stop(self) -> None:
        """Ends the engines' threads. What is still with them is given up."""
        for modality in self.modalities.values():
            await modality.scheduler.stop()


def build_tasks(
    settings: Settings, artifact: Artifact, enforces: bool = True, remembers: bool = True
) -> list[Task[Any]]:
    """The tasks that the settings name.

    Args:
        enforces: False where verdicts are only read (`tidegate score`): no quota, and nothing kept in the data
            folder.
        remembers: False where the records are old ones that come once more: nothing is kept in the data folder.

    Raises:
        PolicyError: the policy file is wrong.
        ArtifactError: the policy goes by an operating point that the model lacks.
    """
    state = settings.data_dir / f"state-{settings.topic_prefix}" if enforces and remembers else None
    policy = Policy.load(settings.policy)
    parts = Parts(artifact, policy, _version_in_force(policy, artifact, settings), state, enforces, settings.protocol)
    tasks = declared()
    return [tasks[name].build(parts) for name in settings.tasks]


def _version_in_force(policy: Policy, artifact: Artifact, settings: Settings) -> str:
    """Covers what fills the policy (the model's operating point), the tasks' own rules, and how a text is read."""
    rules = {name: path for task in declared().values() for name, path in task.rules.items()}
    rules["protocol"] = settings.protocol
    return policy.version_with(
        point=artifact.operating_point(policy.posts.operating_point).model_dump(),
        max_windows=settings.max_windows,
        package=version("tidegate"),
        **{name: path.read_text("utf-8") for name, path in rules.items()},
    )
