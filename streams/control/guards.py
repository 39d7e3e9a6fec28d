"""Guard rails of a canary: when two models differ by more than they may, and by more than chance makes of it. Pure.

Every claim is an interval of four standard errors. A guard looks again and again at sums that grow, and stops at the
first breach: with the usual two such looks would find something sooner or later wherever there is nothing (Armitage,
McPherson & Rowe 1969). With four, a candidate that stands just at its limit is ended by chance in fewer than one of a
hundred windows, however often they are looked at, and one that stands well within it never.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, hypot, sqrt
from typing import Final, NamedTuple

from schemas.control import Guard, Guards
from schemas.event import Breach

Z: Final = 4.0
LATENCIES: Final = 2048
"""The last ones of a side that are kept. The fewest that bound a 99th percentile at four errors are 1,584."""
MAX_AUTHORS: Final = 50_000
MAX_WINDOW_S: Final = 3600.0
_SLOW: Final = 0.01


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    rows: int

    @property
    def value(self) -> float:
        return self.hits / self.rows if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """After Wilson (1927)."""
        if not self.rows:
            return 0.0, 1.0
        n, share = self.rows, self.value
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        reach = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)


def is_over(one: Share, other: Share, factor: float = 1.0, margin: float = 0.0) -> bool:
    """Whether one share is surely more than the other times a factor, plus a margin.

    The lower bound of the difference comes from the two intervals (Newcombe 1998; with a factor Zou & Donner 2008).
    """
    low, high = one.interval[0], other.interval[1]
    difference = one.value - factor * other.value - margin
    return difference - hypot(one.value - low, factor * (high - other.value)) > 0


def highest_p99(times: Sequence[float]) -> float | None:
    """What the 99th percentile surely does not exceed, from the order of these times alone; None: they are too few."""
    n = len(times)
    rank = ceil(n * (1 - _SLOW) + Z * sqrt(n * _SLOW * (1 - _SLOW)))
    return None if rank > n else sorted(times)[rank - 1]


class Seen(NamedTuple):
    """What became of a record."""

    is_acted_on: bool
    is_dead: bool
    took_ms: float | None
    """From intake to the decision; None of what may wait, and of a dead letter."""


@dataclass(slots=True)
class Side:
    """Sums of one of the two models."""

    authors: int = 0
    acted_on: int = 0
    dead: int = 0
    times_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES))

    def add(self, seen: Seen) -> None:
        self.authors += 1
        self.acted_on += seen.is_acted_on
        self.dead += seen.is_dead
        if seen.took_ms is not None:
            self.times_ms.append(seen.took_ms)


class Window:
    """Both sides since a degree began, an hour or 50,000 authors at most: then it begins anew.

    Of each author the first record counts and no other. Posts of one author are alike, and one who floods is on one
    side: counted by the post, that alone would be a difference.
    """

    def __init__(self, guards: Guards, now: float) -> None:
        self._guards = guards
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._since = now
        self._authors: set[int] = set()
        self._sides: dict[str, tuple[Side, Side]] = {}

    def add(self, task: str, author: bytes, is_candidate: bool, seen: Seen, now: float) -> None:
        """Takes in a record that was answered; `now` is monotonic seconds."""
        if now - self._since > MAX_WINDOW_S or len(self._authors) >= MAX_AUTHORS:
            self._begin(now)
        who = hash((task, author))
        if who not in self._authors:
            self._authors.add(who)
            self._sides.setdefault(task, (Side(), Side()))[is_candidate].add(seen)

    def breach(self) -> Breach | None:
        """The first guard that is broken. Takes less than a millisecond."""
        for task, (active, candidate) in self._sides.items():
            if min(active.authors, candidate.authors) < self._guards.at_least:
                continue
            for find in (_dead_letters, _actions, _p99):
                if (found := find(self._guards, task, candidate, active)) is not None:
                    return found
        return None


def _dead_letters(guards: Guards, task: str, candidate: Side, active: Side) -> Breach | None:
    margin = guards.dead_letters
    one, other = Share(candidate.dead, candidate.authors), Share(active.dead, active.authors)
    if margin is None or not is_over(one, other, margin=margin):
        return None
    return _breach("dead_letters", task, one, other, other.value + margin)


def _actions(guards: Guards, task: str, candidate: Side, active: Side) -> Breach | None:
    """More often, or more seldom: a model that finds nothing harms as well."""
    factor = guards.actions
    one, other = Share(candidate.acted_on, candidate.authors), Share(active.acted_on, active.authors)
    if factor is None:
        return None
    if is_over(one, other, factor):
        return _breach("actions", task, one, other, factor * other.value)
    if is_over(other, one, factor):
        return _breach("actions", task, one, other, other.value / factor)
    return None


def _p99(guards: Guards, task: str, candidate: Side, active: Side) -> Breach | None:
    """Whether surely more than one in a hundred take longer than they may."""
    highest = highest_p99(active.times_ms)
    if guards.p99 is None or highest is None:
        return None
    limit = guards.p99 * highest
    times = sorted(candidate.times_ms)
    slow = Share(sum(took > limit for took in times), len(times))
    if slow.interval[0] <= _SLOW:
        return None
    measured = times[int((1 - _SLOW) * len(times))]
    return Breach(
        guard="p99", task=task, measured=measured, active=highest, limit=limit,
        n=len(times), n_active=len(active.times_ms),
    )  # fmt: skip


def disagreement(guards: Guards, candidate: Share, active: Share) -> Breach | None:
    """Of verdicts that people reviewed: how many were right."""
    margin = guards.agreement
    if margin is None or not is_over(active, candidate, margin=margin):
        return None
    return _breach("agreement", None, candidate, active, active.value - margin)


def _breach(guard: Guard, task: str | None, one: Share, other: Share, limit: float) -> Breach:
    return Breach(
        guard=guard, task=task, measured=one.value, active=other.value, limit=limit, n=one.rows, n_active=other.rows
    )


def sentence(breach: Breach) -> str:
    """What happened, for the log and for people."""
    unit, per = ("ms", 1) if breach.guard == "p99" else ("%", 100)
    measured, limit, active = (f"{per * value:.3g} {unit}" for value in (breach.measured, breach.limit, breach.active))
    of = "" if breach.task is None else f" of {breach.task}"
    return (
        f"The guard {breach.guard}{of} ended it: {measured} where {limit} is the limit "
        f"and the active model has {active} ({breach.n} beside {breach.n_active})."
    )
