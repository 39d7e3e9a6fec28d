"""Author history as a compacted changelog: a message for each strike, taken back when it is over.

A strike stands under a key of its own and says nothing of others, so it does not matter in which order strikes are
written, how often, or by whom: what is known is all of them together. It leaves with the verdict that it is about,
before the offset of that record is released. So no crash loses one, and a record that comes again finds its strike.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Final, NamedTuple

from schemas import Strike
from streams.policy.base import LONGEST_WINDOW_S
from streams.record import Outgoing

KIND: Final = "authors"
_AUTHOR_BITS: Final = 56
MOST_AT_ONCE: Final = 256
"""Strikes that are taken back with one record."""


class Place(NamedTuple):
    """What a strike stands under: no two input partitions ever write the same key."""

    partition: int
    author: int
    """From `author_hash`."""
    post: int
    """Start of the post's id."""

    @property
    def key(self) -> bytes:
        return b"%d/%014x/%016x" % self

    @property
    def who(self) -> int:
        """The author as the history knows them."""
        return author_in(self.partition, self.author)

    @classmethod
    def of(cls, key: bytes | None) -> Place | None:
        """None for what is no such key."""
        try:
            partition, author, post = (key or b"").decode("ascii").split("/")
            place = cls(int(partition), int(author, 16), int(post, 16))
        except ValueError:
            return None
        return place if place.key == key else None


def author_in(partition: int, author: int) -> int:
    """One author in one input partition: what is known of them moves with it, whatever else a worker holds."""
    return partition << _AUTHOR_BITS | author


def place_of(who: int, post: int) -> Place:
    """Where a strike of somebody stands. `who`: from `author_in`."""
    return Place(who >> _AUTHOR_BITS, who & ((1 << _AUTHOR_BITS) - 1), post)


class Journal:
    """What waits to be written. Not shared between threads.

    Args:
        key_check: stands for the key of the authors' hashes.
    """

    def __init__(self, key_check: str) -> None:
        self._key_check = key_check
        self._strikes: list[Outgoing] = []
        self._over: deque[Outgoing] = deque()

    @property
    def backlog(self) -> int:
        """Strikes that are to be taken back."""
        return len(self._over)

    def note(self, place: Place, content_id: str, sent_at: float, count: int | None) -> None:
        """Writes a strike down. Call it again when its record comes again: it may not have left the first time."""
        strike = Strike(
            author=f"{place.author:014x}",
            key_check=self._key_check,
            content_id=content_id,
            sent_at=datetime.fromtimestamp(sent_at, UTC),
            count=count,
        )
        self._strikes.append(Outgoing(KIND, place.key, strike.model_dump_json().encode(), place.partition))

    def take_back(self, place: Place) -> None:
        """It is over, or there is no room for it. What is lost on the way is taken back by whoever reads it next."""
        self._over.append(Outgoing(KIND, place.key, None, place.partition))

    def leaving(self) -> list[Outgoing]:
        """What is to leave with the record that was decided last."""
        if not self._strikes and not self._over:
            return []
        strikes, self._strikes = self._strikes, []
        over = [self._over.popleft() for _ in range(min(MOST_AT_ONCE, len(self._over)))]
        return [*over, *strikes]

    def read(self, place: Place, value: bytes, now: float) -> Strike | None:
        """None: damaged, or under a hash with another key; that is taken back when it is so old that it counts under no
        policy.
        """
        try:
            strike = Strike.decode(value)
        except ValueError:
            return None
        if strike.key_check == self._key_check:
            return strike
        if strike.sent_at.timestamp() < now - LONGEST_WINDOW_S:
            self.take_back(place)
        return None
