"""What is tried beside the model that judges: nothing, a model for the comparison, or one for a share of authors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from schemas import Control
from schemas.control import GUARDS
from schemas.event import Breach
from streams.control.canary import Canary, takes
from streams.control.candidate import Candidate
from streams.control.change import roll_back
from streams.control.shadow import Shadow, shadow_tasks
from streams.errors import ClientError
from streams.kafka.outage import TRY_AGAIN_S
from streams.model import Model
from streams.pipeline.activation import Activation
from streams.pipeline.work import Work
from streams.record import Outgoing
from streams.settings import Settings
from streams.tasks.base import Parts

logger = logging.getLogger(__name__)

Load = Callable[[Control, Sequence[Candidate]], Awaitable[Candidate]]
"""Of a trial's entry, with what is loaded already."""
RollBack = Callable[[Settings, Control, Breach, str], Awaitable[Control]]
"""See `change.roll_back`."""


class Tries(Protocol):
    """What is asked of the service."""

    async def try_out(self, model: Model, parts: Parts, takes: Callable[[bytes | None], bool]) -> Activation: ...

    def end_trial(self) -> None: ...

    async def publish(self, messages: Sequence[Outgoing]) -> None: ...

    def observe(self, observer: Callable[[Work], None] | None) -> None: ...


class Trying:
    """At most one trial. Lives on the event loop."""

    def __init__(self, settings: Settings, roll_back: RollBack = roll_back) -> None:
        self._settings = settings
        self._roll_back = roll_back
        self._roll_back_at = 0.0
        self._trial: Shadow | Canary | None = None
        self.breaches: Counter[str] = Counter(dict.fromkeys(GUARDS, 0))
        """Canaries that were ended here, by guard, since the start."""

    def join(self, service: Tries) -> None:
        self._service = service

    @property
    def entry(self) -> Control | None:
        """What began the trial that there is."""
        return None if self._trial is None else self._trial.trial

    @property
    def known(self) -> list[Candidate]:
        """What is loaded for it."""
        return [] if self._trial is None else [self._trial.candidate]

    @property
    def share(self) -> float:
        """Of the authors that a candidate judges on this worker; 0: none."""
        return self._trial.share if isinstance(self._trial, Canary) else 0.0

    @property
    def breach(self) -> Breach | None:
        """Of a guard that has ended the canary here, while the topic does not say so."""
        return self._trial.breach if isinstance(self._trial, Canary) else None

    def stays_ended(self, entry: Control | None) -> bool:
        """Whether it is a degree of the canary that a guard has ended here: that counts for every degree."""
        trial = self._trial
        if trial is None or entry is None or self.breach is None or not self._is_next(entry):
            return False
        trial.trial = entry
        return True

    def _is_next(self, entry: Control | None) -> bool:
        """Whether the canary goes on with the same model, at this degree or another."""
        former = self._trial.trial if isinstance(self._trial, Canary) else None
        if entry is None or former is None:
            return False
        return entry.active and entry.judges and entry.digest == former.digest

    async def take(self, entry: Control | None, load: Load) -> None:
        """Begins what the entry names, in place of what there is. A canary whose model stays goes on meanwhile.

        Raises:
            Exception: whatever loading raised; nothing is tried then.
        """
        known = self.known
        if not self._is_next(entry):
            await self.end()
        if entry is None or not entry.active:
            return
        try:
            trial = await self._begun(entry, await load(entry, known))
        except Exception:
            await self.end()
            raise
        if self.stays_ended(entry):  # a guard broke while the next degree was loaded
            self._service.end_trial()
            return
        self._trial = trial
        self._service.observe(trial.offer)

    async def _begun(self, entry: Control, candidate: Candidate) -> Shadow | Canary:
        if entry.judges:
            activation = await self._service.try_out(candidate.model, candidate.parts, takes(entry))
            return Canary(candidate, entry, activation, self._broken)
        tasks = await asyncio.to_thread(shadow_tasks, self._settings, candidate)
        return Shadow(self._settings, candidate, tasks, entry, self._service.publish)

    def _broken(self, breach: Breach) -> None:
        self.breaches[breach.guard] += 1
        self._service.end_trial()

    async def end(self) -> None:
        trial, self._trial = self._trial, None
        if trial is None:
            return
        self._service.observe(None)
        if isinstance(trial, Canary):
            self._service.end_trial()
        else:
            await trial.stop()

    async def stop(self) -> None:
        """Before the worker ends. A canary goes on to the last record that it takes in."""
        if isinstance(self._trial, Shadow):
            await self.end()

    async def write_end(self, worker: str) -> None:
        """Writes to the topic that a guard has ended the canary. To be called until the topic says so."""
        now, entry, breach = time.monotonic(), self.entry, self.breach
        if entry is None or breach is None or now < self._roll_back_at:
            return
        self._roll_back_at = now + TRY_AGAIN_S
        try:
            await self._roll_back(self._settings, entry, breach, worker)
        except ClientError as error:
            logger.warning("the end of the canary is not written by this worker: %s", error)
