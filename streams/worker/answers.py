"""Publishes what became of records. An output that is larger than its topic takes becomes a dead letter."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from schemas import Reason
from schemas.channels import ALERTS, DEAD_LETTERS
from streams.pipeline.decide import without_verdict
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.record import Outgoing
from streams.worker.sink import PublishError, Sink

logger = logging.getLogger(__name__)


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
        kind = next((each.kind for each in work.outputs if id(each) in too_large), None)
        if kind is None or work.failure is not None:  # a letter is there already, or too large itself
            continue
        detail = f"its output is larger than the topic of {kind} takes"
        work.failure = Failure(Reason.RECORD_TOO_LARGE, detail, "decide")
        made = without_verdict(work)
        work.outputs = made if work.trace is None else work.trace.carried(made)
        letters += work.outputs
    refused = [*refused, *(await sink.publish(letters))]
    if any(each.kind == ALERTS.kind for each in refused):
        logger.warning("an alert is larger than the topic of alerts takes: nobody will hear of it")
    if any(each.kind == DEAD_LETTERS.kind for each in refused):
        # nobody would ever hear of the record
        raise PublishError("the topic of dead letters takes no record as large as one of the input; raise its limit")
