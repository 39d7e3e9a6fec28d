"""One record on its way through the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.serving.reading import Reading
from models.serving.types import Item, Lane
from streams.health.traces import Trace
from streams.pictures.seen import Seen
from streams.pipeline.activation import Activation
from streams.pipeline.failures import Failure
from streams.pipeline.score_cache import Key
from streams.record import Outgoing, RawRecord
from streams.tasks.base import Moments, Rendered, Task


@dataclass(slots=True, eq=False)
class Work:
    """Filled in from stage to stage, and touched by one stage at a time; ends with `outputs`.

    `ticket` is the caller's: the pipeline hands it back, and asks it only whether the record was abandoned.
    """

    ticket: Any
    raw: RawRecord
    activation: Activation
    task: Task[Any]
    moments: Moments
    lane: Lane = Lane.LIVE
    record: Any = None
    rendered: Rendered | None = None
    readings: Sequence[Reading] = ()
    """What the model is to read; none where it knows none of the words."""
    waiting: int = 0
    """Readings whose scores have not come."""
    read_share: float = 1.0
    unknown_share: float = 0.0
    """Of the tokens of the text as it came, how many the vocabulary does not hold."""
    seen: Sequence[Seen] | None = None
    """What was seen in its pictures; None before that, and where nobody looks."""
    failure: Failure | None = None
    outputs: Sequence[Outgoing] = ()
    trace: Trace | None = None
    """None for most: who sent the record did not ask for one."""
    is_complete: bool = False
    """All its answers are there, or a failure."""
    is_behind: bool = False
    """One before it under its key is still to be decided."""
    follower: Work | None = None
    """The next one under its key, while both are inside."""

    @property
    def is_live(self) -> bool:
        """It is no old one that comes once more, and may wait."""
        return self.lane is Lane.LIVE

    @property
    def is_abandoned(self) -> bool:
        """Nobody waits for it any more: its partition was given up, and it comes back to whoever owns that now."""
        return self.ticket is not None and bool(self.ticket.abandoned)


def end_traces(works: Sequence[Work], acknowledged_at: float, ended_at: float) -> None:
    """Of those that have one; see `Trace.end`. Takes 0.3 ms for each of them, so it is nothing for the event loop."""
    for work in works:
        if work.trace is not None:
            failed = None if work.failure is None else work.failure.reason.value
            work.trace.end(work.moments, failed, acknowledged_at, ended_at)


def key_of(work: Work, reading: Reading) -> Key:
    """Readings with equal keys have equal scores: one answer is enough for all."""
    if reading.key is None:
        task = work.task.declaration.name
        reading.key = Key(work.activation.model_version, task, reading.modality, reading.content_key)
    key: Key = reading.key
    return key


def item_of(work: Work, reading: Reading, now: float) -> Item:
    """What the engine is asked of a record."""
    assert reading.encoding is not None
    question = work.task.declaration.question
    return Item(
        encoding=reading.encoding,
        payload=(work, reading),
        heads=question.names,
        intake_at=work.moments.intake_at,
        queued_at=now,
        may_degrade=question.may_degrade and work.is_live,
        is_skimmed=question.may_degrade and reading.is_skimmed,
        lane=work.lane,
    )
