"""Which records of a topic were dealt with, remembered in a file: a command that was cut off goes on where it was."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path
from typing import Any, Final, Self

from streams.errors import TidegateError

_FORMAT: Final = 1


class ProgressError(TidegateError):
    """The file of what was done cannot be used."""

    exit_code = 2


class DoneOffsets:
    """Offsets by partition, as ranges. Holds no content of a record, and is written whole or not at all."""

    def __init__(self, path: Path, topic: str, ranges: dict[int, list[list[int]]] | None = None) -> None:
        self._path = path
        self._topic = topic
        self._ranges = ranges or {}

    @classmethod
    def open(cls, path: Path, topic: str) -> Self:
        """What the file says; nothing is done yet where there is none.

        Raises:
            ProgressError: it cannot be read, or is about another topic.
        """
        try:
            return cls(path, topic, _ranges(json.loads(path.read_bytes()), topic))
        except FileNotFoundError:
            return cls(path, topic)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no such file, or of another topic"
            raise ProgressError(f"What was done of {topic} cannot be read from {path}: {reason}.") from None

    def __contains__(self, place: tuple[int, int]) -> bool:
        return self.next_undone(*place) != place[1]

    def next_undone(self, partition: int, offset: int) -> int:
        """The first offset from this one on that was not dealt with."""
        ranges = self._ranges.get(partition, [])
        at = bisect_right(ranges, offset, key=_begin) - 1
        return max(offset, ranges[at][1]) if at >= 0 else offset

    def add(self, partition: int, offset: int) -> None:
        """In any order; offsets that lie side by side become one range."""
        ranges = self._ranges.setdefault(partition, [])
        at = bisect_right(ranges, offset, key=_begin)
        if at and offset < ranges[at - 1][1]:
            return
        if at and ranges[at - 1][1] == offset:
            ranges[at - 1][1] += 1
        else:
            ranges.insert(at, [offset, offset + 1])
            at += 1
        if at < len(ranges) and ranges[at][0] == ranges[at - 1][1]:
            ranges[at - 1][1] = ranges.pop(at)[1]

    def save(self) -> None:
        """Raises ProgressError."""
        content = {"format": _FORMAT, "topic": self._topic, "done": {str(key): it for key, it in self._ranges.items()}}
        draft = self._path.with_name(self._path.name + ".draft")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(content), encoding="utf-8")
            draft.replace(self._path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ProgressError(
                f"What was done of {self._topic} cannot be written to {self._path}: {reason}."
            ) from None


def _begin(range_: list[int]) -> int:
    return range_[0]


def _ranges(content: Any, topic: str) -> dict[int, list[list[int]]]:
    if content["format"] != _FORMAT or content["topic"] != topic:
        raise ValueError
    ranges = {int(key): [[int(begin), int(end)] for begin, end in it] for key, it in content["done"].items()}
    for it in ranges.values():
        edges = [edge for range_ in it for edge in range_]
        if edges != sorted(set(edges)):
            raise ValueError
    return ranges
