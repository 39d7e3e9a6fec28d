"""Admission: how much may be in flight at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

BYTES_PER_TOKEN = 4  # of a record, JSON around the text included; only the order of magnitude matters
MAX_BYTES = 64 * 1024 * 1024


class Cost(NamedTuple):
    """What a record takes of the gate's room."""

    tokens: int
    size: int
    """Bytes."""

    @classmethod
    def of(cls, size: int, most_tokens: int) -> Cost:
        """Of a record of so many bytes, of which the model reads no more than that."""
        return cls(min(most_tokens, 1 + size // BYTES_PER_TOKEN), size)

    @property
    def unscored(self) -> Cost:
        """What it takes once the engine has no more work with it."""
        return Cost(0, self.size)


NOTHING: Final = Cost(0, 0)


class AdmissionGate:
    """Bounds the estimated tokens between intake and acknowledgement, and the records and bytes between intake and the
    release of their offsets: so it bounds what may be answered ahead of a slow record, too.

    Choose the tokens so that they are one or two seconds of work: that is also the longest drain at a rebalance.
    `admit` waits first come, first served; it waits no longer than the records before it need, and the stuck check of
    the service ends a process in which nothing moves.
    """

    def __init__(self, max_records: int, max_tokens: int, max_bytes: int = MAX_BYTES) -> None:
        if max_records < 1 or max_tokens < 1 or max_bytes < 1:
            raise ValueError("the gate needs room for at least one record, one token and one byte")
        self._max_records = max_records
        self._max_tokens = max_tokens
        self._max_bytes = max_bytes
        self.records = 0
        self.tokens = 0
        self.bytes = 0
        self._waiting: deque[tuple[asyncio.Future[int], Sequence[Cost]]] = deque()

    def resize(self, max_tokens: int) -> None:
        """Another engine is faster or slower. What is inside stays; who waits may come in."""
        self._max_tokens = max_tokens
        self._let_in()

    def admit_now(self, costs: Sequence[Cost]) -> int:
        """Admits as many of them, from the front, as there is room for; none while somebody waits.

        A record of more tokens or bytes than the gate has room for passes when none are inside.
        """
        return 0 if self._waiting else self._take(costs)

    async def admit(self, costs: Sequence[Cost]) -> int:
        """The same, but waits until at least the first of them, of which there must be one, is in."""
        if admitted := self.admit_now(costs):
            return admitted
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        entry = (turn, costs)
        self._waiting.append(entry)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(costs[: turn.result()])  # admitted in the very moment of being cancelled
            else:
                self._waiting.remove(entry)
                self._let_in()
            raise

    def yield_tokens(self, tokens: int) -> None:
        """The engine has no more work with records that stay inside."""
        self.tokens -= tokens
        self._let_in()

    def release(self, costs: Iterable[Cost]) -> None:
        """Records leave, with what they take now."""
        for tokens, size in costs:
            self.records -= 1
            self.tokens -= tokens
            self.bytes -= size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            turn, costs = self._waiting[0]
            if turn.cancelled():
                break  # its admit() is about to remove it and will call again
            if not (admitted := self._take(costs)):
                break
            self._waiting.popleft()
            turn.set_result(admitted)

    def _take(self, costs: Sequence[Cost]) -> int:
        """Takes what fits in at the front; returns how many."""
        records, tokens, size = self.records, self.tokens, self.bytes
        for its_tokens, its_size in costs:
            has_tokens = not tokens or tokens + its_tokens <= self._max_tokens
            has_bytes = not size or size + its_size <= self._max_bytes
            if not (has_tokens and has_bytes and records < self._max_records):
                break
            records, tokens, size = records + 1, tokens + its_tokens, size + its_size
        admitted = records - self.records
        self.records, self.tokens, self.bytes = records, tokens, size
        return admitted
