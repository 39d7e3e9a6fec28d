"""The book of records in flight: opened as they come, finished in any order, left in order, settled by the broker.

Faust works out what to commit from single acks, and its arithmetic commits past a record that is still in flight
(faust-streaming #606; it also acks what it skips at a rebalance). So Faust is never asked: its consumer commits
what this ledger released. That offsets leave in order, with whoever finishes the work, is getsentry/arroyo's idea.

Batches are cut by length and copies are answered from memory, so records finish out of order. Consumers of Kafka
count on the order of a key, for example when a post is edited, so a finished record waits for those before it in its
partition. That costs no more than one turn of the engine, because a turn takes the oldest records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from streams.record import Partition

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Ticket(Generic[T]):
    """One record in flight."""

    partition: Partition
    offset: int
    opened_at: float
    finished: T | None = None
    """What the record became, while it waits for those before it."""
    waited_s: float = 0.0
    """Between its Kafka timestamp and `opened_at`, as far as is known."""
    settled: bool = False
    abandoned: bool = False
    """Its partition was given up: the record comes back to whoever owns it now, and nothing of it counts here."""


@dataclass(slots=True)
class _Page(Generic[T]):
    """Of one partition, in the order of arrival."""

    staying: deque[Ticket[T]] = field(default_factory=deque)
    """Not left yet."""
    unsettled: deque[Ticket[T]] = field(default_factory=deque)
    released: int | None = None


class Ledger(Generic[T]):
    """Releases the finished, contiguous prefix of each partition.

    Contiguous means: in the order of arrival. Offsets may have holes (compaction, transaction markers).
    Not thread-safe: it lives on the event loop.
    """

    def __init__(self) -> None:
        self._pages: dict[Partition, _Page[T]] = {}
        self.in_flight = 0
        self.released_total = 0

    def open(self, partition: Partition, offsets: Iterable[int], now: float) -> list[Ticket[T]]:
        """Call it in the order of arrival; `now` is monotonic seconds."""
        tickets: list[Ticket[T]] = [Ticket(partition, offset, now) for offset in offsets]
        page = self._pages.get(partition)
        if page is None:
            page = self._pages[partition] = _Page()
        page.staying += tickets
        page.unsettled += tickets
        self.in_flight += len(tickets)
        return tickets

    def finish(self, ticket: Ticket[T], result: T) -> list[T]:
        """What may leave now, in order: empty while something before the record is unfinished."""
        if ticket.abandoned:
            return []
        ticket.finished = result
        staying = self._pages[ticket.partition].staying
        leaving: list[T] = []
        while staying and (finished := staying[0].finished) is not None:
            staying.popleft().finished = None  # so that a ticket and its record are no circle
            leaving.append(finished)
        return leaving

    def settle(self, ticket: Ticket[T]) -> None:
        """Marks a record as done with. Call it only after the broker acknowledged the record's output.

        An abandoned ticket releases nothing: its record comes back from the last committed offset.

        Raises:
            ValueError: the ticket was settled before; one record got two outputs.
        """
        if ticket.abandoned:
            return
        if ticket.settled:
            raise ValueError(f"offset {ticket.offset} of {ticket.partition} was settled twice")
        ticket.settled = True
        page = self._pages[ticket.partition]
        while page.unsettled and page.unsettled[0].settled:
            page.released = page.unsettled.popleft().offset + 1
            self.in_flight -= 1
            self.released_total += 1

    def released(self) -> dict[Partition, int]:
        """Per partition, the offset to commit: everything before it is settled."""
        return {partition: page.released for partition, page in self._pages.items() if page.released is not None}

    def revoke(self, partitions: Collection[Partition]) -> int:
        """Abandons what is in flight on these partitions; returns how many records."""
        abandoned = 0
        for partition in partitions:
            page = self._pages.pop(partition, None)
            for ticket in page.unsettled if page is not None else ():
                ticket.abandoned, ticket.finished = True, None
                abandoned += 1
        self.in_flight -= abandoned
        return abandoned

    def heads(self, now: float) -> dict[Partition, tuple[int, float]]:
        """Of each partition with records in flight, the first that is not settled: its offset, and its age in seconds
        since its Kafka timestamp.
        """
        first = {partition: page.unsettled[0] for partition, page in self._pages.items() if page.unsettled}
        return {partition: (one.offset, one.waited_s + now - one.opened_at) for partition, one in first.items()}

    def oldest_age_s(self, now: float) -> float:
        """Age of the oldest record that holds a partition back; 0 when nothing is in flight."""
        heads = [page.unsettled[0].opened_at for page in self._pages.values() if page.unsettled]
        return now - min(heads) if heads else 0.0
