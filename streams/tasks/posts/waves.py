"""Near-identical text from many authors: raises an alert for people, never changes an action.

Candidates share a key. The first key is the text itself without what spammers vary for free: case, width,
digits, links, punctuation, spacing, repeated letters. The others survive a changed word or two: the text's
words (for scripts without spaces: its pairs of characters) are hashed and laid on a circle, and each of four
fixed points takes the three hashes that follow it. Two texts agree at one point with a probability of about
J^3, J being the share of words that they have in common: min-wise hashing in one permutation, after Li, Owen,
Zhang, "One Permutation Hashing", NIPS 2012, and Shrivastava, Li, "Densifying One Permutation Hashing via
Rotation", ICML 2014. A candidate joins when its smallest hashes agree with those of the group's first text to
a half at least (Broder, "On the Resemblance and Containment of Documents", 1997), so a group cannot drift.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import add, itemgetter
from typing import Final, NamedTuple

from streams.policy import SpamWavePolicy
from streams.tasks.posts.crowd import Crowd

MAX_CHARACTERS: Final = 256  # of a post; the rest does not count
MIN_WORDS: Final = 6  # fewer have no near-identical neighbours, only copies
SMALLEST: Final = 32  # hashes of a text that are compared
MAX_KEYS: Final = 256  # of a group; variants beyond them are found by the keys that they share
MAX_REMEMBERED: Final = 200_000  # authors of all groups together: 30 MB
SLOTS: Final = 1 << 19  # first sightings; 24 bytes each, 13 MB

_POINTS: Final = (-(1 << 63), -(1 << 62), 0, 1 << 62)  # of the circle of 64-bit hashes
_PLACEHOLDER = re.compile(r"\[(?:URL|USER|PHONE|EMAIL)\]")
_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"(.)\1+")
_once = itemgetter(1)  # of a match: a template would be expanded in Python, once for each run


class Sketch(NamedTuple):
    """What is compared of a text."""

    keys: tuple[int, ...] = ()
    """That of the whole text first."""
    smallest: Sequence[int] = ()
    """Its smallest word hashes, rising."""

    def packed(self) -> Sketch:
        """The same in a third of the memory."""
        return Sketch(self.keys, array("q", self.smallest))

    def resembles(self, other: Sketch) -> bool:
        """An estimate from the smallest hashes; exact up to SMALLEST distinct words."""
        if self.keys[0] == other.keys[0]:
            return True
        union = sorted({*self.smallest, *other.smallest})[:SMALLEST]
        both = set(self.smallest).intersection(other.smallest)
        return 2 * sum(word in both for word in union) >= len(union) > 0


def sketch(text: str, min_letters: int, digest: Callable[[str], int] = hash) -> Sketch:
    """Of a cleaned, masked text; without keys when it has fewer letters (a Chinese character counts as three).

    Args:
        digest: hashes words: to a signed number of 64 bits. Python's own is another one in each process.
    """
    text = text[:MAX_CHARACTERS]
    if "[" in text:
        text = _PLACEHOLDER.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    spaced = _RUN.sub(_once, " ".join(_WORD.findall(text.casefold())))
    letters = spaced.replace(" ", "")
    encoded = letters.encode("utf-8", "replace")
    if len(encoded) < min_letters:
        return Sketch()
    if len(encoded) > 2 * len(letters):  # three bytes a character: mostly Chinese and its neighbours
        words = set(map(digest, map(add, letters, letters[1:])))
    else:
        words = {digest(word) for word in spaced.split(" ") if len(word) > 3}
    circle = sorted(words)
    return Sketch((digest(letters), *_neighbour_keys(circle)), tuple(circle[:SMALLEST]))


def _neighbour_keys(circle: list[int]) -> list[int]:
    size = len(circle)
    if size < MIN_WORDS:
        return []
    keys = []
    for point in _POINTS:
        first = bisect_left(circle, point)
        keys.append(hash((point, circle[first % size], circle[(first + 1) % size], circle[(first + 2) % size])))
    return keys


class _Sightings:
    """Who showed a key first, for posts that are alone so far: a fixed table in which newer posts displace
    older ones, because nearly every post stays alone and must not cost an object."""

    def __init__(self) -> None:
        # Key, author, seconds of slot 0, of slot 1, ...: one slot is one line of the processor's cache.
        self._table = array("q", bytes(8 * 3 * SLOTS))

    def swap(self, key: int, author: int, now: float) -> tuple[int, float] | None:
        """Leaves this sighting and returns the last one of the same key."""
        table, slot = self._table, 3 * (key & (SLOTS - 1))
        last = (table[slot + 1], float(table[slot + 2])) if table[slot] == key else None
        table[slot], table[slot + 1], table[slot + 2] = key, author, int(now)
        return last


@dataclass(slots=True, eq=False)
class _Group:
    """Near-identical texts."""

    model: Sketch
    """The text that the others are compared with."""
    crowd: Crowd
    keys: list[int] = field(default_factory=list)


class SpamWaves:
    """Distinct authors per group of near-identical texts in a sliding window.

    The same author counts once, so redelivery changes nothing. The groups seen least recently go first, where there
    are too many of them or of their authors; what is remembered starts empty with the process. Not shared between
    threads.
    """

    def __init__(self, policy: SpamWavePolicy) -> None:
        self._policy = policy
        self._sightings = _Sightings()
        self._by_key: dict[int, _Group] = {}
        self._groups: OrderedDict[_Group, None] = OrderedDict()
        self._remembered = 0

    def adopt(self, policy: SpamWavePolicy) -> None:
        """Another number, window or size from now on; what is remembered stays."""
        self._policy = policy

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, text: str, author: int, verdict_id: str, now: float) -> int | None:
        """Counts one post.

        Args:
            text: cleaned and masked.
            author: from `author_hash`.
            verdict_id: of the post.
            now: seconds since 1970 at which the post was sent.

        Returns:
            The number of authors where an alert is due: at the policy's number and at each doubling of it.
        """
        return self.count(sketch(text, self._policy.min_letters), author, verdict_id, now)

    def count(self, candidate: Sketch, author: int, verdict_id: str, now: float) -> int | None:
        """The same for a post of which only the sketch is known; all of them made with one `digest`."""
        group = self._find(candidate) or self._promote(candidate, author, now)
        if group is None:
            return None
        self._bind(group, candidate.keys)
        return self._enter(group, author, verdict_id, now)

    def size(self, candidate: Sketch, author: int, now: float) -> int:
        """Authors of a text in the window, once this one is counted; 1 for a text that is alone."""
        group = self._find(candidate)
        return 1 if group is None else group.crowd.size_with(author, now, self._policy.window_s)

    def _find(self, candidate: Sketch) -> _Group | None:
        for key in candidate.keys:
            group = self._by_key.get(key)
            if group is not None and candidate.resembles(group.model):
                return group
        return None

    def _promote(self, candidate: Sketch, author: int, now: float) -> _Group | None:
        """A group begins with the second author of a text."""
        start = now - self._policy.window_s
        group: _Group | None = None
        for key in candidate.keys:
            last = self._sightings.swap(key, author, now)
            if group is None and last is not None and last[0] != author and last[1] >= start:
                group = _Group(candidate.packed(), Crowd({last[0]: last[1]}, bar=self._policy.authors))
        return group

    def _bind(self, group: _Group, keys: tuple[int, ...]) -> None:
        for key in keys:
            if key not in self._by_key and len(group.keys) < MAX_KEYS:
                self._by_key[key] = group
                group.keys.append(key)
        if group not in self._groups:
            self._remembered += len(group.crowd)
        self._groups[group] = None
        self._groups.move_to_end(group)
        while len(self._groups) > self._policy.max_groups or self._remembered > MAX_REMEMBERED:
            oldest, _ = self._groups.popitem(last=False)
            self._remembered -= len(oldest.crowd)
            for key in oldest.keys:
                del self._by_key[key]

    def _enter(self, group: _Group, author: int, verdict_id: str, now: float) -> int | None:
        before = len(group.crowd)
        due = group.crowd.add(author, verdict_id, now, self._policy.authors, self._policy.window_s)
        self._remembered += len(group.crowd) - before
        return due
