"""A topic that cannot be read for now: it is told of once, and tried again until it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from streams.errors import ClientError

TRY_AGAIN_S: Final = 5.0


class Outage:
    """Of one thing that is read for as long as the process lives.

    Args:
        tell: takes the first error of an outage; those that follow say nothing new.
    """

    def __init__(self, tell: Callable[[ClientError], None]) -> None:
        self._tell = tell
        self._is_told = False

    async def wait(self, error: ClientError) -> None:
        """Until it is time to try again."""
        if not self._is_told:
            self._is_told = True
            self._tell(error)
        await asyncio.sleep(TRY_AGAIN_S)

    def end(self) -> bool:
        """It was read: the next error begins another outage. Returns whether one is over."""
        was_told, self._is_told = self._is_told, False
        return was_told
