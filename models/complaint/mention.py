"""What a complaint says of a finding, and the one interface of all that can tell."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

from models.complaint.reading import Reading


class Assertion(StrEnum):
    """How a finding is meant."""

    PRESENT = "present"
    POSSIBLE = "possible"
    """Thought of, by the patient or by whoever writes."""
    ABSENT = "absent"
    PAST = "past"
    """Over before this visit; a condition that somebody lives with is present."""
    OTHER = "other"
    """Somebody else's."""
    HYPOTHETICAL = "hypothetical"
    """Feared, prevented, to be watched for, or a mere topic."""


class Mention(NamedTuple):
    """A finding in a text: its key, how it is meant, and its place in code points, end excluded."""

    finding: str
    assertion: Assertion
    start: int
    end: int
    is_alike: bool = False
    """Whether no phrase says it: its place is a passage that is like those in which it was marked."""


class Finder(Protocol):
    """Finds the mentions in a text. Pure; any thread may call it."""

    def find(self, text: str, readings: Iterable[Reading] = ()) -> list[Mention]:
        """Args:
        text: a complaint after `models.text.normalise`, in which line breaks may stand.
        readings: the numbers of the text, some of which are findings: a temperature of 39 is a fever.

        Returns:
            Mentions in the order of the text; they may overlap, and no finding hides another.
        """
