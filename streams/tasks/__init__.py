"""The tasks that this service knows. A new one is a package beside these and its name in `REGISTRY`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.channels import SHARED, Channel
from streams.tasks.declaration import Declaration
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import SYMPTOMS

REGISTRY: Final = (POSTS, SYMPTOMS)


def declared() -> Mapping[str, Declaration]:
    """All tasks by name."""
    return {task.name: task for task in REGISTRY}


def channels() -> tuple[Channel, ...]:
    """What travels: the tasks' inputs, live and backfill, their outputs, what they remember, and what they share."""
    outputs = [channel for task in REGISTRY for channel in task.outputs]
    changelogs = [task.changelog for task in REGISTRY if task.changelog is not None]
    sightings = [task.sightings for task in REGISTRY if task.sightings is not None]
    inputs = [*(task.input for task in REGISTRY), *(task.backfill for task in REGISTRY)]
    return (*inputs, *outputs, *changelogs, *sightings, *SHARED)
