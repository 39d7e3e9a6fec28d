"""Admission: how much may be in flight at once."""

from __future__ import annotations

import asyncio
from collections import deque


class AdmissionGate:
    """Bounds the records and the estimated tokens between intake and acknowledgement.

    Choose the bounds so that what is in flight is one or two seconds of work: that is also the longest drain at a
    rebalance. `admit` waits first come, first served; it waits no longer than the records before it need, and the
    stuck check of the service ends a process in which nothing moves.
    """

    def __init__(self, max_records: int, max_tokens: int) -> None:
        if max_records < 1 or max_tokens < 1:
            raise ValueError("the gate needs room for at least one record and one token")
        self._max_records = max_records
        self._max_tokens = max_tokens
        self.records = 0
        self.tokens = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    def resize(self, max_tokens: int) -> None:
        """Another engine is faster or slower. What is inside stays; who waits may come in."""
        self._max_tokens = max_tokens
        self._let_in()

    def try_admit(self, cost: int) -> bool:
        """Admits at once if there is room and nobody waits; a record that costs more than the gate passes alone."""
        if self._waiting or not self._fits(cost):
            return False
        self._take(cost)
        return True

    async def admit(self, cost: int) -> None:
        if self.try_admit(cost):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (turn, cost)
        self._waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(cost)  # admitted in the very moment of being cancelled
            else:
                self._waiting.remove(entry)
                self._let_in()
            raise

    def release(self, cost: int) -> None:
        self.records -= 1
        self.tokens -= cost
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            turn, cost = self._waiting[0]
            if turn.cancelled():
                break  # its admit() is about to remove it and will call again
            if not self._fits(cost):
                break
            self._waiting.popleft()
            self._take(cost)
            turn.set_result(None)

    def _fits(self, cost: int) -> bool:
        if self.records == 0:
            return True
        return self.records < self._max_records and self.tokens + cost <= self._max_tokens

    def _take(self, cost: int) -> None:
        self.records += 1
        self.tokens += cost
