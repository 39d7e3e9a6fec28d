"""The two gates of a worker, one for live records and one for backfill, and which tickets have passed which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from streams.record import Partition
from streams.worker.gate import AdmissionGate, Cost
from streams.worker.ledger import Ticket


class Gates:
    """`backfill_topics`: full names of those whose records pass the gate of backfill."""

    def __init__(self, live: AdmissionGate, backfill: AdmissionGate, backfill_topics: Collection[str]) -> None:
        self._live = live
        self._backfill = backfill
        self._backfill_topics = frozenset(backfill_topics)

    def of(self, partition: Partition) -> AdmissionGate:
        return self._backfill if partition[0] in self._backfill_topics else self._live

    def yield_tokens(self, tickets: Iterable[Ticket]) -> None:
        """The engine has no more work with these."""
        tokens: Counter[AdmissionGate] = Counter()
        for ticket in tickets:
            tokens[self.of(ticket.partition)] += ticket.cost.tokens
            ticket.cost = ticket.cost.unscored
        for gate, its_tokens in tokens.items():
            gate.yield_tokens(its_tokens)

    def release(self, tickets: Iterable[Ticket]) -> None:
        """Nothing has to be kept for these any more."""
        costs: defaultdict[AdmissionGate, list[Cost]] = defaultdict(list)
        for ticket in tickets:
            costs[self.of(ticket.partition)].append(ticket.cost)
        for gate, its_costs in costs.items():
            gate.release(its_costs)
