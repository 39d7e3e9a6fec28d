"""Keeps a worker at what the control topic says, and says on the events topic what became of each change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from schemas import Control
from streams.control.candidate import Candidate, load_candidate, refusal, state_file
from streams.control.events import worker_name
from streams.control.guards import sentence
from streams.control.state import CANDIDATE, DEFAULT, FORMER, State
from streams.control.telling import Telling
from streams.control.topic import ControlTopic, Said
from streams.control.trying import Tries, Trying
from streams.errors import ClientError, TidegateError
from streams.kafka.outage import Outage
from streams.model import Model
from streams.settings import Settings
from streams.tasks.base import Parts

logger = logging.getLogger(__name__)

LOAD_TIMEOUT_S: Final = 900.0


class Switched(Tries, Protocol):
    """What the follower asks of the service."""

    async def activate(self, model: Model, parts: Parts) -> None:
        """Raises whatever keeps it from being done; then nothing has changed."""

    def enable(self, names: Collection[str]) -> None: ...


class Follower:
    """`begin`, `join`, then `follow` for as long as the worker lives. Lives on the event loop; loads in a thread."""

    def __init__(self, settings: Settings, topic: ControlTopic | None = None, trying: Trying | None = None) -> None:
        self.name = worker_name()
        self.trying = trying or Trying(settings)
        self._settings = settings
        self._topic = topic or ControlTopic(settings)
        self._state = State()
        self._telling = Telling(settings, self.name, self._state)
        self._is_caught_up = False
        self._read_at = time.monotonic()
        self._outage = Outage(
            lambda error: logger.warning("the control topic is away (%s): going on with what is active", error)
        )

    def age_s(self, now: float) -> float:
        """Since the topic was last read, or since the start: so long ago is what this worker goes by. `now`: of the
        monotonic clock.
        """
        return now - self._read_at

    async def begin(self) -> Candidate:
        """What to judge with: what the topic says, or the disk where it is away.

        Raises:
            TidegateError: the topic is away and the disk knows nothing, or nothing that is named can be loaded.
        """
        await self._learn()
        first: Exception | None = None
        for model, policy in self._state.pairs():
            try:
                candidate = await self._load(model, policy)
            except Exception as error:  # noqa: BLE001  whatever it is, the next choice may load
                first = first or error
                logger.warning("not taken: %s", refusal(error))
            else:
                self._begun(candidate, first)
                return candidate
        assert first is not None
        raise first

    async def _learn(self) -> None:
        path = state_file(self._settings)
        try:
            said = await self._topic.read_to_end()
        except ClientError as error:
            known = await asyncio.to_thread(State.load, path)
            if known is None:
                raise
            logger.warning("the control topic is away (%s): going by its last known state", error)
            for remembered in known:
                self._state.put(remembered.key, remembered)
        else:
            for key, entry in said:
                self._state.put(key, entry)
            self._is_caught_up, self._read_at = True, time.monotonic()
            await self._save()

    def _begun(self, candidate: Candidate, error: Exception | None) -> None:
        """What the topic names and was not taken is refused, for the reason that came first."""
        self._telling.running = candidate
        wanted = (self._state.get(f"{kind}/{DEFAULT}") for kind in ("model", "policy"))
        for entry in wanted:
            if entry is not None and entry not in candidate.entries and error is not None:
                self._telling.refuse(entry, refusal(error))
        self._telling.tell("running", None)

    async def join(self, service: Switched) -> None:
        """Before the first record is read: from now on this service is the one that is switched.

        A canary is loaded here and not later: it was judging the authors of its share before.
        """
        self._service = service
        self.trying.join(service)
        service.enable(self._state.enabled(self._settings.tasks))
        if self._state.trial is not None and self._state.trial.judges:
            await self._try(self._state.trial)

    async def follow(self) -> None:
        """Never returns. What goes wrong with the topic is tried again; the worker goes on with what it has."""
        if self._state.trial is not None and not self._state.trial.judges:
            await self._try(self._state.trial)
        while True:
            await self._end_broken()
            await self._telling.publish(self._service)
            try:
                said = await self._topic.read() if self._is_caught_up else await self._caught_up()
            except ClientError as error:
                await self._outage.wait(error)
                continue
            self._outage.end()
            self._read_at = time.monotonic()
            for key, entry in said:
                await self._take(key, entry)
                await self._telling.publish(self._service)

    async def _caught_up(self) -> list[Said]:
        """After a start without the topic: what stands there now counts, and not how it came to that."""
        now = dict(await self._topic.read_to_end())
        self._is_caught_up = True
        return [*((entry.key, None) for entry in self._state if entry.key not in now), *now.items()]

    async def _take(self, key: str, entry: Control | None) -> None:
        former = self._state.get(key)
        if entry == former:
            return
        is_kept = key.endswith(f"/{FORMER}")  # of what was refused no former one is kept
        if entry is not None and former is not None and entry.expected != former.revision and not is_kept:
            logger.warning("revision %d of %s replaces revision %d unseen", entry.revision, key, former.revision)
        self._state.put(key, entry)
        await self._save()
        kind, _, name = key.partition("/")
        if kind == "task":
            self._service.enable(self._state.enabled(self._settings.tasks))
            self._telling.tell("activated", entry)
        elif name == DEFAULT:
            await self._switch(kind, entry)
        elif key == f"model/{CANDIDATE}":
            await self._try(entry)
        elif name != FORMER:
            logger.warning("%s means nothing to this version", key)

    async def _switch(self, kind: str, entry: Control | None) -> None:
        running = self._telling.running
        assert running is not None
        model = entry if kind == "model" else running.model_entry
        policy = entry if kind == "policy" else running.policy_entry
        try:
            candidate = await self._load(model, policy, [running, *self.trying.known])
            await self._service.activate(candidate.model, candidate.parts)
        except Exception as error:  # noqa: BLE001  whatever it is, the one that runs goes on
            if entry is None:
                logger.warning("%s is no longer named, and the settings' cannot be taken: %s", kind, refusal(error))
            else:
                self._telling.refuse(entry, refusal(error))
            self._telling.tell("running", None)
            return
        self._telling.running = candidate
        self._telling.refused.pop(f"{kind}/{DEFAULT}", None)
        logger.info("active: model %s, policy %s", candidate.model.artifact.version, candidate.parts.policy_version)
        self._telling.tell("activated", entry)
        self._telling.tell("running", None)
        if kind == "policy" and self.trying.entry is not None:
            await self._try(self.trying.entry)
        other = f"{'model' if kind == 'policy' else 'policy'}/{DEFAULT}"
        if (waiting := self._telling.refused.get(other)) is not None and waiting == self._state.get(other):
            await self._switch(waiting.kind, waiting)  # refused beside what is replaced now

    async def _try(self, entry: Control | None) -> None:
        """Lets a model judge beside the one that is active, or ends that."""
        if self.trying.stays_ended(entry):
            return  # `_end_broken` tells
        running = self._telling.running
        assert running is not None
        self._telling.refused.pop(f"model/{CANDIDATE}", None)
        try:
            await self.trying.take(
                entry, lambda wanted, known: self._load(wanted, running.policy_entry, [running, *known])
            )
        except Exception as error:  # noqa: BLE001  whatever it is, the work goes on without it
            assert entry is not None
            self._telling.refuse(entry, refusal(error))
        else:
            self._telling.tell("activated", entry)
        self._telling.tell("running", None)

    async def _end_broken(self) -> None:
        """Tells of a canary that a guard has ended here, and asks every other worker to end it too."""
        entry, breach = self.trying.entry, self.trying.breach
        if entry is None or breach is None:
            return
        if self._telling.refused.get(entry.key) != entry:
            self._telling.refuse(entry, sentence(breach))
            self._telling.tell("running", None)
            await self._telling.publish(self._service)
        await self.trying.write_end(self.name)

    async def _load(self, model: Control | None, policy: Control | None, known: Sequence[Candidate] = ()) -> Candidate:
        loading = asyncio.to_thread(load_candidate, self._settings, model, policy, *known)
        try:
            return await asyncio.wait_for(loading, LOAD_TIMEOUT_S)
        except TimeoutError:
            raise TidegateError(f"It was not loaded within {LOAD_TIMEOUT_S:g} s.") from None

    async def _save(self) -> None:
        try:
            await asyncio.to_thread(self._state.save, state_file(self._settings))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            logger.warning("the state of the control topic is not saved: %s", reason)

    async def stop(self) -> None:
        await self.trying.stop()
        await self._topic.close()
