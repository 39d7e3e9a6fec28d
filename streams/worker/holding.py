"""Topics whose task is disabled: what was read of them waits in front of the ledger, unopened."""

from __future__ import annotations

import asyncio
from collections.abc import Collection


class Holding:
    """Nothing of a record that waits here was opened or committed, so none is lost; and as intake waits for it, no more
    is read than fits into the buffers. Lives on the event loop.
    """

    def __init__(self) -> None:
        self._topics: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._revocations = 0

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics

    def hold(self, topics: Collection[str]) -> None:
        """These from now on, and no others."""
        self._topics = frozenset(topics)
        self._changed.set()
        self._changed = asyncio.Event()

    def revoke(self) -> None:
        """Partitions were given up: what waits is not ours any more, and is read again by whoever gets them."""
        self._revocations += 1

    async def let_in(self, topic: str) -> bool:
        """Waits until the topic is not held. False where the record is not ours any more."""
        revocations = self._revocations
        while topic in self._topics:
            await self._changed.wait()
        return self._revocations == revocations
