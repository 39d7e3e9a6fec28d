"""The diary of a run: what the topics do not tell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from load.faults.observing import Sample


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the diary. `at`: seconds since the epoch."""

    at: float
    what: str


@dataclass
class Diary:
    """What happened in a run, as far as the topics do not tell."""

    events: list[Event] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)
    kills: list[float] = field(default_factory=list)
    """When a worker was killed or ended by itself, so that somebody had to take over."""
    stretches: dict[str, tuple[float, float]] = field(default_factory=dict)
    """From when to when something was so, by name: what is sent then is looked at by itself."""

    def note(self, what: str) -> None:
        self.events.append(Event(time.time(), what))

    def add(self, fact: str, value: float = 1) -> None:
        self.facts[fact] = self.facts.get(fact, 0) + value

    def most(self, fact: str, value: float) -> None:
        """Keeps the largest."""
        self.facts[fact] = max(self.facts.get(fact, value), value)

    @contextmanager
    def stretch(self, name: str) -> Iterator[None]:
        """It is so while the block runs."""
        began = time.time()
        yield
        self.stretches[name] = began, time.time()
