"""The tasks this service knows. A new one is a module beside this and a line in `REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from models.artifact import Artifact
from streams.policy import Policy
from streams.settings import Settings
from streams.tasks.base import Case, Decision, Moments, Origin, Parts, Rendered, Task
from streams.tasks.posts import PostsTask
from streams.tasks.symptoms import SymptomsTask

__all__ = ["REGISTRY", "Case", "Decision", "Moments", "Origin", "Parts", "Rendered", "Task", "build_tasks"]

REGISTRY: Final[Mapping[str, Callable[[Parts], Task[Any]]]] = {
    "posts": PostsTask.build,
    "symptoms": SymptomsTask.build,
}


def build_tasks(settings: Settings, artifact: Artifact, enforces: bool = True) -> list[Task[Any]]:
    """The tasks that the settings name.

    Args:
        enforces: False where verdicts are only read (`tidegate score`): no quota, and nothing kept in the
        data
            folder.

    Raises:
        PolicyError: the policy file is wrong.
    """
    state = settings.data_dir / f"state-{settings.topic_prefix}" if enforces else None
    parts = Parts(artifact, Policy.load(settings.policy), state, has_quota=enforces)
    return [REGISTRY[name](parts) for name in settings.tasks]
