"""What a task is, and the shapes that pass between a task and the pipeline."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.serving.types import Scores
from streams.record import Outgoing

R = TypeVar("R")


class Origin(NamedTuple):
    """Where a record came from; a verdict shows it as `source`."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class Rendered:
    """What a task reads of a record.

    `offsets` maps the cleaned text, which begins at `start` of `text`, back to the text as it was sent: for
    each of its characters the index of the original character. Indices count code points, not UTF-16 units.
    """

    text: str
    offsets: Sequence[int]
    lang: str
    start: int = 0


@dataclass(slots=True)
class Moments:
    """Where the time of one record went; monotonic seconds, except for `waited_s`.

    A verdict carries them as `timings_ms`:

    - `queued`: `intake_at` to `batched_at`; gate, decoding, encoding, and the wait for the engine.
    - `batched`: `batched_at` to `scored_at`; the wait for the batch before it, padding, inference.
    - `scored`: `scored_at` to `decided_at`; the way back from the engine and the wait for the policy's thread.
    - `published`: `decided_at` to the serialised verdict, which is handed to the producer. What the broker takes
      to acknowledge it cannot stand in the message that it acknowledges.
    - `total`: the Kafka timestamp to the serialised verdict. The other four sum up to the time since intake, so
      `total` less their sum is `waited_s`, the time in the broker and on the way from it.

    For a duplicate that was answered from the cache `batched_at` and `scored_at` are the moment of the answer.
    """

    intake_at: float
    batched_at: float
    scored_at: float
    decided_at: float
    """When the policy's thread took up the chunk of records that holds this one."""
    waited_s: float = 0.0
    """Wall clock at intake less the Kafka timestamp; 0 where the record has none or the clocks disagree."""


@dataclass(slots=True)
class Case(Generic[R]):
    """One scored record with everything that its verdict rests on."""

    record: R
    rendered: Rendered
    token_offsets: NDArray[np.int32]
    """`Encoding.offsets`: character ranges in `rendered.text`, one a token."""
    scores: Scores
    value: bytes
    """The record's bytes as they came: the content that the verdict's id stands for."""
    key: bytes | None
    origin: Origin | None
    """None outside of Kafka (`tidegate score`)."""
    moments: Moments


@dataclass(slots=True)
class Decision:
    """A verdict, ready to be published; `outputs` are complete JSON messages, the verdict's first."""

    verdict_id: str
    outputs: list[Outgoing]
    result: str
    """The action of a post, the urgency level of a symptom record: a label for metrics."""
    labels: tuple[str, ...] = ()
    alerts: list[str] = field(default_factory=list)
    """Kinds of the alerts among the outputs."""


class Task(Protocol[R]):
    """The only thing that differs between posts, symptom records and whatever comes next.

    `decode` and `render` are pure and may run in any thread. `decide` and the four methods after it share state
    without locks: call them from one thread, records in the order in which their scores came.
    """

    name: str
    heads: frozenset[str]
    """Heads of the model that it reads."""

    def decode(self, value: bytes | None, max_bytes: int) -> R:
        """Raises schemas.InvalidRecord(reason, detail)."""

    def render(self, record: R) -> Rendered: ...

    def decide(self, case: Case[R]) -> Decision: ...

    def gain(self, partitions: Collection[int]) -> None:
        """Takes over input partitions: reads what was remembered about them. Does file I/O; never raises."""

    def lose(self, partitions: Collection[int]) -> None:
        """Gives input partitions up: writes down what is known about them and forgets it."""

    def checkpoint(self) -> None:
        """Writes down what changed since the last time."""


def verdict_id(task: str, model_version: str, policy_version: str, value: bytes) -> str:
    """Same content, same model, same policy: same id. Source, key and time are not content."""
    head = f"{task}\0{model_version}\0{policy_version}\0".encode()
    return blake2b(head + value, digest_size=16).hexdigest()


def alert_id(kind: str, verdict: str, count: int | None) -> str:
    """A redelivered record raises the same alert again under the same id."""
    return blake2b(f"alert\0{kind}\0{verdict}\0{count or 0}".encode(), digest_size=16).hexdigest()


def timings_ms(moments: Moments, handed_over_at: float) -> dict[str, float]:
    """See Moments."""
    since_intake = handed_over_at - moments.intake_at
    return {
        "queued": round((moments.batched_at - moments.intake_at) * 1e3, 3),
        "batched": round((moments.scored_at - moments.batched_at) * 1e3, 3),
        "scored": round((moments.decided_at - moments.scored_at) * 1e3, 3),
        "published": round((handed_over_at - moments.decided_at) * 1e3, 3),
        "total": round((moments.waited_s + since_intake) * 1e3, 3),
    }
