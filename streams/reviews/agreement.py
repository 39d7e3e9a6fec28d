"""How far two people who saw the same posts agree, beyond what chance would make of their habits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two reviewers, or of all pairs together."""

    items: int
    agreed: int
    expected: float
    """Items that people with their habits would agree on by chance."""

    @property
    def kappa(self) -> float | None:
        """Cohen's (1960); None where chance alone would make them agree on everything, or there is nothing to see."""
        if self.items == 0 or self.expected >= self.items - 1e-9:
            return None
        return (self.agreed - self.expected) / (self.items - self.expected)


def agreements(answers: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], Agreement]:
    """Of each pair of reviewers.

    Args:
        answers: of each post, by reviewer.
    """
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for by_reviewer in answers:
        for one, other in combinations(sorted(by_reviewer), 2):
            pairs.setdefault((one, other), []).append((by_reviewer[one], by_reviewer[other]))
    return {pair: _agreement(both) for pair, both in pairs.items()}


def _agreement(both: Sequence[tuple[str, str]]) -> Agreement:
    first, second = Counter(one for one, _ in both), Counter(other for _, other in both)
    expected = sum(first[word] * second[word] for word in first) / len(both)
    return Agreement(len(both), sum(one == other for one, other in both), expected)


def pooled(pairs: Iterable[Agreement]) -> Agreement:
    """All pairs as one: each against its own chance."""
    known = list(pairs)
    return Agreement(
        sum(one.items for one in known), sum(one.agreed for one in known), sum(one.expected for one in known)
    )
