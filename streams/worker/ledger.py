"""The book of records in flight: opened as they come, settled by the broker in any order, released in order.

Faust works out what to commit from single acks, and its arithmetic commits past a record that is still in flight
(faust-streaming #606; it also acks what it skips at a rebalance). So Faust is never asked: its consumer commits
what this ledger released. That offsets leave in order, with whoever finishes the work, is getsentry/arroyo's idea.

A record waits for earlier ones of its own key alone (`streams.pipeline.key_order`), so others are answered ahead of a
slow one. Its offset holds theirs back, and a crash repeats them: `ahead` says how many. How many there may be is the
gate's to say, which keeps the room of a record taken until its offset is released.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from streams.record import Partition
from streams.worker.gate import NOTHING, Cost


@dataclass(slots=True, eq=False)
class Ticket:
    """One record in flight."""

    partition: Partition
    offset: int
    opened_at: float
    cost: Cost = NOTHING
    """What it takes of the gate's room now."""
    waited_s: float = 0.0
    """Between its Kafka timestamp and `opened_at`, as far as is known."""
    settled: bool = False
    abandoned: bool = False
    """Its partition was given up: the record comes back to whoever owns it now, and nothing of it counts here."""


@dataclass(slots=True)
class _Page:
    """Of one partition."""

    unsettled: deque[Ticket] = field(default_factory=deque)
    """In the order of arrival, from the first that is not settled on: some behind it may be."""
    released: int | None = None


class Ledger:
    """Releases the settled, contiguous prefix of each partition.

    Contiguous means: in the order of arrival. Offsets may have holes (compaction, transaction markers).
    Not thread-safe: it lives on the event loop.
    """

    def __init__(self) -> None:
        self._pages: dict[Partition, _Page] = {}
        self.in_flight = 0
        """Opened and not settled."""
        self.ahead = 0
        """Settled, and held back by one that is not."""
        self.released_total = 0

    def open(self, partition: Partition, offsets: Iterable[int], now: float) -> list[Ticket]:
        """Call it in the order of arrival; `now` is monotonic seconds."""
        tickets = [Ticket(partition, offset, now) for offset in offsets]
        page = self._pages.get(partition)
        if page is None:
            page = self._pages[partition] = _Page()
        page.unsettled += tickets
        self.in_flight += len(tickets)
        return tickets

    def settle(self, ticket: Ticket) -> list[Ticket]:
        """Marks a record as done with. Call it only after the broker acknowledged the record's output.

        Returns:
            The tickets that nothing has to be kept for any more: those whose offsets this releases. An abandoned one
            releases nothing and is given back alone: its record comes back from the last committed offset.

        Raises:
            ValueError: the ticket was settled before; one record got two outputs.
        """
        if ticket.abandoned:
            return [ticket]
        if ticket.settled:
            raise ValueError(f"offset {ticket.offset} of {ticket.partition} was settled twice")
        ticket.settled = True
        self.in_flight -= 1
        self.ahead += 1
        page = self._pages[ticket.partition]
        released: list[Ticket] = []
        while page.unsettled and page.unsettled[0].settled:
            released.append(page.unsettled.popleft())
        if released:
            page.released = released[-1].offset + 1
            self.ahead -= len(released)
            self.released_total += len(released)
        return released

    @property
    def settled_total(self) -> int:
        """Records that were answered: what moves while a slow one holds offsets back."""
        return self.released_total + self.ahead

    def released(self) -> dict[Partition, int]:
        """Per partition, the offset to commit: everything before it is settled."""
        return {partition: page.released for partition, page in self._pages.items() if page.released is not None}

    def revoke(self, partitions: Collection[Partition]) -> list[Ticket]:
        """Abandons what is not released of these partitions. Those of it that are settled have left their answers, and
        will leave them once more.
        """
        pages = [page for each in partitions if (page := self._pages.pop(each, None)) is not None]
        abandoned = [ticket for page in pages for ticket in page.unsettled]
        for ticket in abandoned:
            ticket.abandoned = True
        settled = sum(ticket.settled for ticket in abandoned)
        self.ahead -= settled
        self.in_flight -= len(abandoned) - settled
        return abandoned

    def give_back(self, tickets: Collection[Ticket]) -> list[Ticket]:
        """Abandons those of these that came last in their partitions: nothing that is answered stands behind them, so
        nothing is answered twice.

        Returns:
            What was abandoned.
        """
        wanted = frozenset(tickets)
        given_back: list[Ticket] = []
        for partition in {ticket.partition for ticket in wanted}:
            page = self._pages.get(partition)
            while page is not None and page.unsettled and page.unsettled[-1] in wanted:
                ticket = page.unsettled.pop()
                ticket.abandoned = True
                given_back.append(ticket)
        self.in_flight -= len(given_back)
        return given_back

    def heads(self, now: float) -> dict[Partition, tuple[int, float]]:
        """Of each partition with records in flight, the first that is not settled: its offset, and its age in seconds
        since its Kafka timestamp.
        """
        first = {partition: page.unsettled[0] for partition, page in self._pages.items() if page.unsettled}
        return {partition: (one.offset, one.waited_s + now - one.opened_at) for partition, one in first.items()}

    def oldest_age_s(self, now: float, at_work: bool = False) -> float:
        """Age of the oldest record that holds a partition back; 0 when nothing is in flight.

        Args:
            at_work: of those alone that do not wait for their pictures or for others of their key.
        """
        heads = [page.unsettled[0] for page in self._pages.values() if page.unsettled]
        opened = [head.opened_at for head in heads if head.cost.tokens or not at_work]
        return now - min(opened) if opened else 0.0
