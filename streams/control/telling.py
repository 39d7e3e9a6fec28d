"""What a worker says on the events topic: what became of each change, and what it runs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from schemas import Control, Event
from schemas.event import Running
from streams.control.candidate import Candidate
from streams.control.events import EventKind, new_event, outgoing, revisions
from streams.control.state import CANDIDATE, State
from streams.errors import TidegateError
from streams.record import Outgoing
from streams.settings import Settings

logger = logging.getLogger(__name__)


class Publishes(Protocol):
    """What is asked of the service."""

    async def publish(self, messages: Sequence[Outgoing]) -> None: ...


class Telling:
    """Gathers events until they can be published. Lives on the event loop.

    Args:
        name: of the worker.
        state: what the control topic says; read whenever something is told.
    """

    def __init__(self, settings: Settings, name: str, state: State) -> None:
        self.running: Candidate | None = None
        self.refused: dict[str, Control] = {}
        """By key."""
        self._settings = settings
        self._name = name
        self._state = state
        self._events: list[Event] = []

    def refuse(self, entry: Control, reason: str) -> None:
        logger.warning("revision %d of %s is refused: %s", entry.revision, entry.key, reason)
        self.refused[entry.key] = entry
        self.tell("refused", entry, reason)

    def tell(self, kind: EventKind, entry: Control | None, reason: str | None = None) -> None:
        if kind == "activated" and entry is None:
            return  # a key was deleted: what runs now is told
        group, running = self._settings.group, self._running_now()
        self._events.append(new_event(kind, entry, group=group, worker=self._name, reason=reason, running=running))

    def _running_now(self) -> Running | None:
        if self.running is None:
            return None
        tasks = self._settings.tasks
        spoken = [entry for name in tasks if (entry := self._state.get(f"task/{name}")) is not None]
        tried = self._state.get(f"model/{CANDIDATE}")
        if tried is not None and tried not in self.refused.values():
            spoken.append(tried)
        return Running(
            model_version=self.running.model.engine.model_version,
            policy_version=self.running.parts.policy_version,
            tasks=self._state.enabled(tasks),
            revisions=revisions([*self.running.entries, *spoken]),
            refused=revisions(self.refused.values()),
        )

    async def publish(self, service: Publishes) -> None:
        """What cannot be published is tried again with what comes next."""
        if not self._events:
            return
        try:
            await service.publish([outgoing(event) for event in self._events])
        except TidegateError as error:
            logger.warning("what became of a change is not told yet: %s", error)
        else:
            self._events.clear()
