"""Near-equal pictures from many authors: raises an alert for people, never changes an action.

A picture belongs to a group if the PDQ hash of one of its eight orientations lies within 31 bits of the hash of the
group's first picture, so a group cannot drift.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import numpy as np

from models.pictures.hashing import MAX_DISTANCE, Fingerprint, Words, nearest, words_of
from streams.pictures.seen import Seen
from streams.policy.file import PictureWavePolicy
from streams.tasks.posts.crowd import Crowd

MAX_REMEMBERED: Final = 100_000
"""Authors of all groups together: 15 MB."""
_GROWS_BY: Final = 1_024


def new_pictures(seen: Sequence[Seen] | None) -> list[Fingerprint]:
    """Of a post's pictures the first frames of those that there is something to know by. What stands on the operator's
    list is nothing new: it has a label already, or is allowed.
    """
    prints = [one.look.fingerprints[0] for one in seen or () if one.look is not None and one.known is None]
    return [one for one in prints if one.is_telling]


class PictureWaves:
    """Distinct authors per group of near-equal pictures in a sliding window.

    A group goes when nobody showed its picture for a window; the ones seen least recently go first where there are too
    many of them or of their authors. What is remembered starts empty with the process. Not shared between threads.
    """

    def __init__(self, policy: PictureWavePolicy) -> None:
        self._policy = policy
        self._words: Words = np.zeros((0, 4), dtype=np.uint64)
        self._crowds: OrderedDict[int, Crowd] = OrderedDict()
        """By the row of its hash; the one seen least recently first."""
        self._free: list[int] = []
        self._remembered = 0

    def adopt(self, policy: PictureWavePolicy) -> None:
        """Another number, window or size from now on; what is remembered stays."""
        self._policy = policy

    def __len__(self) -> int:
        return len(self._crowds)

    def add(self, prints: Sequence[Fingerprint], author: int, verdict_id: str, now: float) -> int | None:
        """Counts the pictures of one post, each as `Crowd.add` does; the highest number of authors that is due."""
        due = [self._add(one, author, verdict_id, now) for one in prints]
        return max((count for count in due if count is not None), default=None)

    def size(self, prints: Sequence[Fingerprint], author: int, now: float) -> int:
        """Authors of a post's pictures in the window, once this one is counted: of the picture with most of them."""
        rows = [row for one in prints if (row := self._find(one)) is not None]
        return max((self._crowds[row].size_with(author, now, self._policy.window_s) for row in rows), default=0)

    def _add(self, print_: Fingerprint, author: int, verdict_id: str, now: float) -> int | None:
        self._forget(now - self._policy.window_s)
        row = self._find(print_)
        if row is None:
            row = self._begin(print_)
        crowd = self._crowds[row]
        self._crowds.move_to_end(row)
        before = len(crowd)
        count = crowd.add(author, verdict_id, now, self._policy.authors, self._policy.window_s)
        self._remembered += len(crowd) - before
        return count

    def _find(self, print_: Fingerprint) -> int | None:
        """Scans all: ten thousand hashes take about 3 ms for the eight orientations."""
        row, distance = nearest(self._words, words_of(print_.hashes))
        return row if distance <= MAX_DISTANCE and row in self._crowds else None

    def _begin(self, print_: Fingerprint) -> int:
        while len(self._crowds) >= self._policy.max_pictures:
            self._drop_oldest()
        if not self._free:
            size = len(self._words)
            self._words = np.concatenate([self._words, np.zeros((_GROWS_BY, 4), dtype=np.uint64)])
            self._free = list(range(len(self._words) - 1, size - 1, -1))
        row = self._free.pop()
        self._words[row] = words_of(print_.hashes[:1])[0]
        self._crowds[row] = Crowd(bar=self._policy.authors)
        return row

    def _forget(self, start: float) -> None:
        while self._crowds and (
            self._remembered > MAX_REMEMBERED or self._crowds[next(iter(self._crowds))].newest < start
        ):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        row, crowd = self._crowds.popitem(last=False)
        self._remembered -= len(crowd)
        self._words[row] = 0  # half of the bits of a hash are ones: nothing is near it
        self._free.append(row)
