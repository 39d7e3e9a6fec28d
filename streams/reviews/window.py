"""What a report needs of the last hours or days, kept small: a dozen bytes a verdict, so that any may be reviewed."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import Review
from streams.reviews.judged import Verdict, read_verdict
from streams.reviews.report import ReviewReport

SLICES: Final = 240
"""Of a window, at the least: it moves on by one of them."""
LONGEST_SLICE: Final = 60_000
"""In milliseconds. Where there is no room a whole one is given up, and one that filled all of it leaves nothing."""
MOST_VERDICTS: Final = 20_000_000
"""About 200 MB."""
MOST_KINDS: Final = 1 << 16
"""Different things that verdicts say: some hundreds, unless somebody else writes to their topic."""
MOST_REVIEWS: Final = 100_000
"""About 200 MB."""


class _Wanted(NamedTuple):
    """Verdicts that are reviewed."""

    hashes: NDArray[np.int64]
    """Of their identifiers, ascending."""
    identities: list[str]

    @classmethod
    def of(cls, identities: Iterable[str]) -> _Wanted:
        ordered = sorted(identities, key=hash)
        return cls(np.array([hash(one) for one in ordered], np.int64), ordered)


@dataclass(slots=True)
class _Slice:
    """Verdicts of a stretch of time."""

    hashes: array[int] = field(default_factory=lambda: array("q"))
    """Of their identifiers."""
    kinds: array[int] = field(default_factory=lambda: array("H"))
    """What they say, as places in a list."""
    drawn: list[tuple[str, str]] = field(default_factory=list)
    """Identifier and language of those that the service drew at random."""
    unreadable: int = 0
    """Verdicts and reviews."""

    def tell(self, found: ReviewReport, kinds: Sequence[Verdict], wanted: _Wanted) -> None:
        for kind, number in enumerate(np.bincount(np.asarray(self.kinds)).tolist()):
            if number:
                found.count(kinds[kind], number)
        for identity, lang in self.drawn:
            found.propose(identity, lang)
        found.unreadable += self.unreadable
        if wanted.identities:
            own = np.asarray(self.hashes)
            nearest = np.minimum(np.searchsorted(wanted.hashes, own), len(wanted.hashes) - 1)
            for place in np.flatnonzero(wanted.hashes[nearest] == own).tolist():
                found.keep(wanted.identities[nearest[place]], kinds[self.kinds[place]])


class Window:
    """A sliding window over verdicts and reviews, by their Kafka timestamps in milliseconds.

    A report of it is the one that reading both topics from `since` on gives, where verdicts stand in the order of their
    times: of two of one identifier the word of the later slice counts, whichever came first.

    Args:
        length: in milliseconds; it may be longer by a slice, and is shorter where there is no room.
        now: in milliseconds since 1970.
    """

    def __init__(
        self, length: int, now: int, most_verdicts: int = MOST_VERDICTS, most_reviews: int = MOST_REVIEWS
    ) -> None:
        self._length = length
        self._step = max(1, min(length // SLICES, LONGEST_SLICE))
        self._most_verdicts = most_verdicts
        self._most_reviews = most_reviews
        self._slices: dict[int, _Slice] = {}
        """By the moment at which they begin."""
        self._reviews: list[tuple[int, Review]] = []
        """In the order in which they came, which decides what the last word is."""
        self._kinds: dict[Verdict, int] = {}
        self._held = 0
        self._now = now
        self.since = self._begin_of(now - length)

    def add_review(self, at: int, review: Review | None) -> None:
        """None: it cannot be read."""
        at = min(at, self._now)
        if at < self.since:
            return
        if review is None:
            self._slice(at).unreadable += 1
            return
        self._reviews.append((at, review.model_copy(update={"note": None, "spans": None})))
        while len(self._reviews) > self._most_reviews:
            self._begin(self._begin_of(min(at for at, _ in self._reviews)) + self._step)

    def add_verdict(self, at: int, fields: Mapping[str, Any]) -> None:
        """As JSON holds it."""
        at = min(at, self._now)
        if at < self.since:
            return
        own = self._slice(at)
        read = read_verdict(fields)
        if read is None or (len(self._kinds) >= MOST_KINDS and read[1] not in self._kinds):
            own.unreadable += 1
            return
        identity, verdict = read
        kind = self._kinds.setdefault(verdict, len(self._kinds))
        own.kinds.append(kind)
        own.hashes.append(hash(identity))
        if verdict.sampled:
            own.drawn.append((identity, verdict.lang))
        self._held += 1
        while self._held > self._most_verdicts:
            self._begin(min(self._slices) + self._step)

    def move(self, now: int) -> None:
        """Forgets what is too old. Call it before what came until now is added: a later time is a wrong clock's."""
        self._now = now
        if (since := self._begin_of(now - self._length)) > self.since:
            self._begin(since)

    @property
    def is_whole(self) -> bool:
        """False: it is shorter than it was to be, since there was no room."""
        return self.since <= self._now - self._length

    def report(self) -> ReviewReport:
        """Looks at every verdict: not for the event loop. Nothing may be added meanwhile."""
        found = ReviewReport()
        for _, review in self._reviews:
            found.add_review(review)
        wanted, kinds = _Wanted.of(found.reviews.verdicts), list(self._kinds)
        for begin in sorted(self._slices):
            self._slices[begin].tell(found, kinds, wanted)
        return found

    def _begin_of(self, at: int) -> int:
        return at // self._step * self._step

    def _slice(self, at: int) -> _Slice:
        return self._slices.setdefault(self._begin_of(at), _Slice())

    def _begin(self, since: int) -> None:
        self.since = since
        for begin in [begin for begin in self._slices if begin < since]:
            self._held -= len(self._slices.pop(begin).hashes)
        self._reviews = [(at, review) for at, review in self._reviews if at >= since]
