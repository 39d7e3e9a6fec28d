"""Admission: how much may be in flight at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from models.serving.types import Lane

BYTES_PER_TOKEN = 4  # of a record, JSON around the text included; only the order of magnitude matters
MAX_BYTES = 64 * 1024 * 1024
BACKFILL_SHARE = 4  # one in so many of what may be in flight comes on top, for backfill alone


class Cost(NamedTuple):
    """What a record takes of the gate's room."""

    tokens: int
    size: int
    """Bytes."""

    @classmethod
    def of(cls, size: int, most_tokens: int) -> Cost:
        """Of a record of so many bytes, of which the model reads no more than that."""
        return cls(min(most_tokens, 1 + size // BYTES_PER_TOKEN), size)


class AdmissionGate:
    """Bounds the records, the estimated tokens and the bytes between intake and acknowledgement.

    Choose the bounds so that what is in flight is one or two seconds of work: that is also the longest drain at a
    rebalance. `admit` waits first come, first served; it waits no longer than the records before it need, and the
    stuck check of the service ends a process in which nothing moves.
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

        A record that costs more than the gate passes alone.
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

    def release(self, costs: Iterable[Cost]) -> None:
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
            fits = tokens + its_tokens <= self._max_tokens and size + its_size <= self._max_bytes
            if records and not (fits and records < self._max_records):
                break
            records, tokens, size = records + 1, tokens + its_tokens, size + its_size
        admitted = records - self.records
        self.records, self.tokens, self.bytes = records, tokens, size
        return admitted


class Gates:
    """One for each lane: what is in flight of backfill comes on top, so that neither lane keeps the other out.

    Args:
        max_records, max_tokens: of the live lane.
    """

    def __init__(self, max_records: int, max_tokens: int) -> None:
        self.live = AdmissionGate(max_records, max_tokens)
        self.backfill = AdmissionGate(_share(max_records), _share(max_tokens), _share(MAX_BYTES))

    def of(self, lane: Lane) -> AdmissionGate:
        return self.backfill if lane is Lane.BACKFILL else self.live

    def resize(self, max_tokens: int) -> None:
        """Another engine is faster or slower."""
        self.live.resize(max_tokens)
        self.backfill.resize(_share(max_tokens))

    @property
    def tokens(self) -> int:
        """In flight, of both."""
        return self.live.tokens + self.backfill.tokens


def _share(bound: int) -> int:
    return max(1, bound // BACKFILL_SHARE)
