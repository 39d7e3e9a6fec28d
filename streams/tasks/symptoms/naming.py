"""How far a verdict's conditions can be trusted: the right one first, and none where there is none to name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.labels import NO_CONDITION
from streams.tasks.symptoms.curve import Share, in_groups

SURE: Final = 0.5
"""A verdict that gives a condition more than this says that it knows."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record whose condition somebody who knows has said, and what the verdict says first."""

    truth: str
    """NO_CONDITION: it is about none of those that the model knows."""
    first: str | None
    probability: float
    """Of the first."""
    groups: Mapping[str, str]
    """{kind of group: group}"""


@dataclass(frozen=True, slots=True)
class Naming:
    """One group."""

    by: str
    group: str
    right: Share
    """Of the records about a known condition: those whose verdict names it first."""
    unfounded: Share
    """Of the others: those whose verdict gives some condition more than SURE."""

    def as_dict(self) -> dict[str, Any]:
        shares = {"right": self.right.as_dict(), "unfounded": self.unfounded.as_dict()}
        return {"by": self.by, "group": self.group} | shares


def namings(records: Sequence[Named]) -> Iterator[Naming]:
    """All records, then each group that has any; nothing of no records."""
    for by, group, members in in_groups(records):
        known = [one.first == one.truth for one in members if one.truth != NO_CONDITION]
        unfounded = [one.probability > SURE for one in members if one.truth == NO_CONDITION]
        if members:
            yield Naming(
                by, group, Share.counted(sum(known), len(known)), Share.counted(sum(unfounded), len(unfounded))
            )
