"""What a task asks of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

EARLY_ANSWERS: Final = "post"
"""The head that the early exit answers, and the only one."""


class Joined(Enum):
    """How the answers of a head to several readings of one record become one answer."""

    HIGHEST = auto()
    """Of each label, so that harm in one place is not thinned by what surrounds it."""
    HIGHEST_SCALED = auto()
    """Of each class, scaled to sum up to 1."""
    MEAN = auto()
    MOST_URGENT = auto()
    """That of the reading with the most urgent expectation."""
    APART = auto()
    """They stay with the readings, whose tokens they mark."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which heads a task reads, and how each one's answers to several readings are joined.

    `may_degrade`: under overload the early exit may answer alone, and in a cascade wherever it finds nothing.

    Raises:
        ValueError: what may degrade reads no head that the early exit knows.
    """

    heads: Mapping[str, Joined]
    may_degrade: bool = False
    names: frozenset[str] = field(init=False)
    """Of the heads."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(self.heads))
        if self.may_degrade and EARLY_ANSWERS not in self.heads:
            raise ValueError(f"The early exit answers {EARLY_ANSWERS} alone, which this task does not read.")


ABOUT_POSTS: Final = Question(
    {"post": Joined.HIGHEST, "spans": Joined.APART, "sentiment": Joined.MEAN}, may_degrade=True
)
"""What is asked of every post, in the service and where the factory fits a model to posts."""
