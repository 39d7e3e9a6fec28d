"""The tasks this service knows. A new one is a module beside this and a line in `REGISTRY`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from streams.tasks.base import Case, Decision, Moments, Origin, Parts, Rendered, Task
from streams.tasks.posts import PostsTask
from streams.tasks.symptoms import SymptomsTask

__all__ = ["REGISTRY", "Case", "Decision", "Moments", "Origin", "Parts", "Rendered", "Task", "build_tasks"]

REGISTRY: Final[Mapping[str, Callable[[Parts], Task[Any]]]] = {
    "posts": PostsTask.build,
    "symptoms": SymptomsTask.build,
}


def build_tasks(names: Sequence[str], parts: Parts) -> dict[str, Task[Any]]:
    """Raises KeyError for a name that is not in the registry (the settings check it before)."""
    return {name: REGISTRY[name](parts) for name in names}
