"""What is in flight: a ticket in the ledger, its room at the gate, and the wait until nothing is left of either."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from streams.record import Partition
from streams.worker.gates import Gates
from streams.worker.ledger import Ledger, Ticket

GIVES_BACK_AT = 1 / 3  # of a drain; what is begun is a chunk of each stage, up to two seconds of a slow processor

logger = logging.getLogger(__name__)


class InFlight:
    """Opens, settles and gives up records in the ledger and at the gates together, and drains. Lives on the event loop.

    Args:
        drain_s: the longest wait of a drain.
    """

    def __init__(self, ledger: Ledger, gates: Gates, drain_s: float) -> None:
        self.drains = 0
        """How often intake was to end: what waited meanwhile is not to be opened any more."""
        self._ledger = ledger
        self._gates = gates
        self._drain_s = drain_s
        self._until: float | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def open(self, partition: Partition, offsets: Iterable[int], now: float) -> list[Ticket]:
        """Of records that a gate has let in. See `Ledger.open`."""
        tickets = self._ledger.open(partition, offsets, now)
        self._look()
        return tickets

    def settle(self, tickets: Sequence[Ticket]) -> None:
        """What they take of records and bytes stays taken for as long as their offsets are held back."""
        self._gates.yield_tokens(tickets)
        self._gates.release([done for ticket in tickets for done in self._ledger.settle(ticket)])
        self._look()

    def revoke(self, partitions: Collection[Partition]) -> list[Ticket]:
        """Returns what is abandoned. Of that, what was answered takes no room any more; the rest does until it is
        settled. See `Ledger.revoke`.
        """
        self.begin_drain()
        abandoned = self._ledger.revoke(partitions)
        self._gates.release([ticket for ticket in abandoned if ticket.settled])
        self._look()
        return abandoned

    def _look(self) -> None:
        if self._ledger.in_flight:
            self._idle.clear()
        else:
            self._idle.set()

    def begin_drain(self) -> None:
        self.drains += 1

    async def drain(self, untouched: Callable[[], Collection[Ticket]]) -> None:
        """Until nothing is in flight, `drain_s` at most. Faust asks twice when it stops: one deadline for both.

        What is still untouched at a third of that time is given back. Else whoever is slow ends with records all over
        the pipeline, of which those that are answered ahead of others are answered once more by the next owner: on a
        processor that does 300 records a second 2,048 in flight are seven seconds of work.
        """
        if self._idle.is_set():
            return
        if self._until is None:
            self._until = time.monotonic() + self._drain_s
        if await self._is_idle_by(self._until - self._drain_s * (1 - GIVES_BACK_AT)):
            return
        given_back = self._ledger.give_back(untouched())
        self._look()
        if given_back:
            logger.info("drain: gave back %d records with which nothing had been done", len(given_back))
        if not await self._is_idle_by(self._until):
            logger.warning("drain: %d records not finished after %g s", self._ledger.in_flight, self._drain_s)

    async def _is_idle_by(self, deadline: float) -> bool:
        try:
            await asyncio.wait_for(self._idle.wait(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return False
        return True

    def end_drain(self) -> None:
        """Partitions were assigned: the next drain has all its time."""
        self._until = None
