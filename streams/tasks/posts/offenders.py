"""Authors who were acted on, and where that is kept: in a file for each input partition, or in a changelog."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from streams.policy import RepeatOffenderPolicy
from streams.record import Outgoing
from streams.tasks.base import Change
from streams.tasks.outputs import Alarm
from streams.tasks.posts.authors import AuthorHistory, author_hash
from streams.tasks.posts.journal import Journal, Place, author_in

logger = logging.getLogger(__name__)


class Offenders:
    """Strikes of authors over restarts and moves of partitions. Not shared between threads.

    Args:
        secret: key of the hash under which authors are known.
        folder: where their history is kept, one file an input partition; None: not there.
        journal: what of it is to leave for its changelog; None: it has none.
    """

    def __init__(
        self,
        policy: RepeatOffenderPolicy,
        secret: bytes,
        wall_clock: Callable[[], float],
        folder: Path | None,
        journal: Journal | None,
    ) -> None:
        self.authors = AuthorHistory(policy, secret, journal)
        self.wall_clock = wall_clock
        self._policy = policy
        self._secret = secret
        self._folder = folder
        self._journal = journal
        self._held: set[int] = set()
        """Input partitions of this worker."""

    def strike(self, author: str, identity: str, partition: int, sent_at: float) -> Alarm | None:
        """Enters a post that was acted on, and says what it means beside those before it.

        Args:
            identity: of what it says, whatever judged it.
        """
        count = self.authors.add(self._who(author, partition), identity, partition, sent_at)
        if count is None:
            return None
        return Alarm("repeat_offender", "high", author, [f"posts>={self._policy.posts}"], count)

    def strikes(
        self, author: str, identity: str, partition: int, sent_at: float,
        window_s: float | None, half_life_s: float | None = None,
    ) -> int:  # fmt: skip
        """Posts of the author before this one that were acted on, in the last so many seconds; None: all known."""
        who = self._who(author, partition)
        return self.authors.before(who, identity, sent_at, window_s or self._policy.window_s, half_life_s)

    def _who(self, author: str, partition: int) -> int:
        """A changelog moves with a partition, so what it tells of an author is of that partition alone."""
        who = author_hash(self._secret, author)
        return who if self._journal is None else author_in(partition, who)

    def leaving(self) -> Sequence[Outgoing]:
        """What is to leave with the verdict that was decided last."""
        return () if self._journal is None else self._journal.leaving()

    def adopt(self, policy: RepeatOffenderPolicy) -> None:
        """What is remembered stays; from now on this policy says what it means."""
        self._policy = policy
        self.authors.adopt(policy)

    def assign(self, partitions: Collection[int]) -> None:
        """Reads what files know of the authors of partitions that are new; what a changelog knows comes by `restore`.

        What is known of a partition stays over a revocation where a changelog tells what others did meanwhile.
        """
        if self._journal is not None:
            self.authors.forget(self._held.difference(partitions))
            self._held = set(partitions)
            return
        for partition in set(partitions) - self._held:
            path = self._path(partition)
            if path is not None:
                self.authors.load(path, partition)
        self._held.update(partitions)

    def restore(self, partition: int, changes: Sequence[Change]) -> int:
        """Enters what the changelog says of a partition. Returns how many messages cannot be used: damaged, or written
        with another key.
        """
        if self._journal is None:
            return len(changes)
        now, unused = self.wall_clock(), 0
        for key, value in changes:
            place = Place.of(key)
            if place is None:
                unused += 1
            elif place.partition != partition:
                continue  # of another input partition, where the changelog has fewer
            elif value is None:
                self.authors.strike_out(place)
            elif (strike := self._journal.read(place, value, now)) is None:
                unused += 1
            else:
                self.authors.enter(place, strike.sent_at.timestamp(), strike.count)
        self.authors.settle()
        return unused

    def revoke(self, partitions: Collection[int]) -> None:
        """Writes down what is known of partitions that were given up, and forgets it. With a changelog it is written
        already, and stays until others are assigned.
        """
        if self._journal is not None:
            return
        self._save(self.authors.changed().intersection(partitions))
        self.authors.forget(partitions)
        self._held.difference_update(partitions)

    def checkpoint(self) -> None:
        """Writes down what changed since the last time; what is over in a changelog leaves with the next verdict."""
        if self._journal is not None:
            self.authors.sweep(self.wall_clock())
        self._save(self.authors.changed() & self._held)  # the file of any other is its owner's

    def _save(self, partitions: Collection[int]) -> None:
        for partition in partitions:
            path = self._path(partition)
            try:
                if path is not None:
                    self.authors.save(path, partition)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                logger.warning("author history of partition %d is not saved in %s: %s", partition, self._folder, reason)

    def _path(self, partition: int) -> Path | None:
        return None if self._folder is None else self._folder / f"authors-{partition}.json"
