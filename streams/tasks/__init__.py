"""The tasks this service knows. A new one is a module beside this and a line in `REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

from models.artifact import Artifact
from streams.policy import Policy
from streams.settings import Settings
from streams.tasks.base import Case, Decision, Moments, Origin, Parts, Rendered, Task
from streams.tasks.posts.task import PostsTask
from streams.tasks.symptoms.assessment import rule_files
from streams.tasks.symptoms.task import SymptomsTask

__all__ = ["REGISTRY", "Case", "Decision", "Moments", "Origin", "Parts", "Rendered", "Task", "build_tasks"]

REGISTRY: Final[Mapping[str, Callable[[Parts], Task[Any]]]] = {
    "posts": PostsTask.build,
    "symptoms": SymptomsTask.build,
}


def build_tasks(settings: Settings, artifact: Artifact, enforces: bool = True) -> list[Task[Any]]:
    """The tasks that the settings name.

    Args:
        enforces: False where verdicts are only read (`tidegate score`): no quota, and nothing kept in the data
            folder.

    Raises:
        PolicyError: the policy file is wrong.
    """
    state = settings.data_dir / f"state-{settings.topic_prefix}" if enforces else None
    policy = Policy.load(settings.policy)
    parts = Parts(artifact, policy, _version_in_force(policy, artifact, settings), state, enforces, settings.protocol)
    return [REGISTRY[name](parts) for name in settings.tasks]


def _version_in_force(policy: Policy, artifact: Artifact, settings: Settings) -> str:
    """Covers what fills the policy (the model's thresholds), the rules of triage, and how a text is read."""
    return policy.version_with(
        thresholds=artifact.manifest.thresholds,
        triage=[path.read_text("utf-8") for path in rule_files(settings.protocol)],
        max_windows=settings.max_windows,
        package=version("tidegate"),
    )
