"""Requests that come with a trace, and what they send on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from schemas.wire import Header
from streams.gateway.sending import Sent
from streams.health.traces import Traces
from streams.record import Outgoing
from tests.support.gateway import running, settings_for
from tests.support.spans import PARENT, SAMPLED, TRACE, UNSAMPLED, Kept, words

POST = {"id": "post-4711", "text": "you are an idiot", "author_id": "lea"}


class Placed:
    topic, partition, offset = "moderation.posts", 2, 41


class Topics:
    def __init__(self) -> None:
        self.headers: list[tuple[Header, ...]] = []

    async def send_post(self, post: Mapping[str, Any], headers: tuple[Header, ...]) -> Sent:
        self.headers.append(headers)
        return Placed()

    async def send_message(self, message: Outgoing) -> Sent:
        self.headers.append(message.headers)
        return Placed()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_request_has_a_span_and_its_record_the_spans_under_it(tiny_artifact: Path, kept: Kept) -> None:
    with running(settings_for(tiny_artifact), traces=Traces(kept.tracer)) as gateway:
        answer = gateway.post("/v1/verdicts?key=sesame", POST, traceparent=SAMPLED.decode())
        assert answer.status == 200
    spans = kept.named
    assert set(spans) == {"POST /v1/verdicts", "process", "prepare", "score", "decide"}
    request = spans["POST /v1/verdicts"]
    assert request.kind is SpanKind.SERVER
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == PARENT
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/verdicts",
        "url.scheme": "http",
        "http.response.status_code": 200,
    }
    assert spans["process"].parent == request.context
    for name in ("prepare", "score", "decide"):
        assert spans[name].parent == spans["process"].context, name
    said = words(kept.spans)
    for word in ("lea", "idiot", "4711", "sesame"):
        assert word not in said


@pytest.mark.parametrize("headers", [{}, {"traceparent": UNSAMPLED.decode()}, {"traceparent": "lea"}])
def test_who_asks_for_no_trace_gets_none(tiny_artifact: Path, kept: Kept, headers: dict[str, str]) -> None:
    with running(settings_for(tiny_artifact), traces=Traces(kept.tracer)) as gateway:
        assert gateway.post("/v1/verdicts", POST, **headers).status == 200
    assert kept.spans == ()


def test_a_refusal_is_told_by_its_status_and_a_defect_is_an_error(
    tiny_artifact: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(settings_for(tiny_artifact), traces=Traces(kept.tracer)) as gateway:
        gateway.post("/v1/verdicts", b"{", traceparent=SAMPLED.decode())
        monkeypatch.setattr(gateway.scoring, "answers", None)
        gateway.post("/v1/moderations", {"input": "hm"}, traceparent=SAMPLED.decode())
    refused, failed = (span for span in kept.spans if span.kind is SpanKind.SERVER)
    assert (refused.attributes or {})["http.response.status_code"] == 400
    assert refused.status.status_code is StatusCode.UNSET
    assert (failed.attributes or {})["error.type"] == "500"
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.events == ()


@pytest.mark.parametrize("path", ["/v1/posts", "/v1alpha1/comments:suggestscore"])
def test_what_a_request_sends_to_kafka_goes_on_in_its_trace(tiny_artifact: Path, kept: Kept, path: str) -> None:
    document: Any = POST
    if path != "/v1/posts":
        document = {"comment": {"text": "hm"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1.0}}}}
    state = "a=b"
    with_traces, without = Topics(), Topics()
    for topics, traces in ((with_traces, Traces(kept.tracer)), (without, None)):
        with running(settings_for(tiny_artifact), sender=topics, traces=traces) as gateway:
            assert gateway.post(path, document, traceparent=SAMPLED.decode(), tracestate=state).status < 300
            assert gateway.post(path, document).status < 300
    assert without.headers == [(("traceparent", SAMPLED), ("tracestate", state.encode())), ()]
    (request,) = (span for span in kept.spans if span.kind is SpanKind.SERVER)
    assert request.context is not None
    ours = f"00-{TRACE}-{request.context.span_id:016x}-01".encode()
    assert with_traces.headers == [(("traceparent", ours), ("tracestate", state.encode())), ()]
