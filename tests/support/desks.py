"""A desk that takes as long over pictures as a test says."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence

from models.pictures.errors import NotLooked
from schemas import Picture
from streams.pictures.seen import Seen


class SlowDesk:
    """Looks at nothing, and answers so often as it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.looked_at = -math.inf
        self._answers = asyncio.Semaphore(0)

    async def look(self, pictures: Sequence[Picture], for_words: bool, task: str) -> list[Seen]:
        self.asked += 1
        await self._answers.acquire()
        self.looked_at = time.monotonic()
        return [Seen(number, refused=NotLooked.NO_STORE) for number, _ in enumerate(pictures)]

    def answer(self) -> None:
        self._answers.release()

    async def stop(self) -> None: ...
