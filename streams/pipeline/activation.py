"""What a record is judged with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from models.artifact import Artifact
from models.serving.reader import Reader
from models.serving.reading import TEXT, Reading
from models.serving.scheduler import BatchScheduler
from models.serving.stats import Stats
from models.serving.types import Depth, Item, Outcome
from streams.model import Model, new_batcher
from streams.policy import Policy
from streams.settings import Settings, SettingsError
from streams.settings.fields import read_key
from streams.tasks import declared
from streams.tasks.base import Parts, RuleFile, Task
from streams.tasks.posts.author_key import secret_of


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
    depth: Callable[[], Depth] = lambda: Depth.FULL
    """How much of the model answers what may be degraded."""

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
        text = Modality(Reader(model.encoder, max_windows, model.skims), scheduler)
        return cls({TEXT: text}, model.engine.model_version, tasks, depth)

    @property
    def is_hurried(self) -> bool:
        """Under overload: what may be left out is."""
        return self.depth() is not Depth.FULL

    def reader_of(self, reading: Reading) -> Encodes:
        return self.modalities[reading.modality].reader

    def scheduler_of(self, reading: Reading) -> Scorer:
        return self.modalities[reading.modality].scheduler

    def with_tasks(self, tasks: Mapping[str, Task[Any]]) -> Activation:
        """The same model, and the engine's threads that run already, under other tasks."""
        return replace(self, tasks=tasks)

    async def stop(self, spare: Sequence[Modality] = ()) -> None:
        """Ends the engines' threads, but for those that are spared. What is still with them is given up."""
        for modality in self.modalities.values():
            if modality not in spare:
                await modality.scheduler.stop()


def build_tasks(settings: Settings, artifact: Artifact, enforces: bool = True) -> list[Task[Any]]:
    """The tasks that the settings name, under the policy that they name.

    Args:
        enforces: False where verdicts are only read (`tidegate score`): no quota, and nothing kept in the data
            folder.

    Raises:
        PolicyError: the policy file is wrong.
        ArtifactError: the policy goes by an operating point that the model lacks.
    """
    return tasks_of(settings, parts_of(settings, artifact, Policy.load(settings.policy), enforces))


def parts_of(settings: Settings, artifact: Artifact, policy: Policy, enforces: bool = True) -> Parts:
    """What tasks are built from, for `enforces` see above.

    Raises:
        ArtifactError: the policy goes by an operating point that the model lacks.
        SettingsError: the key of the authors' hashes, or a file of rules, cannot be read.
    """
    state = state_folder(settings) if enforces else None
    rules = _rules_in_force(settings)
    return Parts(
        artifact,
        policy,
        _version_in_force(policy, artifact, settings, rules),
        state,
        author_state=settings.author_state,
        author_secret=_author_secret(settings),
        shares_waves=settings.shared_waves == "on",
        has_quota=enforces,
        rules=rules,
        review_share=settings.review_share,
    )


def _author_secret(settings: Settings) -> bytes | None:
    """Raises SettingsError: the file is not there any more."""
    if settings.author_key_file is None:
        return None
    try:
        return secret_of(read_key(settings.author_key_file))
    except ValueError as error:
        raise SettingsError(f"{error}.") from None


def tasks_of(settings: Settings, parts: Parts) -> list[Task[Any]]:
    """The tasks that the settings name."""
    tasks = declared()
    return [tasks[name].build(parts) for name in settings.tasks]


def state_folder(settings: Settings) -> Path:
    """Where workers of these topics keep what they know over restarts."""
    return settings.data_dir / f"state-{settings.topic_prefix}"


def _rules_in_force(settings: Settings) -> dict[str, RuleFile]:
    """The files of all tasks' own rules, by name. Raises SettingsError: one cannot be read."""
    shipped = {name: path for task in declared().values() for name, path in task.rules.items()}
    named = Settings.model_fields.keys()
    paths = {name: getattr(settings, name) if name in named else path for name, path in shipped.items()}
    return {name: _read(name, path) for name, path in paths.items()}


def _read(name: str, path: Path) -> RuleFile:
    try:
        return RuleFile.read(path)
    except OSError as error:
        raise SettingsError(f"The file of the {name}, {path}, cannot be read: {error.strerror or error}.") from None


def _version_in_force(policy: Policy, artifact: Artifact, settings: Settings, rules: Mapping[str, RuleFile]) -> str:
    """Covers what fills the policy (the model's operating point), the tasks' own rules, and how a text is read.

    With a cascade a long post's clean windows have the scores of the early exit, and the post those of both: then the
    model's version says nothing of it.
    """
    cascade = {"cascade": "on"} if settings.cascade == "on" else {}
    return policy.version_with(
        point=artifact.operating_point(policy.posts.operating_point).model_dump(),
        max_windows=settings.max_windows,
        package=version("tidegate"),
        **cascade,
        **{name: one.digest for name, one in rules.items()},
    )
