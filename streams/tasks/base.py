"""What a task is, and the shapes that pass between a task and the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from models.artifact import Artifact
from models.serving.reading import Reading
from models.serving.types import Scores
from streams.pictures.seen import Seen
from streams.policy import Policy
from streams.record import Outgoing
from streams.tasks.declaration import Declaration

R = TypeVar("R")
AuthorState = Literal["off", "disk", "topic"]
Change = tuple[bytes | None, bytes | None]
"""Key and value of a message of a changelog; without a value the key is over."""


class Origin(NamedTuple):
    """Where a record came from; a verdict shows it as `source`."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True, frozen=True)
class RuleFile:
    """A file of a task's own rules as it was when it was read: what the version covers is what decides, whatever
    becomes of the file.
    """

    path: Path
    content: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> RuleFile:
        """Raises OSError."""
        return cls(path, path.read_bytes())

    @property
    def digest(self) -> str:
        """SHA-256, in hex."""
        return sha256(self.content).hexdigest()


@dataclass(slots=True, frozen=True)
class Parts:
    """What tasks are built from."""

    artifact: Artifact
    policy: Policy
    policy_version: str
    """What verdicts name: see `Policy.version_with`."""
    state: Path | None = None
    """A folder to remember things in over restarts and rebalances; None: nothing is kept, in no way."""
    has_quota: bool = True
    """False where a verdict is only read and nothing is enforced (`tidegate score`)."""
    rules: Mapping[str, RuleFile] = field(default_factory=dict)
    """By name, of all tasks: what a declaration or a setting names. Where one is missing, what ships counts."""
    author_state: AuthorState = "disk"
    """Where author history is kept."""
    author_secret: bytes | None = None
    """Key of the authors' hashes; None: one that is made in the folder."""
    shares_waves: bool = False
    """Whether waves are counted over all workers; needs `author_secret`."""
    review_share: float = 0.0
    """Of the allowed posts, how many are drawn for people to look at."""
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time


@dataclass(slots=True)
class Rendered:
    """What a task reads of a record: its whole text, in one way or in several where words can be read in two.

    The first way is the surest. Offsets count code points of the text as it was sent, not UTF-16 units.
    """

    lang: str
    ways: tuple[Reading, ...]

    @property
    def text(self) -> str:
        return self.ways[0].text

    @property
    def offsets(self) -> Sequence[int]:
        return self.ways[0].offsets

    @property
    def start(self) -> int:
        return self.ways[0].start


@dataclass(slots=True)
class Moments:
    """Where the time of one record went; monotonic seconds, except for `waited_s`.

    A verdict carries them as `timings_ms`:

    - `admitted`: `intake_at` to `admitted_at`; the wait at the gate, while too much is in flight.
    - `prepared`: to `prepared_at`; decoding, cleaning, tokenising, and the wait for their thread.
    - `queued`: to `batched_at`; the wait for the engine.
    - `inferred`: to `scored_at`; the wait for the batch before it, padding, inference.
    - `decided`: to the serialised verdict, which is handed to the producer; the way back from the engine, the wait for
      earlier records of its key, the policy and the wait for its thread. What the broker takes to acknowledge it cannot
      stand in the message that it acknowledges.
    - `total`: the Kafka timestamp to the serialised verdict. The others sum up to the time since intake, so `total`
      less their sum is `waited_s`, the time in the broker and on the way from it.

    For a duplicate that was answered from the cache `batched_at` and `scored_at` are the moment of the answer; of
    several readings the first batch and the last answer count.
    """

    intake_at: float
    admitted_at: float
    prepared_at: float = 0.0
    batched_at: float = 0.0
    scored_at: float = 0.0
    decided_at: float = 0.0
    """The chunk of records that were decided together; a verdict cannot tell it."""
    waited_s: float = 0.0
    """Wall clock at intake less the Kafka timestamp; 0 where the record has none or the clocks disagree."""


@dataclass(slots=True)
class Case(Generic[R]):
    """One scored record with everything that its verdict rests on."""

    record: R
    rendered: Rendered
    readings: Sequence[Reading]
    """What the model read of it, with its answers: windows where a way of reading is long."""
    scores: Scores | None
    """Of all readings together; None where the model could read nothing."""
    read_share: float
    """Of the characters of the text, how much was read: less than 1 for what is very long or in unknown words."""
    value: bytes
    """The record's bytes as they came: the content that the verdict's id stands for."""
    key: bytes | None
    origin: Origin | None
    """None outside of Kafka (`tidegate score`)."""
    moments: Moments
    seen: Sequence[Seen] | None = None
    """What was seen in its pictures; None where nobody looked."""
    is_live: bool = True
    """False where it is judged once more, behind what comes in."""

    @property
    def content(self) -> bytes:
        """All that the verdict's id stands for: a picture that is only referred to is another under another hash."""
        return b"\0".join([self.value, *(one.content for one in self.seen or ())])

    def sent_at(self, now: float, wall_now: float) -> float:
        """Seconds since 1970: the Kafka timestamp, never later than now. `now` is monotonic."""
        return wall_now - (now - self.moments.intake_at) - self.moments.waited_s


class Task(Protocol[R]):
    """The only thing that differs between posts, symptom records and whatever comes next.

    `decode`, `render` and `unjudged` are pure and may run in any thread. `decide` and the methods after it share
    state without locks: call them from one thread, records of one key in the order in which they came.
    """

    declaration: Declaration
    policy_version: str
    """Names all that decides beside the scores; verdicts carry it."""

    def decode(self, value: bytes | None, max_bytes: int) -> R:
        """Raises schemas.InvalidRecord(reason, detail)."""

    def render(self, record: R) -> Rendered: ...

    def decide(self, case: Case[R]) -> list[Outgoing]:
        """The verdict, then what else leaves; complete JSON messages."""

    def unjudged(self, record: R | None, key: bytes | None, origin: Origin, reason: str) -> list[Outgoing]:
        """What people have to hear of a record that becomes a dead letter; nothing, where nobody waits for its verdict.
        Pure, as `decode` and `render` are.

        Args:
            record: None where it could not be read.
            reason: that of the letter.
        """
        return []

    def succeed(self, parts: Parts) -> Task[R]:
        """The task under other parts, with what this one remembers; nothing of that changes before `adopt`. In the
        thread of `decide`. Raises whatever keeps it from being built.
        """

    def adopt(self) -> None:
        """From now on what is remembered counts as this policy says. In the thread of `decide`. Raises nothing."""

    def assign(self, partitions: Collection[int], total: int | None = None) -> None:
        """Takes over input partitions: reads what was remembered about those that are new. Does file I/O.

        Args:
            partitions: all that this worker holds.
            total: how many the topic has; None: not known, and the worker is taken to be alone.
        """

    def restore(self, partition: int, changes: Sequence[Change]) -> int:
        """Enters what the task's changelog says of an input partition, in the order of the log, the same once more or
        not. Returns how many of them it cannot use. In the thread of `decide`.
        """
        return len(changes)

    @property
    def recall_s(self) -> float:
        """How long ago what was seen still counts."""
        return 0.0

    def sighted(self, values: Sequence[bytes | None]) -> tuple[list[Outgoing], int]:
        """Counts what workers saw, in the order of the log of one partition, the same once more or not. Returns the
        alerts that are due, and how many messages it cannot use. In the thread of `decide`.
        """
        return [], len(values)

    def revoke(self, partitions: Collection[int]) -> None:
        """Gives input partitions up: writes down what is known about them and forgets it."""

    def checkpoint(self) -> None:
        """Writes down what changed since the last time."""
