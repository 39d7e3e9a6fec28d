"""All figures of one bench, before anybody says them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from load.bench.compare import Spread, around, order, ratios, spread, without_others
from load.bench.contestants import ENGINE, ONE, ONE_CASCADE, Group
from load.bench.curve import Point
from load.capacity import Drained


@dataclass(slots=True)
class Entry:
    """One contestant's figures: by stream, then by round."""

    name: str
    group: Group
    workers: int = 1
    drained: dict[str, dict[int, Drained]] = field(default_factory=dict)
    absent: str = ""
    """Why it has no figures, or not all."""

    def add(self, stream: str, number: int, drained: Drained) -> None:
        self.drained.setdefault(stream, {})[number] = drained

    def rates(self, stream: str) -> dict[int, float]:
        return {number: one.rate for number, one in self.drained.get(stream, {}).items()}

    def median(self, stream: str, figure: Callable[[Drained], float] = lambda one: one.rate) -> float:
        """Raises ValueError where there is none."""
        return spread([figure(one) for one in self.drained.get(stream, {}).values()]).median


@dataclass(slots=True)
class Results:
    """The bare engine has one round more than the others: it runs before and after each."""

    entries: dict[str, Entry]
    cores: int
    rounds: int = 0
    turn_ms: dict[int, float] = field(default_factory=dict)
    curves: dict[str, list[Point]] = field(default_factory=dict)
    hop: Point | None = None
    lone: Point | None = None
    """Of Tidegate with one worker, idle but for this post."""
    answered_early: float | None = None
    notes: list[str] = field(default_factory=list)

    def engine_ratio(self, entry: Entry, stream: str) -> Spread:
        """To the bare engine on the same stream, once for each worker.

        Raises:
            ValueError: one of the two has no figures.
        """
        rates = self.entries[ENGINE].rates(stream)
        engine = around([rates[number] for number in sorted(rates)], self.rounds)
        scaled = {number: rate * entry.workers for number, rate in engine.items()}
        return spread(ratios(entry.rates(stream), scaled))

    def others_share(self, entry: Entry, stream: str) -> float:
        """What broker and sender took of all cores meanwhile."""
        return entry.median(stream, lambda one: one.share_of_others(self.cores))

    def ratio_without_others(self, entry: Entry, stream: str) -> float:
        return without_others(self.engine_ratio(entry, stream).median, self.others_share(entry, stream))

    def best_peer(self, stream: str) -> Entry | None:
        """The alternative with the highest median."""
        peers = [one for one in self.entries.values() if one.group is Group.PEER and one.drained.get(stream)]
        return max(peers, key=lambda one: one.median(stream), default=None)

    def comparisons(self, stream: str) -> list[tuple[str, str, Spread, str]]:
        """Tidegate's name, the alternative's, the ratio, and whether the order holds; one worker, as peers have one."""
        found = []
        for ours in (ONE, ONE_CASCADE):
            if not self.entries[ours].drained.get(stream):
                continue
            rates = self.entries[ours].rates(stream)
            for peer in self.entries.values():
                theirs = peer.rates(stream)
                if peer.group is Group.PEER and (common := ratios(rates, theirs)):
                    found.append((ours, peer.name, spread(common), str(order(rates, theirs))))
        return found
