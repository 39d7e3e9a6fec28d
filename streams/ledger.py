"""Which records are in flight, and up to where each partition is finished.

Faust works out what to commit from single acks, and its arithmetic commits past a record that is still in flight
(faust-streaming #606; it also acks what it skips at a rebalance). So Faust is never asked: its consumer commits
what this ledger released. That offsets leave in order, with whoever finishes the work, is getsentry/arroyo's idea.
"""

from __future__ import annotations

from collections import deque

from streams.record import Partition


class Ticket:
    """One record in flight."""

    __slots__ = ("abandoned", "offset", "opened_at", "partition", "settled")

    def __init__(self, partition: Partition, offset: int, opened_at: float) -> None:
        self.partition = partition
        self.offset = offset
        self.opened_at = opened_at
        self.settled = False
        self.abandoned = False


class OffsetLedger:
    """Opens tickets in arrival order and releases the finished, contiguous prefix of each partition.

    Contiguous means: in the order of arrival. Offsets may have holes (compaction, transaction markers).
    Not thread-safe: it lives on the event loop.
    """

    def __init__(self) -> None:
        self._open: dict[Partition, deque[Ticket]] = {}
        self._released: dict[Partition, int] = {}
        self.in_flight = 0
        self.released_total = 0

    def open(self, partition: Partition, offset: int, now: float) -> Ticket:
        ticket = Ticket(partition, offset, now)
        queue = self._open.get(partition)
        if queue is None:
            queue = self._open[partition] = deque()
        queue.append(ticket)
        self.in_flight += 1
        return ticket

    def settle(self, ticket: Ticket) -> None:
        """Marks a record as finished. Call it only after the broker acknowledged the record's output.

        An abandoned ticket releases nothing: its record comes back from the last committed offset.

        Raises:
            ValueError: the ticket was settled before; one record got two outputs.
        """
        if ticket.abandoned:
            return
        if ticket.settled:
            raise ValueError(f"offset {ticket.offset} of {ticket.partition} was settled twice")
        ticket.settled = True
        queue = self._open[ticket.partition]
        while queue and queue[0].settled:
            self._released[ticket.partition] = queue.popleft().offset + 1
            self.in_flight -= 1
            self.released_total += 1

    def released(self) -> dict[Partition, int]:
        """Per partition, the offset to commit: everything before it is finished."""
        return dict(self._released)

    def revoke(self) -> int:
        """Abandons what is in flight, on all partitions (a rebalance revokes all); returns how many records."""
        abandoned = 0
        for queue in self._open.values():
            for ticket in queue:
                ticket.abandoned = True
            abandoned += len(queue)
        self._open.clear()
        self._released.clear()
        self.in_flight = 0
        return abandoned

    def oldest_age_s(self, now: float) -> float:
        """Age of the oldest record that holds a partition back; 0 when nothing is in flight."""
        heads = [queue[0].opened_at for queue in self._open.values() if queue]
        return now - min(heads) if heads else 0.0
