"""Our own schemas over HTTP: verdicts, streams of lines, and posts for the topics."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from schemas import PostVerdict, SymptomVerdict
from schemas.wire import Header
from streams.errors import BrokerUnreachableError, InvalidRecordError
from streams.gateway.native import MOST_RECORDS, NDJSON
from streams.gateway.sending import Sent
from streams.record import Outgoing
from streams.score import score_lines
from tests.support.gateway import Running, running, settings_for

TEXTS = ["you are an idiot", "what a day", "😀 damn you idiot 😀", "i will kill you", "你是傻", "สวัสดี", "casino " * 200]
RECORDS = [orjson.dumps({"id": str(number), "text": text}) for number, text in enumerate(TEXTS)]


def plain(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Without the times, which differ."""
    return {name: value for name, value in verdict.items() if name != "timings_ms"}


@pytest.fixture(scope="module")
def scored(tiny_artifact: Path) -> list[dict[str, Any]]:
    """What `tidegate score` says."""
    return [plain(orjson.loads(answer)) for answer in score_lines(RECORDS, "posts", settings_for(tiny_artifact))]


def test_one_record_has_the_verdict_of_tidegate_score(gateway: Running, scored: list[dict[str, Any]]) -> None:
    for record, expected in zip(RECORDS, scored, strict=True):
        answer = gateway.post("/v1/verdicts", record)
        assert answer.status == 200
        PostVerdict.model_validate_json(answer.body)
        assert plain(answer.document) == expected


def test_a_list_has_the_same_verdicts(gateway: Running, scored: list[dict[str, Any]]) -> None:
    answer = gateway.post("/v1/verdicts", {"records": [orjson.loads(record) for record in RECORDS]})
    assert [plain(verdict) for verdict in answer.document["verdicts"]] == scored


def test_lines_have_the_same_verdicts(gateway: Running, scored: list[dict[str, Any]]) -> None:
    answer = gateway.post("/v1/verdicts", b"\r\n".join(RECORDS) + b"\n", content_type=f"{NDJSON}; charset=utf-8")
    assert answer.headers["content-type"] == NDJSON
    assert [plain(orjson.loads(line)) for line in answer.body.splitlines()] == scored


def test_the_other_interfaces_have_the_same_scores(gateway: Running, scored: list[dict[str, Any]]) -> None:
    readable = [(text, one) for text, one in zip(TEXTS, scored, strict=True) if one["assessed"]]
    results = gateway.post("/v1/moderations", {"input": [text for text, _ in readable]}).document["results"]
    for (text, verdict), result in zip(readable, results, strict=True):
        asked = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}, "SPAM": {}}}
        given = gateway.post("/v1alpha1/comments:analyze", asked).document["attributeScores"]
        for label, attribute in (("toxicity", "TOXICITY"), ("spam", "SPAM")):
            expected = verdict["scores"][label]
            assert result["category_scores"][label] == given[attribute]["summaryScore"]["value"] == expected


