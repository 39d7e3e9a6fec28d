"""How a stage takes its work: at once when it has been idle, in chunks when much comes in."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")

CHUNK = 256  # records a stage takes at most in one go: about 10 ms of its thread
PATIENT_CHUNK = 16  # of those that may wait: about 1 ms, so that who comes behind them hardly notices
LEAST_S, MOST_S = 0.002, 0.025
SHARE = 0.2  # of a record's way through the pipeline; two stages rest, each for half of it on average
FORGETS = 0.1  # of what is known, with every chunk


class Pace:
    """How long a stage rests after a chunk: a fifth of what a record's way takes lately, 2 to 25 ms.

    A chunk has costs of its own, however few records it holds: tasks, wake-ups, a request to the broker for each
    partition of each topic, and what those take of the broker. Where little comes, nobody waits for more than 2 ms.
    Where a record waits for the engine for a second, 25 ms are nothing, and half of the worker's other costs go.

    Args:
        most_s: 0: never, where a chunk has no such costs.
    """

    def __init__(self, most_s: float = MOST_S) -> None:
        self._most_s = most_s
        self.rest_s = min(LEAST_S, most_s)

    def learn(self, took_s: float) -> None:
        """What a record's way took, from tokens to the broker's word."""
        wanted_s = min(self._most_s, max(LEAST_S, SHARE * took_s))
        self.rest_s += FORGETS * (wanted_s - self.rest_s)


class Gathering(Generic[T]):
    """Feeds a stage with chunks, one after the other.

    A lone item goes at once. After each chunk the stage rests (`Pace`), unless a whole chunk waits already: a stage
    that is faster than its feeder would otherwise take every item by itself, and hopping to a thread and back costs
    ten times what the item costs there (40,000 records then took 52,000 hops).

    Args:
        may_wait: of an item: few of these are taken in one go, behind all others, but some with each chunk. Both kinds
            keep the order in which they came.
    """

    def __init__(
        self, stage: Callable[[list[T]], Awaitable[None]], pace: Pace, may_wait: Callable[[T], bool] = lambda _: False
    ) -> None:
        self._stage = stage
        self._pace = pace
        self._may_wait = may_wait
        self._waiting: deque[T] = deque()
        self._patient: deque[T] = deque()
        self._arrived = asyncio.Event()

    def add(self, items: Iterable[T]) -> None:
        for item in items:
            (self._patient if self._may_wait(item) else self._waiting).append(item)
        self._arrived.set()

    def __iter__(self) -> Iterator[T]:
        """What waits, the patient behind the others."""
        return chain(self._waiting, self._patient)

    async def run(self) -> None:
        """Never returns; an exception of the stage ends it."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting or self._patient:
                await self._stage([*_first(self._waiting, CHUNK), *_first(self._patient, PATIENT_CHUNK)])
                if len(self._waiting) < CHUNK and len(self._patient) < PATIENT_CHUNK:
                    await asyncio.sleep(self._pace.rest_s)


def _first(waiting: deque[T], most: int) -> list[T]:
    return [waiting.popleft() for _ in range(min(most, len(waiting)))]
