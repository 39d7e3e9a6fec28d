"""What a trial found: how often the two agree, where they do not, and whether enough was seen to say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

from models.evaluation.resampling import share
from schemas import Comparison, Review
from schemas.comparison import Side
from streams.reviews.judged import is_called_for, is_right, right_labels

POSITIONS: Final = 5
"""Of each kind of difference that are named."""
LATENCIES: Final = 100_000
ENOUGH_HALF_WIDTH: Final = 0.01
"""Of the interval of the share that is decided otherwise."""
CONFIDENCE: Final = 0.95
_Z: Final = 1.96  # 95 %


@dataclass(slots=True)
class Flips:
    """Of one label in one language, or of one action or level to another."""

    count: int = 0
    positions: list[str] = field(default_factory=list)
    """`topic[partition]@offset` of the first ones."""

    def add(self, position: str) -> None:
        self.count += 1
        if len(self.positions) < POSITIONS:
            self.positions.append(position)


@dataclass(slots=True)
class Right:
    """How many of some reviewed verdicts people agree to."""

    hits: int = 0
    rows: int = 0

    def add(self, is_right: bool) -> None:
        self.hits += is_right
        self.rows += 1

    def figure(self) -> dict[str, float]:
        """With a 95 % interval (Wilson)."""
        return {**share(self.hits, self.rows, CONFIDENCE)._asdict(), "rows": self.rows}


@dataclass(slots=True)
class TrialReport:
    """Counts comparisons of one revision, one at a time.

    Args:
        reviews: the last word on each verdict, by the verdict.
    """

    reviews: Mapping[str, Review] = field(default_factory=dict)
    reviewed: int = 0
    """Compared records on whose verdict a person said what should have happened."""
    right: dict[str, dict[str, Right]] = field(default_factory=lambda: {"active": {}, "candidate": {}})
    """By side, then `action NAME` or `label NAME`."""

    compared: int = 0
    changed: int = 0
    """Another action or level, or a verdict in place of a dead letter, or the other way."""
    languages: Counter[str] = field(default_factory=Counter)
    gained: dict[tuple[str, str], Flips] = field(default_factory=dict)
    """By label and language: the candidate finds it, the active one does not."""
    lost: dict[tuple[str, str], Flips] = field(default_factory=dict)
    decisions: dict[tuple[str, str], Flips] = field(default_factory=dict)
    """By what the active one decided and what the candidate would have."""
    active_ms: list[float] = field(default_factory=list)
    candidate_ms: list[float] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def add(self, one: Comparison) -> None:
        """One that was delivered twice counts once."""
        if one.id in self._seen:
            return
        self._seen.add(one.id)
        lang = one.lang or "-"
        position = f"{one.source.topic}[{one.source.partition}]@{one.source.offset}"
        self.compared += 1
        self.languages[lang] += 1
        before, after = _decision(one.active), _decision(one.candidate)
        if before != after:
            self.changed += 1
            self.decisions.setdefault((before, after), Flips()).add(position)
        for label in set(one.candidate.labels) - set(one.active.labels):
            self.gained.setdefault((label, lang), Flips()).add(position)
        for label in set(one.active.labels) - set(one.candidate.labels):
            self.lost.setdefault((label, lang), Flips()).add(position)
        for side, times in ((one.active, self.active_ms), (one.candidate, self.candidate_ms)):
            if side.inferred_ms is not None and len(times) < LATENCIES:
                times.append(side.inferred_ms)
        if one.verdict is not None and (review := self.reviews.get(one.verdict)) is not None:
            self._look_at(one, review)

    def _look_at(self, one: Comparison, review: Review) -> None:
        """What was done by the decision on it, whichever side would do it; anything else by what the person wants."""
        self.reviewed += 1
        labels = right_labels(review, frozenset(one.active.labels))
        for name, side in (("active", one.active), ("candidate", one.candidate)):
            found = self.right[name]
            if side.action is not None and side.action != "allow":
                was_done = side.action == one.active.action
                agrees = is_right(side.action, review) if was_done else is_called_for(side.action, review.action)
                found.setdefault(f"action {side.action}", Right()).add(agrees)
            if labels is not None:
                for label in side.labels:
                    found.setdefault(f"label {label}", Right()).add(label in labels)

    @property
    def agreement(self) -> float | None:
        """Share of the records that both decide alike; None: nothing was compared."""
        return None if self.compared == 0 else 1 - self.changed / self.compared

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share that is decided otherwise (Wilson)."""
        if self.compared == 0:
            return 0.0, 1.0
        n, share = self.compared, self.changed / self.compared
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def is_enough(self) -> bool:
        """Whether the share is known to within one percentage point either way."""
        low, high = self.interval
        return high - low <= 2 * ENOUGH_HALF_WIDTH


def percentile(times: list[float], share: float) -> float | None:
    """None: there are none."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _decision(side: Side) -> str:
    if not side.has_verdict:
        return "dead letter"
    return side.action if side.action is not None else f"level {side.level}"
