"""What one process shows of itself on its port for operators, from its first moment to its last."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Protocol, Self

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.registry import Collector

from models.errors import place_of
from streams.health.port import listening
from streams.health.vitals import Beat, Phase, Vitals
from streams.settings import Settings

logger = logging.getLogger(__name__)

BEAT_S: Final = 1.0


class Watched(Collector, Protocol):
    """A source of metrics that belongs to the event loop: it looks at itself there, and tells from any thread."""

    def look(self) -> Beat:
        """Called on the loop, once a second; keeps what `collect` gives."""


class Monitor:
    """Without `metrics_port` it listens nowhere and costs nothing.

    Enter it first: a port that is taken then stops the start before anything is loaded, and a probe is answered
    from then on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vitals = Vitals(settings.stuck_after_s)
        self._registry = CollectorRegistry()
        self._watched: Watched | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises ListenError: the port is taken, or the host is not this machine's."""
        settings = self._settings
        if settings.metrics_port is None:
            return self
        self._registry.register(self._vitals)
        ProcessCollector(registry=self._registry)
        vitals = self._vitals
        self._stack.enter_context(
            listening(
                settings.metrics_host,
                settings.metrics_port,
                self._registry,
                vitals.why_not_live,
                vitals.why_not_ready,
            )
        )
        beating = asyncio.get_running_loop().create_task(self._beat())
        beating.add_done_callback(_beaten)
        self._stack.callback(beating.cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def watch(self, watched: Watched) -> None:
        """From now on its metrics are exposed, too. Call it on the loop."""
        if self._settings.metrics_port is None:
            return
        watched.look()
        self._watched = watched
        self._registry.register(watched)

    def reach(self, phase: Phase) -> None:
        self._vitals.reach(phase)

    async def _beat(self) -> None:
        while True:
            self._vitals.beat(self._watched.look() if self._watched is not None else Beat(0.0, 0))
            await asyncio.sleep(BEAT_S)


def _beaten(beating: asyncio.Task[None]) -> None:
    """Who cannot be looked at is not known to live: /livez says so before long."""
    if not beating.cancelled() and (error := beating.exception()) is not None:
        logger.error("looking at this process failed with %s", place_of(error))
