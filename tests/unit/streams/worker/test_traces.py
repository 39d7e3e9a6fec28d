"""What a traced record leaves in an SDK's memory, and what in its outputs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from schemas.wire import Header
from streams.health.traces import Traces
from streams.kafka.topics import output_kinds
from streams.model import Model, load_model
from streams.pipeline.activation import build_tasks
from streams.record import Outgoing
from streams.settings import Settings
from streams.worker.service import Service
from streams.worker.sink import Sink
from tests.support.spans import PARENT, SAMPLED, TRACE, UNSAMPLED, Kept, words

TOPIC = "m.posts"
TEXT = "you are an idiot"
KEY = b"author-lea"


@dataclass
class Message:
    offset: int
    value: bytes | None
    headers: tuple[Header, ...] = ()
    timestamp: float | None = None
    key: bytes | None = KEY


class TakingSink(Sink):
    def __init__(self) -> None:
        self.published: list[Outgoing] = []

    def waited_s(self, now: float) -> float:
        return 0.0

    async def start(self) -> None: ...

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        self.published += messages
        return ()

    async def stop(self) -> None: ...


class Bench:
    def __init__(self, model: Model, folder: Path, kept: Kept | None) -> None:
        settings = Settings(data_dir=folder, tasks=["posts"])
        (task,) = build_tasks(settings, model.artifact)
        self.sink = TakingSink()
        topics = {kind: f"m.{kind}" for kind in output_kinds()}
        traces = None if kept is None else Traces(kept.tracer, topics, "a-group")
        self.crashes: list[BaseException] = []
        self.service = Service(settings, model, {TOPIC: task}, self.sink, self.crashes.append, traces=traces)

    async def judged(self, *messages: Message) -> list[Outgoing]:
        await self.service.take_in((TOPIC, 3), messages)
        async with asyncio.timeout(10):
            while self.service.ledger.in_flight:  # noqa: ASYNC110  nobody tells when it is done
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.02)  # traces are told behind the records
        assert self.crashes == []
        return self.sink.published


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(scope="module")
def model(tiny_artifact: Path) -> Model:
    return load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1))


Start = Callable[[Kept | None], Awaitable[Bench]]


@pytest.fixture
async def start(model: Model, tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Bench] = []

    async def started_with(kept: Kept | None) -> Bench:
        bench = Bench(model, tmp_path, kept)
        await bench.service.start()
        started.append(bench)
        return bench

    yield started_with
    for bench in started:
        await bench.service.stop()


def post(text: str = TEXT) -> bytes:
    return orjson.dumps({"id": "post-4711", "text": text, "author_id": KEY.decode()})


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def parent_id(span: ReadableSpan) -> str:
    assert span.parent is not None
    return f"{span.parent.span_id:016x}"


def named_by(output: Outgoing) -> str:
    """The span that an output's header names."""
    (value,) = (content for name, content in output.headers if name == "traceparent")
    assert value is not None
    version, trace, span, flags = value.decode().split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    return span


async def test_where_nobody_traces_the_headers_go_on_as_they_came(start: Start) -> None:
    bench = await start(None)
    state = ("tracestate", b"a=b")
    outputs = await bench.judged(Message(0, post(), (("x", b"y"), ("traceparent", SAMPLED), state)))
    assert {output.kind for output in outputs} >= {"labels", "flags"}
    for output in outputs:
        assert output.headers == (("traceparent", SAMPLED), state)


async def test_a_record_without_a_trace_gets_no_header_and_no_span(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    outputs = await bench.judged(Message(0, post(), (("x", b"y"),)))
    assert [output.headers for output in outputs] == [()] * len(outputs)
    assert kept.spans == ()


async def test_a_trace_that_is_not_sampled_goes_on_without_a_span(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    outputs = await bench.judged(Message(0, post(), (("traceparent", UNSAMPLED),)))
    assert {output.headers for output in outputs} == {(("traceparent", UNSAMPLED),)}
    assert kept.spans == ()


async def test_the_tree_of_a_record(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    outputs = await bench.judged(Message(7, post(), (("traceparent", SAMPLED),)))
    spans = kept.named
    process = spans.pop(f"process {TOPIC}")
    assert parent_id(process) == PARENT
    assert process.context is not None
    sends = {f"send m.{output.kind}" for output in outputs}
    assert set(spans) == {f"receive {TOPIC}", "prepare", "score", "decide", f"settle {TOPIC}", *sends}
    assert {parent_id(span) for span in spans.values()} == {f"{process.context.span_id:016x}"}
    assert {f"{span.context.trace_id:032x}" for span in spans.values() if span.context} == {TRACE}
    for output in outputs:
        context = spans[f"send m.{output.kind}"].context
        assert context is not None
        assert named_by(output) == f"{context.span_id:016x}"


async def test_what_the_spans_say_is_what_the_conventions_name(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    await bench.judged(Message(7, post(), (("traceparent", SAMPLED),)))
    spans = kept.named
    process = spans[f"process {TOPIC}"]
    assert process.kind is SpanKind.CONSUMER
    assert process.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": TOPIC,
        "messaging.destination.partition.id": "3",
        "messaging.consumer.group.name": "a-group",
        "messaging.kafka.offset": 7,
    }
    assert spans["send m.labels"].kind is SpanKind.PRODUCER
    assert spans[f"receive {TOPIC}"].kind is spans[f"settle {TOPIC}"].kind is SpanKind.CLIENT
    assert spans["decide"].attributes == {}


async def test_no_span_holds_key_author_id_or_text(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    headers = (("traceparent", SAMPLED), ("secret", b"of-a-header"))
    await bench.judged(Message(0, post(), headers), Message(1, b"{" + TEXT.encode(), headers))
    said = words(kept.spans)
    assert "process" in said
    for word in ("lea", "idiot", "4711", "of-a-header"):
        assert word not in said


async def test_the_times_follow_each_other(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    await bench.judged(Message(0, post(), (("traceparent", SAMPLED),)))
    spans = kept.named
    times = [
        (span.start_time or 0, span.end_time or 0)
        for span in (spans[name] for name in (f"receive {TOPIC}", "prepare", "score", "decide", "send m.labels"))
    ]
    assert times == sorted(times)
    assert all(begun <= ended for begun, ended in times)
    assert spans[f"process {TOPIC}"].end_time == max(span.end_time or 0 for span in spans.values())


async def test_a_batch_is_one_span_that_is_linked_to_and_from_its_records(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    other = SAMPLED.replace(TRACE.encode(), b"1" * 32)
    same = post("the same words")
    await bench.judged(Message(0, same, (("traceparent", SAMPLED),)), Message(1, same, (("traceparent", other),)))
    (score,) = (span for span in kept.spans if span.name == "score")
    records = [span for span in kept.spans if span.name == f"process {TOPIC}"]
    assert score.parent is None
    assert sorted(link.context.span_id for link in score.links) == sorted(map(id_of, records))
    assert [[link.context.span_id for link in record.links] for record in records] == [[id_of(score)]] * 2
    assert (score.attributes or {})["tidegate.batch.rows"] == 1


async def test_a_dead_letter_keeps_its_headers_and_its_span_says_why(start: Start, kept: Kept) -> None:
    bench = await start(kept)
    (letter,) = await bench.judged(Message(0, b"{", (("traceparent", SAMPLED),)))
    assert letter.kind == "dead-letters"
    assert ("traceparent", SAMPLED) in letter.headers
    process = kept.named[f"process {TOPIC}"]
    assert process.status.status_code is StatusCode.ERROR
    assert (process.attributes or {})["error.type"] == "invalid_json"
