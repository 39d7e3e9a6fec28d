"""Distinct authors of one thing in a sliding window, and when people should hear of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

MAX_AUTHORS: Final = 5_000
"""Of a crowd; its count stops there."""


@dataclass(slots=True, eq=False)
class Crowd:
    """The same author counts once, so redelivery changes nothing."""

    authors: dict[int, float] = field(default_factory=dict)
    """Author to the time of the last post, oldest first."""
    raised: dict[str, int] = field(default_factory=dict)
    """Verdicts that raised an alert, with their count: a redelivery raises the same again."""
    bar: int = 0
    """Authors at which the next alert is due."""

    def __len__(self) -> int:
        return len(self.authors)

    @property
    def newest(self) -> float:
        """Time of the post that came last, seconds since 1970."""
        return next(reversed(self.authors.values()))

    def add(self, author: int, verdict_id: str, now: float, least: int, window_s: float) -> int | None:
        """Counts one post.

        Args:
            author: from `author_hash`.
            verdict_id: of the post.
            now: seconds since 1970 at which the post was sent.
            least: authors that make a crowd.

        Returns:
            The number of authors where an alert is due: at `least` and at each doubling of it.
        """
        known = self.authors.pop(author, None)
        self.authors[author] = now if known is None else max(known, now)
        start = now - window_s
        while len(self.authors) > MAX_AUTHORS or self.authors[next(iter(self.authors))] < start:
            del self.authors[next(iter(self.authors))]
        count = len(self.authors)
        if count < least:
            self.bar = least
            self.raised.clear()
        elif count >= self.bar:
            self.raised[verdict_id] = count
            while self.bar <= count:
                self.bar *= 2
        return self.raised.get(verdict_id)

    def size_with(self, author: int, now: float, window_s: float) -> int:
        """Authors of the window before now; 0 where this one is none of them."""
        start = now - window_s
        if self.authors.get(author, 0.0) < start:
            return 0
        return len(self.authors) - sum(1 for _ in takewhile(lambda at: at < start, self.authors.values()))
