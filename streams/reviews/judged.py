"""A verdict with the last word that a person had on it, and whether it was right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, get_args

from models.labels import LANGUAGES
from schemas import Review
from schemas.verdicts import Action as ActionName
from streams.policy import Action

_ACTIONS: Final = frozenset(get_args(ActionName))


class Verdict(NamedTuple):
    """What of a post's verdict is compared with reviews."""

    action: str
    labels: frozenset[str]
    lang: str
    sampled: bool


def read_verdict(fields: Mapping[str, Any]) -> tuple[str, Verdict] | None:
    """Identifier and verdict of what JSON holds; None for what is none: anybody may write to a topic."""
    match fields:
        case {"id": str(identity), "action": str(action), "labels": list(labels)}:
            if action in _ACTIONS and all(isinstance(label, str) for label in labels):
                lang = fields.get("lang")
                known = lang if lang in LANGUAGES else "other"
                return identity, Verdict(action, frozenset(labels), known, fields.get("sampled") is True)
    return None


class Judged(NamedTuple):
    """A verdict with the last word on it."""

    verdict: Verdict
    review: Review

    @property
    def is_right(self) -> bool:
        return is_right(self.verdict.action, self.review)

    @property
    def is_drawn(self) -> bool:
        """At random: by the service, or by whoever chose what is reviewed."""
        return self.verdict.sampled or self.review.sampled

    @property
    def right_labels(self) -> frozenset[str] | None:
        """None: nobody said."""
        return right_labels(self.review, self.verdict.labels)


def is_right(action: str, review: Review) -> bool:
    """Of the action that a review is about: by its decision; without one, whether the action is called for."""
    return is_called_for(action, review.action) if review.decision is None else review.decision == "upheld"


def is_called_for(action: str, wanted: str) -> bool:
    """Whether a person who wants the one agrees to the other: at least as much, or anything at all for a review."""
    taken, asked = Action[action.upper()], Action[wanted.upper()]
    return asked > Action.ALLOW if taken is Action.REVIEW else asked >= taken


def right_labels(review: Review, labels: frozenset[str]) -> frozenset[str] | None:
    """Those that a post should have. None: nobody said.

    Args:
        labels: of the verdict that the review is about.
    """
    if review.labels is not None:
        return frozenset(review.labels)
    if review.action == "allow":
        return frozenset()
    return labels if review.decision == "upheld" else None
