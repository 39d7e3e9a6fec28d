"""What a cost of under-triage buys: urgent patients missed against harmless ones called urgent, by group. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.tasks.symptoms.level import likely_level

COSTS: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
URGENT: Final = 2
"""The least urgent of the levels that must not wait."""
MINOR: Final = 4
_CHILD: Final = 16
_OLD: Final = 65


class Grouped(Protocol):
    """A record that figures are made of, alone and by group."""

    @property
    def groups(self) -> Mapping[str, str]:
        """{kind of group: group}"""


Member = TypeVar("Member", bound=Grouped)


@dataclass(frozen=True, slots=True)
class Graded:
    """A record whose level somebody who knows has said."""

    level: int
    probabilities: NDArray[np.float64] | None
    """[levels]: the model's; None where it could not read the complaint."""
    protocol_level: int | None
    groups: Mapping[str, str]
    """{kind of group: group}: language, age, sex, pregnancy."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of some records, with its interval (Wilson 1927, 95 %)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else float("nan")

    @classmethod
    def counted(cls, count: int, of: int) -> Share:
        """0 to 1 where there is nothing to count."""
        if not of:
            return cls(0, 0, 0.0, 1.0)
        z = NormalDist().inv_cdf(0.975)
        middle = (count + z * z / 2) / (of + z * z)
        width = z / (of + z * z) * float(np.sqrt(count * (of - count) / of + z * z / 4))
        return cls(count, of, max(0.0, middle - width), min(1.0, middle + width))

    def as_dict(self) -> dict[str, Any]:
        """`share` is null where there was nothing to count."""
        low, high = round(self.low, 4), round(self.high, 4)
        return {"share": round(self.value, 4) if self.of else None, "low": low, "high": high, "of": self.of}


@dataclass(frozen=True, slots=True)
class Point:
    """One group at one cost."""

    by: str
    group: str
    cost: float
    missed: Share
    """Of the records of level 1 and 2: those put at 3 or lower (under-triage)."""
    raised: Share
    """Of the records of level 4 and 5: those put at 1 or 2 (over-triage)."""
    near: Share
    """Of all records: those at most one level off."""

    def as_dict(self) -> dict[str, Any]:
        shares = {"missed": self.missed, "raised": self.raised, "near": self.near}
        return {"by": self.by, "group": self.group, "cost": self.cost} | {
            name: one.as_dict() for name, one in shares.items()
        }


def curve(graded: Sequence[Graded], unassessed_level: int, costs: Sequence[float] = COSTS) -> Iterator[Point]:
    """All records, then each group that has any, at each cost.

    Args:
        unassessed_level: the policy's, of complaints that the model could not read.
    """
    for by, group, members in in_groups(graded):
        truth = np.array([one.level for one in members])
        for cost in costs:
            yield _point(by, group, cost, truth, np.array([_level(one, cost, unassessed_level) for one in members]))


def in_groups(records: Sequence[Member]) -> Iterator[tuple[str, str, list[Member]]]:
    """(kind of group, group, its members): all of them, then each group that has any."""
    kinds: dict[tuple[str, str], list[Member]] = {}
    for one in records:
        for by, group in one.groups.items():
            kinds.setdefault((by, group), []).append(one)
    yield "all", "all", list(records)
    for (by, group), members in sorted(kinds.items(), key=lambda kind: kind[0]):
        yield by, group, members


def _point(by: str, group: str, cost: float, truth: NDArray[np.int64], put: NDArray[np.int64]) -> Point:
    urgent, minor = truth <= URGENT, truth >= MINOR
    return Point(
        by, group, cost,
        missed=Share.counted(int((put[urgent] > URGENT).sum()), int(urgent.sum())),
        raised=Share.counted(int((put[minor] <= URGENT).sum()), int(minor.sum())),
        near=Share.counted(int((abs(put - truth) <= 1).sum()), len(truth)),
    )  # fmt: skip


def _level(one: Graded, cost: float, unassessed_level: int) -> int:
    likely = unassessed_level if one.probabilities is None else likely_level(one.probabilities, cost)
    return likely if one.protocol_level is None else min(likely, one.protocol_level)


def groups_of(lang: str, age: float | None, sex: str | None, is_pregnant: bool) -> dict[str, str]:
    """Those that figures are shown for; what is not known is in no group."""
    groups = {"language": lang}
    if age is not None:
        groups["age"] = "child" if age < _CHILD else "old" if age >= _OLD else "adult"
    if sex is not None:
        groups["sex"] = sex
    if is_pregnant:
        groups["pregnancy"] = "pregnant"
    return groups
