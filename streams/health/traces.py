"""Spans of OpenTelemetry for records and requests that come with a sampled `traceparent`; nothing for any other.

Names and attributes are those of its conventions for messaging and HTTP. No key, author, id or text is among them: not
even the key of a record, which the conventions would have.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from schemas.channels import DEAD_LETTERS
from schemas.wire import Header
from streams.health.trace_context import TRACE_PARENT, TRACE_STATE, is_sampled, trace_headers
from streams.record import Outgoing, RawRecord
from streams.tasks.base import Moments

Attributes = Mapping[str, AttributeValue]

W3C: Final = TraceContextTextMapPropagator()  # and no baggage, which may hold anything
KAFKA: Final[Attributes] = {"messaging.system": "kafka"}


class Traces:
    """Args:
    tracer: of an OpenTelemetry SDK.
    topics: full topic name by kind of output; none where nothing is published.
    group: consumer group.
    """

    def __init__(self, tracer: Tracer, topics: Mapping[str, str] | None = None, group: str = "") -> None:
        self.tracer = tracer
        self._topics = topics or {}
        self._group = group

    def of_record(self, raw: RawRecord, begun_at: float) -> Trace | None:
        """None: nobody asked for it. `begun_at` is in monotonic seconds."""
        parent = parent_of(raw.headers)
        if parent is None:
            return None
        where = {
            **KAFKA,
            "messaging.destination.name": raw.topic,
            "messaging.destination.partition.id": str(raw.partition),
            "messaging.consumer.group.name": self._group,
            "messaging.kafka.offset": raw.offset,
        }
        if raw.value is None:
            where["messaging.kafka.message.tombstone"] = True
        return Trace(self.tracer, parent, begun_at, where, self._topics)

    def of_request_record(self, begun_at: float) -> Trace | None:
        """The same for a record of the request that is worked on; its parent is the request's span."""
        span = get_current_span()
        if not span.is_recording():
            return None
        return Trace(self.tracer, set_span_in_context(span), begun_at, {}, {})


class Trace:
    """One record's span. What lies under it is told when the record is done, from the moments that are noted anyway.

    The methods may be called in any thread, one after the other.
    """

    __slots__ = ("_decided_at", "_epoch_s", "_sends", "_topics", "_where", "context", "span", "tracer")

    def __init__(
        self, tracer: Tracer, parent: Context, begun_at: float, where: Attributes, topics: Mapping[str, str]
    ) -> None:
        self._epoch_s = time.time() - time.monotonic()
        self._where = where
        self._topics = topics
        self._sends: list[Span] = []
        self._decided_at = begun_at
        self.tracer = tracer
        name, attributes = self._operation("process")
        kind = SpanKind.CONSUMER if where else SpanKind.INTERNAL
        self.span = tracer.start_span(name, parent, kind, attributes, start_time=self.nanoseconds(begun_at))
        self.context = set_span_in_context(self.span, Context())

    def nanoseconds(self, moment: float) -> int:
        """Since 1970, of monotonic seconds."""
        return int((self._epoch_s + moment) * 1e9)

    def carried(self, outputs: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """The outputs, each with a span that its readers' go under. A dead letter keeps the headers of its record."""
        self._decided_at = time.monotonic()
        return [self._carried(output) for output in outputs] if self._topics else outputs

    def _carried(self, output: Outgoing) -> Outgoing:
        topic = self._topics[output.kind]
        attributes = {
            **KAFKA,
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": topic,
        }
        begun = self.nanoseconds(self._decided_at)
        span = self.tracer.start_span(f"send {topic}", self.context, SpanKind.PRODUCER, attributes, start_time=begun)
        self._sends.append(span)
        if output.kind == DEAD_LETTERS.kind:
            return output
        others = (header for header in output.headers if header[0] not in (TRACE_PARENT, TRACE_STATE))
        return output._replace(headers=(*others, *headers_of(set_span_in_context(span, Context()))))

    def end(self, moments: Moments, failed: str | None, acknowledged_at: float, ended_at: float) -> None:
        """Args:
        failed: why there is no verdict, in one word.
        acknowledged_at: when the broker had everything; outside of Kafka the same as `ended_at`.
        """
        if self._where:
            self._tell("receive", moments.intake_at, moments.admitted_at)
        self._tell("prepare", moments.admitted_at, moments.prepared_at)
        self._tell("decide", moments.scored_at, self._decided_at)
        for send in self._sends:
            send.end(self.nanoseconds(acknowledged_at))
        if self._where:
            self._tell("settle", acknowledged_at, ended_at)
        if failed is not None:
            self.span.set_status(StatusCode.ERROR)
            self.span.set_attribute("error.type", failed)
        self.span.end(self.nanoseconds(ended_at))

    def _tell(self, operation: str, begun_at: float, ended_at: float) -> None:
        """`receive` and `settle` are messaging's; the stages between are our own."""
        is_messaging = operation in ("receive", "settle")
        name, attributes = self._operation(operation) if is_messaging else (operation, {})
        kind = SpanKind.CLIENT if is_messaging else SpanKind.INTERNAL
        begun = self.nanoseconds(begun_at)
        self.tracer.start_span(name, self.context, kind, attributes, start_time=begun).end(self.nanoseconds(ended_at))

    def _operation(self, operation: str) -> tuple[str, Attributes]:
        if not self._where:
            return operation, {}
        attributes = {
            **self._where,
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
        }
        topic = str(self._where["messaging.destination.name"])
        return f"{operation} {topic}", attributes


def tell_batch(traces: Collection[Trace], rows: int, version: str, batched_at: float, scored_at: float) -> None:
    """One run of the engine, linked to and from every traced record in it; under the record if that is the only one.

    Args:
        traces: at least one.
        rows: how many ran, those that nobody traces included.
    """
    first = next(iter(traces))
    span = first.tracer.start_span(
        "score",
        first.context if len(traces) == 1 else Context(),
        attributes={"tidegate.batch.rows": rows, "tidegate.model.version": version},
        links=[Link(trace.span.get_span_context()) for trace in traces],
        start_time=first.nanoseconds(batched_at),
    )
    for trace in traces:
        trace.span.add_link(span.get_span_context())
    span.end(first.nanoseconds(scored_at))


def parent_of(headers: Iterable[Header]) -> Context | None:
    """What the spans of a record or a request go under; None: nobody asked for any."""
    named = trace_headers(headers)
    if not is_sampled(named):
        return None
    return W3C.extract({name: (content or b"").decode("ascii") for name, content in named}, Context())


def headers_of(context: Context | None = None) -> tuple[Header, ...]:
    """Names the span of a context, by default the current one's; none where there is none."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier, context)
    return tuple((name, content.encode()) for name, content in carrier.items())
