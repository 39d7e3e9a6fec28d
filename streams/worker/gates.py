"""The two gates of a worker, one for live records and one for backfill, and which tickets have passed which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from models.serving.types import Lane
from streams.record import Partition
from streams.worker.gate import MAX_BYTES, AdmissionGate, Cost
from streams.worker.ledger import Ticket

BACKFILL_SHARE = 4  # one in so many of what may be in flight comes on top, for backfill alone


class Gates:
    """One for each lane: what is in flight of backfill comes on top, so that neither lane keeps the other out.

    Args:
        max_records, max_tokens: of the live lane.
        backfill_topics: full names of those whose records pass the gate of backfill.
    """

    def __init__(self, max_records: int, max_tokens: int, backfill_topics: Collection[str]) -> None:
        self.live = AdmissionGate(max_records, max_tokens)
        self.backfill = AdmissionGate(_share(max_records), _share(max_tokens), _share(MAX_BYTES))
        self._backfill_topics = frozenset(backfill_topics)

    def lane_of(self, partition: Partition) -> Lane:
        return Lane.BACKFILL if partition[0] in self._backfill_topics else Lane.LIVE

    def of(self, partition: Partition) -> AdmissionGate:
        return self.backfill if partition[0] in self._backfill_topics else self.live

    def resize(self, max_tokens: int) -> None:
        """Another engine is faster or slower."""
        self.live.resize(max_tokens)
        self.backfill.resize(_share(max_tokens))

    @property
    def tokens(self) -> int:
        """In flight, of both."""
        return self.live.tokens + self.backfill.tokens

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


def _share(bound: int) -> int:
    return max(1, bound // BACKFILL_SHARE)
