"""Last stage before publishing, in one thread, by key in order: scores to a verdict, or a failure to a dead letter."""

from __future__ import annotations

from collections.abc import Sequence

from models.serving.reading import combined, heard
from models.serving.types import Scores
from schemas.channels import ALERTS
from streams.health.trace_context import trace_headers
from streams.pipeline.failures import dead_letter, unexpected
from streams.pipeline.work import Work
from streams.record import Outgoing
from streams.tasks.base import Case, Origin


def decide(chunk: Sequence[Work], from_kafka: bool = True) -> None:
    """Fills in the outputs of every record, but for those that were abandoned. Raises nothing."""
    for work in chunk:
        if work.is_abandoned:
            continue
        if work.failure is None:
            try:
                work.outputs = _in_its_trace(work, _outputs(work, from_kafka))
            except Exception as error:  # noqa: BLE001  a defect costs the record, not the worker
                work.failure = unexpected(error, "decide")
        if work.failure is not None:
            work.outputs = without_verdict(work, from_kafka)
        if work.trace is not None:
            work.outputs = work.trace.carried(work.outputs)


def without_verdict(work: Work, from_kafka: bool = True) -> Sequence[Outgoing]:
    """The dead letter of a record that failed, then what people have to hear of it now."""
    assert work.failure is not None
    letter = dead_letter(work.raw, work.failure)
    if not (from_kafka and work.is_live):
        return (letter,)
    raw = work.raw
    origin = Origin(raw.topic, raw.partition, raw.offset)
    try:
        told = work.task.unjudged(work.record, raw.key, origin, work.failure.reason.value)
        return (letter, *_in_its_trace(work, told))
    except Exception as error:  # noqa: BLE001  the letter leaves all the same
        unexpected(error, "decide")
        return (letter,)


def _in_its_trace(work: Work, outputs: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """What comes of a record belongs to the trace that its headers name. (A dead letter has all of them anyway.)"""
    if not work.raw.headers or not (headers := trace_headers(work.raw.headers)):
        return outputs
    return [output._replace(headers=(*output.headers, *headers)) for output in outputs]


def _outputs(work: Work, from_kafka: bool) -> Sequence[Outgoing]:
    """Of an old record that comes once more there is nothing that people should look at now."""
    outputs = work.task.decide(_case(work, from_kafka))
    return outputs if work.is_live else [each for each in outputs if each.kind != ALERTS.kind]


def _together(work: Work) -> Scores | None:
    """The scores of all that was read; None where the model knew none of the words."""
    scores = heard(work.readings)
    return combined(scores, work.task.declaration.question.heads) if scores else None


def _case(work: Work, from_kafka: bool) -> Case[object]:
    raw = work.raw
    assert work.rendered is not None
    return Case(
        record=work.record,
        rendered=work.rendered,
        readings=work.readings,
        scores=_together(work),
        read_share=work.read_share,
        value=raw.value or b"",
        key=raw.key,
        origin=Origin(raw.topic, raw.partition, raw.offset) if from_kafka else None,
        moments=work.moments,
        seen=work.seen,
        is_live=work.is_live,
    )
