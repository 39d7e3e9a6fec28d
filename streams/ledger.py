"""Which records are in flight, and which offsets may be released.

Faust commits past a record that is still in flight when acks arrive out of order (faust-streaming #606), so acks
leave this ledger in order only: a settled record waits for every earlier record of its partition. The idea of
offsets that ride with the payload and leave in order is getsentry/arroyo's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

from streams.record import Partition

Event = TypeVar("Event")


class Ticket(Generic[Event]):
    """One record in flight. `event` is None once the ticket is released or abandoned."""

    __slots__ = ("abandoned", "event", "opened_at", "partition", "settled")

    def __init__(self, partition: Partition, event: Event, opened_at: float) -> None:
        self.partition = partition
        self.event: Event | None = event
        self.opened_at = opened_at
        self.settled = False
        self.abandoned = False


class OffsetLedger(Generic[Event]):
    """Opens tickets in arrival order and releases the finished, contiguous prefix of each partition.

    Not thread-safe: it lives on the event loop.
    """

    def __init__(self) -> None:
        self._open: dict[Partition, deque[Ticket[Event]]] = {}
        self.released_total = 0
        self._in_flight = 0

    def open(self, partition: Partition, event: Event, now: float) -> Ticket[Event]:
        ticket = Ticket(partition, event, now)
        queue = self._open.get(partition)
        if queue is None:
            queue = self._open[partition] = deque()
        queue.append(ticket)
        self._in_flight += 1
        return ticket

    def settle(self, ticket: Ticket[Event]) -> list[Event]:
        """Marks a record as answered and acknowledged; returns the events that may now be acked, in order.

        Call it only after the broker acknowledged the record's output. An abandoned ticket releases nothing: its
        record comes back from the last committed offset.
        """
        if ticket.abandoned:
            return []
        if ticket.settled:
            raise ValueError(f"a record of {ticket.partition} was settled twice")
        ticket.settled = True
        queue = self._open[ticket.partition]
        released: list[Event] = []
        while queue and queue[0].settled:
            done = queue.popleft()
            if done.event is not None:
                released.append(done.event)
            done.event = None
        self._in_flight -= len(released)
        self.released_total += len(released)
        return released

    def revoke(self, partitions: Iterable[Partition] | None = None) -> list[Event]:
        """Abandons what is in flight (of all partitions by default); returns the events let go, unreleased."""
        let_go: list[Event] = []
        for partition in list(self._open) if partitions is None else list(partitions):
            for ticket in self._open.pop(partition, ()):
                ticket.abandoned = True
                if ticket.event is not None:
                    let_go.append(ticket.event)
                ticket.event = None
        self._in_flight -= len(let_go)
        return let_go

    @property
    def in_flight(self) -> int:
        """Records that are open, those settled behind an unfinished one included."""
        return self._in_flight

    def oldest_age_s(self, now: float) -> float:
        """Age of the oldest record that holds a partition back; 0 when nothing is in flight."""
        heads = [queue[0].opened_at for queue in self._open.values() if queue]
        return now - min(heads) if heads else 0.0
