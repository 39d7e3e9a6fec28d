"""What a task tells about itself, once, for all who need to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from models.serving.question import Question
from schemas.base import Record
from schemas.channels import Channel

if TYPE_CHECKING:
    from streams.tasks.base import Parts, Task


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """Settings, topics, schemas, client, commands and evaluation read it, so it loads none of the task's code."""

    input: Channel
    """Its kind is the task's name, too."""
    key_field: str
    """The field of a record that is its message's key."""
    outputs: tuple[Channel, ...]
    """The first gets a verdict for every record. Alerts and dead letters belong to all tasks."""
    question: Question
    build: Callable[[Parts], Task[Any]]
    reads_pictures: bool = False
    """Whether text in pictures is judged like the record's own."""
    actions: tuple[str, ...] = ("none",)
    """What a verdict may say to do, in metrics."""
    rules: Mapping[str, Path] = field(default_factory=dict)
    """By name: files beside the policy that decide; a setting of that name names another. The policy's version covers
    them."""
    changelog: Channel | None = None
    """Where the task writes what it remembers of a partition, for whoever takes that over; compacted."""

    sightings: Channel | None = None
    """Where workers tell each other what they saw, keyed by what is alike, so that one of them sees all of it."""

    @property
    def name(self) -> str:
        """In settings, on the command line and as `task` of a verdict."""
        return self.input.kind

    @property
    def backfill(self) -> Channel:
        """The same records, where nobody waits for the verdict: they go behind those of `input`."""
        about = f"{self.input.about.rstrip('.')} again, behind what comes in live: `tidegate backfill` writes there."
        return replace(self.input, kind=f"{self.name}-backfill", about=about)

    @property
    def record(self) -> type[Record]:
        return cast(type[Record], self.input.message)
