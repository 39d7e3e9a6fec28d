"""The order of keys and the ledger beside a broker and lists, with crashes, rebalances, redelivery and switches of the
activation at any step.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.pipeline.key_order import KeyOrder
from streams.pipeline.work import Work
from streams.record import Partition, RawRecord
from streams.worker.ledger import Ledger

PARTITIONS: list[Partition] = [("t", 0), ("t", 1), ("u", 0)]
ROOM = 7  # records between intake and the release of their offsets, as a gate would have it
some_partitions = st.sets(st.sampled_from(PARTITIONS), min_size=1)
some_keys = st.lists(st.sampled_from([b"a", b"b", None]), min_size=1, max_size=4)
Place = tuple[Partition, int]


class Deliveries(RuleBasedStateMachine):
    """What the broker keeps (records, offsets, answers) outlives a crash; what is in the process does not."""

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[Partition, list[tuple[int, bytes | None]]] = {partition: [] for partition in PARTITIONS}
        self.committed = dict.fromkeys(PARTITIONS, 0)
        self.answered: set[Place] = set()
        self.begin()

    def begin(self) -> None:
        self.ledger = Ledger()
        self.order = KeyOrder()
        self.activation = 0
        self.fetched = dict(self.committed)
        self.held: dict[Partition, list[Work]] = {partition: [] for partition in PARTITIONS}
        self.scored: set[Work] = set()
        self.decided: list[Work] = []
        self.left: set[Work] = set()
        self.stale: list[Work] = []

    def in_flight(self) -> list[Work]:
        return [work for works in self.held.values() for work in works]

    @property
    def room_taken(self) -> int:
        return len([work for work in self.in_flight() if work not in self.left]) + len(self.stale)

    @rule(partition=st.sampled_from(PARTITIONS), hole=st.integers(0, 2), keys=some_keys)
    def is_sent(self, partition: Partition, hole: int, keys: list[bytes | None]) -> None:
        """Offsets have holes where compaction or transactions were; there is nothing to be lost in them."""
        log = self.log[partition]
        begin = log[-1][0] + 1 + hole if log else hole
        log += enumerate(keys, begin)

    @rule(partition=st.sampled_from(PARTITIONS), most=st.integers(1, 4))
    def is_taken_in(self, partition: Partition, most: int) -> None:
        unread = [record for record in self.log[partition] if record[0] >= self.fetched[partition]]
        records = unread[: min(most, ROOM - self.room_taken)]
        if not records:
            return
        tickets = self.ledger.open(partition, [offset for offset, _ in records], now=0.0)
        activation: Any = self.activation
        nothing: Any = None
        works = [
            Work(ticket, RawRecord(*partition, offset, key, b""), activation, nothing, nothing)
            for ticket, (offset, key) in zip(tickets, records, strict=True)
        ]
        self.order.enter(works)
        self.held[partition] += works
        self.fetched[partition] = records[-1][0] + 1

    @rule()
    def is_switched(self) -> None:
        """Another activation judges what comes in from now on."""
        self.activation += 1

    @precondition(lambda self: any(work not in self.scored for work in self.in_flight()))
    @rule(data=st.data())
    def is_scored(self, data: st.DataObject) -> None:
        """In any order: batches, copies, pictures."""
        work = data.draw(st.sampled_from([one for one in self.in_flight() if one not in self.scored]))
        self.scored.add(work)
        expected = self.those_whose_turn_it_is(work)
        assert self.order.complete([work]) == expected
        self.decided += expected

    def those_whose_turn_it_is(self, work: Work) -> list[Work]:
        if work.raw.key is None:
            return [work]
        held = self.held[work.ticket.partition]
        line = [one for one in held if one.raw.key == work.raw.key and one not in self.decided]
        still = next((place for place, one in enumerate(line) if one not in self.scored), len(line))
        return line[:still]

    def unsettled(self) -> list[Work]:
        return [work for work in self.in_flight() if work in self.decided and not work.ticket.settled]

    @precondition(lambda self: self.unsettled())
    @rule(data=st.data())
    def is_acknowledged(self, data: st.DataObject) -> None:
        """Topics and batches are acknowledged in any order."""
        work = data.draw(st.sampled_from(self.unsettled()))
        ticket = work.ticket
        self.answered.add((ticket.partition, ticket.offset))
        done = self.ledger.settle(ticket)
        waiting = [one for one in self.held[ticket.partition] if one not in self.left]
        still = next((place for place, one in enumerate(waiting) if not one.ticket.settled), len(waiting))
        assert done == [one.ticket for one in waiting[:still]]
        self.left.update(waiting[:still])

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def comes_too_late(self, data: st.DataObject) -> None:
        """The engine and the broker know nothing of a rebalance. Each gives its room back once, and drags nobody in."""
        work = data.draw(st.sampled_from(self.stale))
        before = self.ledger.released()
        going = [work]
        if work not in self.decided:
            if work in self.scored:
                return  # it comes with the one that it waits for
            self.scored.add(work)
            going = self.order.complete([work])
        for one in going:
            self.stale.remove(one)
            assert self.ledger.settle(one.ticket) == [one.ticket]
        assert self.ledger.released() == before

    @rule()
    def commits(self) -> None:
        self.committed |= self.ledger.released()

    @rule(partitions=some_partitions)
    def is_rebalanced(self, partitions: set[Partition]) -> None:
        """Gives up and gets back; whatever was not committed comes again."""
        expected = {work.ticket for each in partitions for work in self.held[each] if work not in self.left}
        assert set(self.ledger.revoke(partitions)) == expected
        for partition in partitions:
            self.stale += [each for each in self.held[partition] if not each.ticket.settled]
            self.held[partition] = []
            self.fetched[partition] = self.committed[partition]

    @precondition(lambda self: any(work not in self.scored for work in self.in_flight()))
    @rule(data=st.data())
    def is_drained(self, data: st.DataObject) -> None:
        """What nobody has touched goes back, unless something stands behind it that will be answered."""
        unscored = [work for work in self.in_flight() if work not in self.scored]
        untouched = data.draw(st.lists(st.sampled_from(unscored), unique=True))
        expected: list[Work] = []
        for partition, works in self.held.items():
            while works and works[-1] in untouched:
                expected.append(works.pop())
                self.fetched[partition] = expected[-1].raw.offset
        given_back = self.ledger.give_back([work.ticket for work in untouched])
        assert set(given_back) == {work.ticket for work in expected}
        self.stale += expected

    @rule()
    def is_killed(self) -> None:
        """What was answered and not released comes again, and is no more than there was room for."""
        released = {**self.committed, **self.ledger.released()}
        settled = [work.ticket for work in self.in_flight() if work.ticket.settled]
        again = [ticket for ticket in settled if ticket.offset >= released[ticket.partition]]
        assert len(again) == self.ledger.ahead <= ROOM
        self.begin()

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every record before what may be committed has its answer on the broker."""
        for partition, end in {**self.committed, **self.ledger.released()}.items():
            assert all((partition, offset) in self.answered for offset, _ in self.log[partition] if offset < end)

    @invariant()
    def as_much_is_released_as_may_be(self) -> None:
        for partition, works in self.held.items():
            settled = [work.ticket.settled for work in works]
            prefix = settled.index(False) if False in settled else len(settled)
            expected = works[prefix - 1].raw.offset + 1 if prefix else None
            assert self.ledger.released().get(partition) == expected

    @invariant()
    def nobody_is_judged_by_the_new_one_and_then_by_the_old(self) -> None:
        latest: dict[tuple[Partition, bytes], tuple[int, Any]] = {}
        for work in self.decided:
            if work.raw.key is None or work.is_abandoned:
                continue
            now = work.raw.offset, work.activation
            before = latest.get((work.ticket.partition, work.raw.key), (-1, 0))
            assert before[0] < now[0]
            assert before[1] <= now[1]
            latest[work.ticket.partition, work.raw.key] = now

    @invariant()
    def it_counts_what_is_in_flight_and_what_is_ahead(self) -> None:
        here = [work for work in self.in_flight() if work not in self.left]
        ahead = sum(work.ticket.settled for work in here)
        assert (self.ledger.in_flight, self.ledger.ahead) == (len(here) - ahead, ahead)
        assert self.room_taken <= ROOM

    @invariant()
    def nothing_is_kept_of_what_has_gone(self) -> None:
        undecided = {*self.in_flight(), *self.stale}.difference(self.decided)
        assert len(self.order) <= len(undecided)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
