"""Publishes what became of records. An output that is larger than its topic takes becomes a dead letter."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import Reason
from schemas.channels import DEAD_LETTERS
from streams.pipeline.decide import without_verdict
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.record import Outgoing
from streams.worker.sink import PublishError, Sink


async def publish_answers(sink: Sink, works: Sequence[Work]) -> None:
    """Returns when the broker has an answer to each of these records, in their order. What its topic took no verdict of
    has a failure then.

    Raises:
        PublishError: an output was not acknowledged, or a dead letter is too large for its topic.
    """
    refused = await sink.publish([output for work in works for output in work.outputs])
    if refused:
        await _publish_letters(sink, works, refused)


async def _publish_letters(sink: Sink, works: Sequence[Work], refused: Sequence[Outgoing]) -> None:
    """In place of what was refused, so that the partition moves on."""
    too_large = {id(each) for each in refused}
    letters: list[Outgoing] = []
    for work in works:
        if (kind := next((each.kind for each in work.outputs if id(each) in too_large), None)) is None:
            continue
        detail = f"its output is larger than the topic of {kind} takes"
        work.failure = Failure(Reason.RECORD_TOO_LARGE, detail, "decide")
        work.outputs = without_verdict(work)
        letters += work.outputs
    if await sink.publish(letters) or any(each.kind == DEAD_LETTERS.kind for each in refused):
        # nobody would ever hear of the record
        raise PublishError("the topic of dead letters takes no record as large as one of the input; raise its limit")