def test_symptom_records_are_read_where_they_are_named(gateway: Running) -> None:
    answer = gateway.post("/v1/verdicts?task=symptoms", {"id": "r1", "text": "chest pain"})
    SymptomVerdict.model_validate_json(answer.body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"[1]", "invalid_json"),
        (b"not JSON", "invalid_json"),
        (b'{"id": "1"}', "missing_field"),
        (b'{"id": "1", "text": " "}', "empty_text"),
        (b'{"records": []}', "invalid_value"),
        (b'{"records": {}}', "invalid_value"),
        (b'{"records": [' + b"1," * MOST_RECORDS + b"1]}", "invalid_value"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(gateway: Running, body: bytes, code: str) -> None:
    answer = gateway.post("/v1/verdicts", body)
    assert (answer.status, answer.document["error"]["code"]) == (400, code)


def test_a_wrong_task_is_named(gateway: Running) -> None:
    answer = gateway.post("/v1/verdicts?task=weather", RECORDS[0])
    assert (answer.status, answer.document["error"]["param"]) == (400, "task")


def test_a_record_that_fails_costs_the_others_nothing(gateway: Running) -> None:
    answer = gateway.post(
        "/v1/verdicts", {"records": [{"id": "1"}, {"id": "2", "text": "poison"}, {"id": "3", "text": "you"}]}
    )
    first, second, third = answer.document["verdicts"]
    assert first["error"]["reason"] == "missing_field"
    assert second["error"]["reason"] == "inference_failed"
    assert third["post_id"] == "3"


def test_a_record_on_which_the_model_fails_is_a_defect(gateway: Running) -> None:
    assert gateway.post("/v1/verdicts", {"id": "2", "text": "poison"}).status == 500


def test_every_line_is_answered_empty_ones_too(gateway: Running) -> None:
    body = b"\n".join([RECORDS[0], b"", b"no JSON", RECORDS[1]])
    lines = gateway.post("/v1/verdicts", body, content_type=NDJSON).body.splitlines()
    assert ["error" in orjson.loads(line) for line in lines] == [False, True, True, False]


def test_a_line_is_answered_before_the_next_one_comes(gateway: Running) -> None:
    host, port = urlsplit(gateway.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = ("POST /v1/verdicts HTTP/1.1", f"host: {host}", f"content-type: {NDJSON}", "transfer-encoding: chunked")
        connection.sendall("".join(f"{line}\r\n" for line in (*head, "")).encode())
        received = b""
        for number, record in enumerate(RECORDS[:3]):
            line = record + b"\n"
            connection.sendall(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            while f'"post_id":"{number}"'.encode() not in received:
                piece = connection.recv(65536)
                assert piece
                received += piece
        connection.sendall(b"0\r\n\r\n")


@pytest.mark.parametrize("size", [1_025, 2_000, 3_000_000])
def test_a_line_longer_than_any_record_has_an_answer_like_any_other(tiny_artifact: Path, size: int) -> None:
    with running(settings_for(tiny_artifact, max_record_bytes=1024)) as gateway:
        body = b"\n".join([RECORDS[0], b"x" * size, RECORDS[1], b"x" * size])
        answers = gateway.post("/v1/verdicts", body, content_type=NDJSON).body.splitlines()
        first, second, third, last = map(orjson.loads, answers)
        assert (first["post_id"], third["post_id"]) == ("0", "1")
        assert [answer["error"]["reason"] for answer in (second, last)] == ["record_too_large", "record_too_large"]


def test_a_stream_may_be_larger_than_a_body(tiny_artifact: Path) -> None:
    with running(settings_for(tiny_artifact, max_body_bytes=1024)) as gateway:
        body = b"\n".join(RECORDS[:4] * 40)
        assert len(body) > 1024
        assert len(gateway.post("/v1/verdicts", body, content_type=NDJSON).body.splitlines()) == 160
        answer = gateway.post("/v1/verdicts", body)
        assert (answer.status, answer.document["error"]["code"]) == (413, "body_too_large")


class Placed:
    topic, partition, offset = "moderation.posts", 2, 41


class Topics:
    """A sender that takes posts, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.posts: list[Mapping[str, Any]] = []

    async def send_post(self, post: Mapping[str, Any], headers: tuple[Header, ...]) -> Sent:
        if self.error is not None:
            raise self.error
        self.posts.append(post)
        return Placed()

    async def send_message(self, message: Outgoing) -> Sent:
        raise AssertionError


def test_a_post_is_sent_and_the_answer_says_where_to_look(tiny_artifact: Path) -> None:
    topics = Topics()
    with running(settings_for(tiny_artifact), sender=topics) as gateway:
        answer = gateway.post("/v1/posts", {"id": 7, "text": "what a day"})
    assert answer.status == 202
    assert answer.document == {
        "post_id": "7",
        "topic": "moderation.posts",
        "partition": 2,
        "offset": 41,
        "verdicts": "moderation.labels",
    }
    assert topics.posts == [{"id": 7, "text": "what a day"}]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRecordError("Not a valid Post: text: Field required."), 400),
        (BrokerUnreachableError("No broker answered at 10.0.0.1:9092."), 503),
        (TimeoutError(), 504),
    ],
)
def test_what_goes_wrong_on_the_way_is_told(tiny_artifact: Path, error: Exception, status: int) -> None:
    with running(settings_for(tiny_artifact), sender=Topics(error)) as gateway:
        answer = gateway.post("/v1/posts", {"id": "7", "text": "what a day"})
    assert answer.status == status
    assert b"10.0.0.1" not in answer.body
    assert ("retry-after" in answer.headers) == (status == 503)


def test_without_brokers_no_post_is_taken(gateway: Running) -> None:
    assert gateway.post("/v1/posts", {"id": "7", "text": "what a day"}).status == 501
