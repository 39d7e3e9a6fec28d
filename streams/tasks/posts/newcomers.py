"""First posts of new accounts, of which many at about the same time are a join wave."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

MAX_REMEMBERED: Final = 200_000
"""Accounts: some 40 MB."""


class Newcomers:
    """Accounts whose first post is known. Starts empty with the process, and with a partition that others had before:
    an account that was made before that may have posted already, so it is none. Not shared between threads.
    """

    def __init__(self) -> None:
        self._first: OrderedDict[int, tuple[str, float]] = OrderedDict()
        """Author to the first post and its time, in the order in which they came."""
        self._since: dict[int, float] = {}
        """By input partition: the time from which on all of its posts were seen."""
        self._forgotten_to = 0.0
        """Of accounts made before it some are forgotten, because there were too many."""

    def __len__(self) -> int:
        return len(self._first)

    def is_first(
        self, author: int, verdict_id: str, partition: int, now: float, account_age_s: float | None, younger_s: float
    ) -> bool:
        """Whether this is the first post of a new account. A redelivery of it still is.

        Args:
            author: from `author_hash`.
            verdict_id: of the post.
            partition: of the input.
            now: seconds since 1970 at which the post was sent.
            account_age_s: None: not known.
            younger_s: older accounts are not new.
        """
        since = self._since.setdefault(partition, now)
        while self._first and (
            len(self._first) > MAX_REMEMBERED or next(iter(self._first.values()))[1] < now - younger_s
        ):
            _, (_, at) = self._first.popitem(last=False)
            self._forgotten_to = max(self._forgotten_to, at)
        known_from = max(since, self._forgotten_to)
        if account_age_s is None or account_age_s >= younger_s or now - account_age_s < known_from:
            return False
        return self._first.setdefault(author, (verdict_id, now))[0] == verdict_id

    def hold(self, partitions: Collection[int]) -> None:
        """Of other partitions somebody else sees the posts from now on."""
        self._since = {number: since for number, since in self._since.items() if number in partitions}
