"""The reviews that count: the last of each that was sent again, without those that another takes the place of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from schemas import InvalidRecord, Review

MAX_REVIEW_BYTES: Final = 1 << 20


def review_in(value: bytes | None) -> Review | None:
    """None for what is none."""
    try:
        return Review.decode(value, MAX_REVIEW_BYTES)
    except InvalidRecord:
        return None


@dataclass(slots=True)
class Reviews:
    """In the order in which they came."""

    by_key: dict[str, Review] = field(default_factory=dict)
    """By their own identifier or, without one, by verdict and reviewer: who reviews again has thought again."""
    verdicts: set[str] = field(default_factory=set)
    """Identifiers of the verdicts that they are about."""

    def __len__(self) -> int:
        return len(self.by_key)

    def add(self, review: Review) -> None:
        self.by_key[review.id or f"{review.verdict_id} {review.reviewer}"] = review
        self.verdicts.add(review.verdict_id)

    def standing(self) -> list[Review]:
        """Without those that are superseded."""
        replaced = {review.supersedes for review in self.by_key.values() if review.supersedes is not None}
        return [review for key, review in self.by_key.items() if key not in replaced]

    def usual(self) -> dict[str, Review]:
        """The last word on each verdict, without appeals: who appeals is no fair sample."""
        last = {review.verdict_id: review for review in self.standing() if is_sure(review)}
        return {verdict: review for verdict, review in last.items() if review.source != "appeal"}


def is_sure(review: Review) -> bool:
    return review.decision != "unsure"
