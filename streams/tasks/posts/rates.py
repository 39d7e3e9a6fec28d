"""How much authors write: for rules of the policy that ask for floods of posts or of mentions, and only for them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from streams.policy.tables import MAX_POSTS

MAX_REMEMBERED: Final = 200_000
"""Posts of all authors together: some 30 MB."""

Post = tuple[float, int]  # when it was sent, and how many it mentions


class Rates:
    """Posts of the last minutes for each author, the authors seen least recently go first. Starts empty with the
    process: what is so short is over before it could be read again. Not shared between threads.
    """

    def __init__(self) -> None:
        self._authors: OrderedDict[int, dict[int, Post]] = OrderedDict()
        self._remembered = 0

    def __len__(self) -> int:
        return self._remembered

    def add(self, author: int, verdict_id: str, now: float, mentions: int, window_s: float) -> None:
        """Counts a post, once however often it comes.

        Args:
            author: from `author_hash`.
            verdict_id: hex digits.
            now: seconds since 1970 at which the post was sent.
            mentions: people whom it names.
            window_s: what is older is forgotten.
        """
        posts = self._authors.setdefault(author, {})
        self._authors.move_to_end(author)
        self._remembered -= len(posts)
        posts[int(verdict_id[:16], 16)] = now, mentions
        while len(posts) > MAX_POSTS or posts[next(iter(posts))][0] < now - window_s:
            del posts[next(iter(posts))]
        self._remembered += len(posts)
        while self._remembered > MAX_REMEMBERED:
            _, oldest = self._authors.popitem(last=False)
            self._remembered -= len(oldest)

    def before(self, author: int, verdict_id: str, now: float, window_s: float) -> tuple[int, int]:
        """Posts in the window before one of them, and mentions in those. A redelivery asks the same."""
        own = int(verdict_id[:16], 16)
        found = [
            mentions
            for verdict, (sent_at, mentions) in self._authors.get(author, {}).items()
            if verdict != own and now - window_s <= sent_at <= now
        ]
        return len(found), sum(found)
