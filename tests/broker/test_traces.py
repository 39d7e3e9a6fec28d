"""A trace from a producer that others instrumented, through the worker, to a collector by OTLP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from tests.support.bench import Bench
from tests.support.spans import Collector, collecting

pytestmark = pytest.mark.timeout(120)

KEY, TEXT = b"author-lea", "you are an idiot"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Workers that are started now send their spans there."""
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield running


@pytest.fixture
def instrumented() -> Iterator[TracerProvider]:
    """aiokafka as OpenTelemetry's own package instruments it."""
    provider = TracerProvider(shutdown_on_exit=False)
    instrumentor = AIOKafkaInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield provider
    finally:
        instrumentor.uninstrument()


async def test_the_trace_of_a_producer_is_in_the_verdict_and_at_the_collector(
    bench: Bench, collector: Collector, instrumented: TracerProvider
) -> None:
    await bench.create_topics()
    worker = await bench.start_worker()
    producer = AIOKafkaProducer(bootstrap_servers=bench.bootstrap)
    await producer.start()
    try:
        with instrumented.get_tracer("a-shop").start_as_current_span("a click") as click:
            trace = click.get_span_context().trace_id
            value = orjson.dumps({"id": "post-4711", "text": TEXT, "author_id": KEY.decode()})
            sent = await producer.send_and_wait(bench.topic("posts"), value, key=KEY)
    finally:
        await producer.stop()

    answers = await bench.answers([(sent.topic, sent.partition, sent.offset)])
    (verdict,) = (output for output in answers.outputs if output.kind == "labels")
    named = (verdict.header("traceparent") or "").split("-")
    assert named[1] == f"{trace:032x}"

    assert await asyncio.to_thread(worker.stop) == 0  # it sends what it has left
    ours = {span.name: span for span in collector.spans if span.trace_id == trace.to_bytes(16, "big")}
    posts, labels = bench.topic("posts"), bench.topic("labels")
    assert set(ours) >= {f"{what} {posts}" for what in ("receive", "process", "settle")}
    assert set(ours) >= {"prepare", "score", "decide", f"send {labels}"}
    assert ours[f"send {labels}"].span_id.hex() == named[2]
    said = " ".join(map(str, collector.spans))
    for word in ("lea", "idiot", "4711"):
        assert word not in said
