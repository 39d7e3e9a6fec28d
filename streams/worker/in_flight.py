"""The end of intake: what is in flight is finished before partitions are given up."""

from __future__ import annotations

import asyncio
import logging
import time

from streams.worker.ledger import Ledger

logger = logging.getLogger(__name__)


class Draining:
    """Knows whether anything is in flight, and waits until nothing is. Lives on the event loop.

    Args:
        drain_s: the longest wait.
    """

    def __init__(self, ledger: Ledger, drain_s: float) -> None:
        self.begun = 0
        """How often intake was to end: what waited meanwhile is not to be opened any more."""
        self._ledger = ledger
        self._drain_s = drain_s
        self._until: float | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def is_idle(self) -> bool:
        return self._idle.is_set()

    def begin(self) -> None:
        self.begun += 1

    def look(self) -> None:
        """To be called after tickets were opened, settled or revoked."""
        if self._ledger.in_flight:
            self._idle.clear()
        else:
            self._idle.set()

    async def wait(self) -> None:
        """Until nothing is in flight, `drain_s` at most. Faust asks twice when it stops: one deadline for both."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._drain_s
        try:
            await asyncio.wait_for(self._idle.wait(), max(0.0, self._until - now))
        except TimeoutError:
            logger.warning("drain: %d records not finished after %g s", self._ledger.in_flight, self._drain_s)

    def end(self) -> None:
        """Partitions were assigned: the next drain has all its time."""
        self._until = None
