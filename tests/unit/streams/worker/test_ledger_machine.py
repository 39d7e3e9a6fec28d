"""The ledger beside a broker and a list, with crashes, rebalances and redelivery at any step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.record import Partition
from streams.worker.ledger import Ledger, Ticket

PARTITIONS: list[Partition] = [("t", 0), ("t", 1), ("u", 0)]
some_partitions = st.sets(st.sampled_from(PARTITIONS), min_size=1)


class Deliveries(RuleBasedStateMachine):
    """What the broker keeps (offsets, published outputs) outlives a crash; the ledger and its tickets do not."""

    def __init__(self) -> None:
        super().__init__()
        self.committed = dict.fromkeys(PARTITIONS, 0)
        self.published: set[tuple[Partition, int]] = set()
        self.begin()

    def begin(self) -> None:
        self.ledger: Ledger[str] = Ledger()
        self.fetched = dict(self.committed)
        self.held: dict[Partition, list[Ticket[str]]] = {partition: [] for partition in PARTITIONS}
        self.stale: list[Ticket[str]] = []
        self.left: list[Ticket[str]] = []

    def in_flight(self) -> list[Ticket[str]]:
        return [ticket for tickets in self.held.values() for ticket in tickets]

    @rule(partition=st.sampled_from(PARTITIONS), hole=st.integers(0, 2), records=st.integers(1, 3))
    def arrive(self, partition: Partition, hole: int, records: int) -> None:
        """Offsets have holes where compaction or transactions were; there is nothing to be lost in them."""
        offset = self.fetched[partition]
        for skipped in range(offset, offset + hole):
            self.published.add((partition, skipped))
        offsets = range(offset + hole, offset + hole + records)
        self.held[partition] += self.ledger.open(partition, offsets, now=0.0)
        self.fetched[partition] = offsets.stop

    @precondition(lambda self: any(ticket.finished is None for ticket in self.in_flight()))
    @rule(data=st.data())
    def is_finished(self, data: st.DataObject) -> None:
        unfinished = [t for t in self.in_flight() if t.finished is None and t not in self.left]
        if not unfinished:
            return
        ticket = data.draw(st.sampled_from(unfinished))
        leaving = self.ledger.finish(ticket, str(ticket.offset))
        on_page = self.held[ticket.partition]
        waiting = [t for t in on_page if t not in self.left]
        expected = waiting[: len(leaving)]
        assert leaving == [str(t.offset) for t in expected], "in the order of arrival"
        self.left += expected
        still = [t for t in on_page if t not in self.left]
        assert not still or still[0].finished is None, "whatever may leave has left"

    @precondition(lambda self: any(t in self.left for t in self.in_flight()))
    @rule(data=st.data())
    def is_acknowledged(self, data: st.DataObject) -> None:
        """Topics and batches are acknowledged in any order."""
        unsettled = [t for t in self.in_flight() if t in self.left and not t.settled]
        if not unsettled:
            return
        ticket = data.draw(st.sampled_from(unsettled))
        self.published.add((ticket.partition, ticket.offset))
        self.ledger.settle(ticket)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def comes_too_late(self, data: st.DataObject) -> None:
        """The engine and the broker know nothing of a rebalance."""
        ticket = data.draw(st.sampled_from(self.stale))
        before = self.ledger.released()
        assert self.ledger.finish(ticket, "late") == []
        self.ledger.settle(ticket)
        assert self.ledger.released() == before

    @rule()
    def commits(self) -> None:
        self.committed |= self.ledger.released()

    @rule(partitions=some_partitions)
    def is_rebalanced(self, partitions: set[Partition]) -> None:
        """Gives up and gets back; whatever was not committed comes again."""
        unsettled = [t for partition in partitions for t in self.held[partition] if not t.settled]
        abandoned = self.ledger.revoke(partitions)
        assert abandoned >= len(unsettled)
        for partition in partitions:
            self.stale += [t for t in self.held[partition] if t.abandoned and not t.settled]
            self.held[partition] = []
            self.fetched[partition] = self.committed[partition]

    @rule()
    def is_killed(self) -> None:
        self.begin()

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every offset before what may be committed has its output on the broker."""
        for partition, offset in {**self.committed, **self.ledger.released()}.items():
            assert all((partition, before) in self.published for before in range(offset))

    @invariant()
    def as_much_is_released_as_may_be(self) -> None:
        for partition, tickets in self.held.items():
            settled = 0
            while settled < len(tickets) and tickets[settled].settled:
                settled += 1
            expected = tickets[settled - 1].offset + 1 if settled else None
            assert self.ledger.released().get(partition) == expected

    @invariant()
    def it_counts_what_is_in_flight(self) -> None:
        behind = 0
        for tickets in self.held.values():
            first = next((place for place, ticket in enumerate(tickets) if not ticket.settled), len(tickets))
            behind += len(tickets) - first
        assert self.ledger.in_flight == behind


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
