"""Scores of texts that were seen before: a copy of a post costs no second inference."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from models.serving.types import Encoding, Scores


class Cached(NamedTuple):
    """Scores and the encoding that they were computed from; spans need its offsets."""

    scores: Scores
    encoding: Encoding


class Key(NamedTuple):
    """What decides the scores of a reading."""

    model_version: str
    task: str
    modality: str
    content: str


class ScoreCache:
    """Least recently used entries go first. Asked and filled from different threads, so it holds a lock.

    The key is the text itself, not a hash of it, so two texts never share scores. Degraded scores are not
    kept: once the overload is over a copy gets the full answer.

    Args:
        size: entries; 0 switches it off.
        max_characters: texts longer than this are not kept, so memory stays within `size` times about
            (1 kB + 4 bytes a character); copies are short messages anyway.
    """

    def __init__(self, size: int, max_characters: int = 1000) -> None:
        self._size = size
        self._max_characters = max_characters
        self._entries: OrderedDict[Key, Cached] = OrderedDict()
        self._lock = Lock()
        self.hits = 0
        self.misses = 0

    def get(self, key: Key) -> Cached | None:
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                self.misses += 1
                return None
            self._entries.move_to_end(key)
            self.hits += 1
            return found

    def put(self, key: Key, scores: Scores, encoding: Encoding) -> None:
        if scores.degraded or len(key.content) > self._max_characters or self._size == 0:
            return
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = Cached(scores, encoding)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
