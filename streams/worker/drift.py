"""Drift: whether what came within the last day is still distributed like what came in a day of reference."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from models.errors import TidegateError
from schemas.event import Drift
from streams.control.events import new_event, outgoing
from streams.health.traits import Key, Profile, stability_index
from streams.pipeline.activation import state_folder
from streams.settings import Settings
from streams.worker.drift_memory import DriftMemory
from streams.worker.service import Service

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 300.0
ENOUGH: Final = 2000
"""Verdicts in a window. By chance alone the index of twelve bands is then 0.011 on average."""
LIMIT: Final = 0.25
"""Of the index. What was told is told again once it has been below the half of it."""


class Watcher:
    """Compares. Call `look` in a thread, one call at a time: it reads and writes a file.

    The first day from which there are enough verdicts is the reference, of each task and trait. It is kept over
    restarts and shared by the processes of a host; another model has a new one for its scores.
    """

    def __init__(self, path: Path) -> None:
        self.indices: dict[Key, float] = {}
        """Of what can be told; replaced as a whole, so any thread may read it."""
        self._memory = DriftMemory(path)
        self._counted: Profile = {}
        self._told: set[Key] = set()

    @classmethod
    def of(cls, settings: Settings) -> Watcher:
        return cls(state_folder(settings) / "drift.json")

    def look(self, model_version: str, counted: Profile, now: float) -> list[Drift]:
        """What has drifted since the last look.

        Args:
            model_version: of the model that judges.
            counted: sums since the start of the process.
            now: seconds since 1970.
        """
        new = {key: _less(bands, self._counted.get(key)) for key, bands in counted.items()}
        self._counted = counted
        self._memory.judged_by(model_version)
        self._memory.share()
        self._memory.add(new, now)
        self.indices = dict(self._compared(now))
        self._memory.save()
        return [self._drift(key, index) for key, index in self.indices.items() if self._is_news(key, index)]

    def _compared(self, now: float) -> Iterator[tuple[Key, float]]:
        for key, window in self._memory.window().items():
            if sum(window) >= ENOUGH and self._memory.is_a_day(key, now):
                reference = self._memory.reference(key) or self._memory.learn(key, window, now)
                yield key, stability_index(reference.bands, window)

    def _is_news(self, key: Key, index: float) -> bool:
        if index < LIMIT / 2:
            self._told.discard(key)
        if index <= LIMIT or key in self._told:
            return False
        self._told.add(key)
        return True

    def _drift(self, key: Key, index: float) -> Drift:
        task, trait = key
        reference = self._memory.reference(key)
        assert reference is not None
        since = datetime.fromtimestamp(reference.learned_at, UTC)
        return Drift(task=task, trait=trait, index=round(index, 4), limit=LIMIT, reference_at=since)


def _less(bands: Sequence[int], former: Sequence[int] | None) -> Sequence[int]:
    return bands if former is None else [one - other for one, other in zip(bands, former, strict=True)]


async def watch_drift(watcher: Watcher, service: Service, group: str, worker: str | None) -> None:
    """Looks every few minutes, for as long as the worker lives; says what it finds in the log.

    Args:
        worker: its name on the topic of events; None: it does not write there.
    """
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        pipeline = service.pipeline
        counted, model_version = pipeline.counts.traits.profile(), pipeline.active.model_version
        found = await asyncio.to_thread(watcher.look, model_version, counted, time.time())
        for drift in found:
            logger.warning("%s of %s has drifted: index %.2f, above %.2f", drift.trait, drift.task, drift.index, LIMIT)
        if found and worker is not None:
            await _tell(service, found, group, worker)


async def _tell(service: Service, found: Sequence[Drift], group: str, worker: str) -> None:
    events = [new_event("drifted", None, group=group, worker=worker, drift=drift) for drift in found]
    try:
        await service.publish([outgoing(event) for event in events])
    except TidegateError as error:
        logger.warning("a drift is not told on the topic of events: %s", error)
