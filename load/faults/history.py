"""What one run left behind on its topics: every input as the broker keeps it, and every outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson

from schemas import DeadLetter
from schemas.wire import Header
from streams.history import History, Place

BAD = b"bad"
"""The key of an input begins with it where only a dead letter is due."""
_NOT_DECISION = {"timings_ms", "source"}
_NOT_REASON = {"failed-at"}


@dataclass(frozen=True, slots=True)
class Input:
    """A record on an input topic. `sent_at`: its time stamp, seconds since the epoch."""

    place: Place
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    sent_at: float = 0.0

    @property
    def is_bad(self) -> bool:
        return (self.key or b"").startswith(BAD)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a dead letter holds. `headers`: the original's, ours taken off."""

    reason: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict or a dead letter, and where it stands.

    `decision` is a digest of all that must be the same whenever the record is answered again. `written_at`: when the
    worker made it, seconds since the epoch. `shortest_ms`: the least of its timings.
    """

    kind: str
    source: Place
    key: bytes | None
    partition: int
    offset: int
    decision: bytes
    written_at: float = 0.0
    is_degraded: bool = False
    shortest_ms: float = 0.0
    letter: Letter | None = None


@dataclass
class RunHistory:
    """`acknowledged` is what the broker said it has; `inputs` is what it shows when asked again.

    Outcomes stand in the order of their topic's partition. A record without an acknowledgement may be stored all the
    same; then its outcome is due as well.
    """

    acknowledged: frozenset[Place]
    inputs: Sequence[Input]
    outcomes: Sequence[Outcome]
    left: int = 0
    """Records that the group had not committed when the run was ended."""

    @cached_property
    def answers(self) -> History[Place, Input, Outcome]:
        history: History[Place, Input, Outcome] = History({each.place: each for each in self.inputs})
        for each in self.outcomes:
            history.add_answer(each.source, each)
        return history

    @cached_property
    def first(self) -> dict[Place, Outcome]:
        """Of each record that was sent, the outcome that was written first."""
        answers = self.answers
        return {
            place: min(found, key=lambda each: (each.written_at, each.offset))
            for place, found in answers.answers.items()
            if place in answers.sent
        }


def read_outcome(kind: str, message: Any) -> Outcome:
    """Of a message on a result topic, as aiokafka gives it."""
    headers = tuple(message.headers or ())
    if kind == "dead-letters":
        return _dead_letter(kind, message, headers)
    body = orjson.loads(message.value)
    source, timings = body["source"], body["timings_ms"]
    kept = {name: value for name, value in body.items() if name not in _NOT_DECISION}
    return Outcome(
        kind,
        (source["topic"], source["partition"], source["offset"]),
        message.key,
        message.partition,
        message.offset,
        _digest(kind, message.key, orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)),
        message.timestamp / 1000,
        bool(body["degraded"]),
        min((value for value in timings.values() if value is not None), default=0.0),
    )


def _dead_letter(kind: str, message: Any, headers: tuple[Header, ...]) -> Outcome:
    letter = DeadLetter.from_headers(headers)
    _, own = DeadLetter.split_headers(headers)
    said = [part for name, value in headers if name not in _NOT_REASON for part in (name.encode(), value or b"")]
    return Outcome(
        kind,
        (letter.original_topic, letter.original_partition, letter.original_offset),
        message.key,
        message.partition,
        message.offset,
        _digest(kind, message.key, message.value, *said),
        message.timestamp / 1000,
        letter=Letter(letter.reason.value, message.key, message.value, tuple(own)),
    )


def read_input(message: Any) -> Input:
    """Of a message on an input topic, as aiokafka gives it."""
    place = message.topic, message.partition, message.offset
    return Input(place, message.key, message.value, tuple(message.headers or ()), message.timestamp / 1000)


def _digest(kind: str, *parts: bytes | None) -> bytes:
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(b"-" if part is None else b"%d:" % len(part) + part)
    return digest.digest()
