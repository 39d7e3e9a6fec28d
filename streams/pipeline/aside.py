"""Where a stage of the pipeline works: on the event loop where that takes next to nothing, else in a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

INLINE_S = 0.0004  # well under the millisecond that the event loop may be held up
MOST = 16  # items that are looked through for their kinds
FORGETS = 0.05  # of what is known of the cost, with every chunk


class Aside(Generic[T]):
    """Runs a function over chunks, one after the other, in the thread `name` or, a few cheap items, at once.

    The way to a thread and back costs 50 to 100 us of processor time and, where all cores are busy, waits for one
    twice; a post costs 30 to 60 us in either stage. What else is run here shares the function's state: it comes
    between two chunks.

    Args:
        kind: of an item; those of one kind cost about the same. None: nobody knows, so it is for the thread.
    """

    def __init__(self, name: str, function: Callable[[Sequence[T]], object], kind: Callable[[T], str | None]) -> None:
        self._function = function
        self._kind = kind
        self._executor = ThreadPoolExecutor(1, name)
        self._under_way: set[Future[Any]] = set()
        self._costs_s: dict[str | None, float] = {}

    async def work(self, chunk: Sequence[T]) -> None:
        if self._is_light(chunk):
            self._work(chunk)
        else:
            await self.run(self._work, chunk)

    async def run(self, function: Callable[..., R], *args: Any) -> R:
        """In the thread, after what is under way there. Where the caller is cancelled, what has begun goes on."""
        call = self._executor.submit(function, *args)
        self._under_way.add(call)
        call.add_done_callback(self._under_way.discard)  # in the thread, before the caller is told
        return await asyncio.wrap_future(call)

    def _is_light(self, chunk: Sequence[T]) -> bool:
        if self._under_way or len(chunk) > MOST:
            return False
        return sum(self._costs_s.get(self._kind(item), INLINE_S) for item in chunk) < INLINE_S

    def _work(self, chunk: Sequence[T]) -> None:
        kinds = {self._kind(item) for item in chunk}
        began = time.thread_time()
        self._function(chunk)
        if len(kinds) == 1 and None not in kinds:  # else nobody knows which of them took it
            took_s = (time.thread_time() - began) / len(chunk)
            (kind,) = kinds
            known_s = self._costs_s.setdefault(kind, took_s)
            self._costs_s[kind] += FORGETS * (took_s - known_s)

    def stop(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
