"""Who was acted on how often: raises an alert for people, and answers rules of the policy that ask for strikes."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from streams.policy import RepeatOffenderPolicy
from streams.tasks.posts.journal import Journal, Place, place_of

logger = logging.getLogger(__name__)

FORMAT: Final = 1
MAX_POSTS: Final = 256  # remembered posts an author: enough for the alerts at 3, 6, 12 ... 192
MAX_FILE_BYTES: Final = 1 << 28
MOST_SWEPT: Final = 1000  # authors, at once
MAX_BACKLOG: Final = 10_000  # of strikes to be taken back: no more are forgotten for being old before those have left


def key_check(secret: bytes) -> str:
    """Stands for a key where it has to be told which one it was."""
    return blake2b(b"tidegate authors", key=secret, digest_size=8).hexdigest()


def author_hash(secret: bytes, author: str) -> int:
    """56 bits that stand for an author; without the secret nobody can tell whom, not even by trying names."""
    return int.from_bytes(blake2b(author.encode("utf-8", "surrogatepass"), key=secret, digest_size=7).digest())


@dataclass(slots=True)
class _Author:
    partition: int
    acted_on: dict[int, float] = field(default_factory=dict)
    """Start of the content id to the time, oldest first."""
    raised: dict[int, int] = field(default_factory=dict)
    """Verdicts that raised an alert, with the count that they raised: a redelivery raises the same again."""
    bar: int = 0
    """The count that raises the next alert."""
    latest: float = 0.0


class AuthorHistory:
    """Acted-on posts of the last window for each author; the least recently acted-on authors go first.

    A post counts once, however often it is delivered. Not shared between threads.

    Args:
        policy: when to alert, how long to remember, how many authors.
        secret: key of the hash under which authors are stored; the same for all workers that share a folder.
        journal: where strikes are written to that others are to know, and that they are over; None: nowhere.
    """

    def __init__(self, policy: RepeatOffenderPolicy, secret: bytes, journal: Journal | None = None) -> None:
        self._policy = policy
        self._check = key_check(secret)
        self._journal = journal
        self._authors: OrderedDict[int, _Author] = OrderedDict()
        self._changed: set[int] = set()

    def __len__(self) -> int:
        return len(self._authors)

    def adopt(self, policy: RepeatOffenderPolicy) -> None:
        """Another number, window or size from now on; what is remembered stays."""
        self._policy = policy

    def count(self, author: int) -> int:
        """Posts of an author that are remembered, for tests and for people who look."""
        found = self._authors.get(author)
        return 0 if found is None else len(found.acted_on)

    def before(
        self, author: int, content_id: str, now: float, window_s: float, half_life_s: float | None = None
    ) -> int:
        """Posts acted on in the window before one of them, which does not count itself: a redelivery asks the same.

        Args:
            half_life_s: after so long a post counts half; the sum is rounded. None: each counts whole.
        """
        found = self._authors.get(author)
        if found is None:
            return 0
        own = int(content_id[:16], 16)
        ages = [now - at for post, at in found.acted_on.items() if post != own and now - window_s <= at <= now]
        return len(ages) if half_life_s is None else int(sum(0.5 ** (age_s / half_life_s) for age_s in ages) + 0.5)

    def add(self, author: int, content_id: str, partition: int, now: float) -> int | None:
        """Counts one acted-on post.

        Args:
            author: from `author_hash`; with a journal, from `author_in`.
            content_id: hex digits.
            partition: of the input; says in which snapshot the author belongs.
            now: seconds since 1970 at which the post was sent.

        Returns:
            The count where an alert is due: at the policy's number and at each doubling of it.
        """
        entry = self._authors.get(author)
        if entry is None:
            entry = self._authors[author] = _Author(partition, bar=self._policy.posts)
        self._authors.move_to_end(author)
        post = int(content_id[:16], 16)
        if post not in entry.acted_on:
            entry.acted_on[post] = now
            entry.latest = max(entry.latest, now)
            self._changed.add(entry.partition)
            self._expire(author, entry, now)
            self._raise(entry, post)
            self._evict(now)
        count = entry.raised.get(post)
        if self._journal is not None:
            self._journal.note(place_of(author, post), content_id, entry.acted_on[post], count)
        return count

    def _raise(self, entry: _Author, post: int) -> None:
        count = len(entry.acted_on)
        if count >= entry.bar:
            entry.raised[post] = count
            while entry.bar <= count:
                entry.bar *= 2

    def _expire(self, author: int, entry: _Author, now: float) -> None:
        start = now - self._policy.window_s
        while len(entry.acted_on) > MAX_POSTS or entry.acted_on[next(iter(entry.acted_on))] < start:
            post = next(iter(entry.acted_on))
            del entry.acted_on[post]
            entry.raised.pop(post, None)
            self._take_back(author, (post,))
        if len(entry.acted_on) < self._policy.posts:
            entry.bar = self._policy.posts

    def _evict(self, now: float) -> None:
        start = now - self._policy.window_s
        for _ in range(2):  # at most one came in, so two make room
            author, entry = next(iter(self._authors.items()))
            if len(self._authors) <= self._policy.max_authors and entry.latest >= start:
                return
            self._drop(author, entry)

    def _drop(self, author: int, entry: _Author) -> None:
        del self._authors[author]
        self._changed.add(entry.partition)
        self._take_back(author, entry.acted_on)

    def _take_back(self, author: int, posts: Iterable[int]) -> None:
        if self._journal is not None:
            for post in posts:
                self._journal.take_back(place_of(author, post))

    def sweep(self, now: float) -> None:
        """Forgets authors of whom nothing recent is known, those who were acted on least recently first."""
        start = now - self._policy.window_s
        for _ in range(min(MOST_SWEPT, len(self._authors))):
            author, entry = next(iter(self._authors.items()))
            if entry.latest >= start or (self._journal is not None and self._journal.backlog > MAX_BACKLOG):
                return
            self._drop(author, entry)

    def enter(self, place: Place, sent_at: float, count: int | None) -> None:
        """A strike that the changelog tells of; one that is known stays as it is. Ends with `settle`."""
        entry = self._authors.setdefault(place.who, _Author(place.partition, bar=self._policy.posts))
        self._authors.move_to_end(place.who)
        entry.acted_on.setdefault(place.post, sent_at)
        entry.latest = max(entry.latest, sent_at)
        if count is not None:
            entry.raised[place.post] = count
            while entry.bar <= count:
                entry.bar *= 2

    def strike_out(self, place: Place) -> None:
        """A strike that was taken back."""
        entry = self._authors.get(place.who)
        if entry is None:
            return
        entry.acted_on.pop(place.post, None)
        entry.raised.pop(place.post, None)
        if not entry.acted_on:
            del self._authors[place.who]

    def changed(self) -> frozenset[int]:
        """Partitions with something to save."""
        return frozenset(self._changed)

    def save(self, path: Path, partition: int) -> None:
        """Writes one partition's authors; a crash leaves the old file or the new one. Raises OSError."""
        authors = {
            f"{author:014x}": [list(entry.acted_on.items()), list(entry.raised.items()), entry.bar]
            for author, entry in self._authors.items()
            if entry.partition == partition
        }
        content = orjson.dumps({"format": FORMAT, "key": self._check, "authors": authors})
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._changed.discard(partition)

    def load(self, path: Path, partition: int) -> None:
        """Adds a partition's saved authors. A missing file is no history; neither is one that cannot be read."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise ValueError("too large")
            authors = self._parse(orjson.loads(path.read_bytes()), partition)
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError) as error:
            logger.warning("author history of partition %d starts empty: %s", partition, type(error).__name__)
            return
        for author, entry in authors.items():
            self._authors.setdefault(author, entry)
        self.settle()

    def settle(self) -> None:
        """Call it after reading: no more authors are kept than the policy says. What is written of them stays so."""
        while len(self._authors) > self._policy.max_authors:
            self._authors.popitem(last=False)

    def _parse(self, content: Any, partition: int) -> dict[int, _Author]:
        if content["format"] != FORMAT or content["key"] != self._check:
            raise ValueError("written by another version or with another secret")
        return {
            int(author, 16): _Author(
                partition,
                {int(post): float(time) for post, time in acted_on},
                {int(post): int(count) for post, count in raised},
                max(int(bar), self._policy.posts),
                max(float(time) for _, time in acted_on),
            )
            for author, (acted_on, raised, bar) in content["authors"].items()
            if acted_on
        }

    def forget(self, partitions: Collection[int]) -> None:
        """Drops the authors of partitions that another worker looks after now."""
        for author in [author for author, entry in self._authors.items() if entry.partition in partitions]:
            del self._authors[author]
        self._changed.difference_update(partitions)
