"""Keys, rates, deadlines, sizes, and what an answer looks like where something is wrong."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import orjson
import pytest

import streams.gateway.intake as intake_module
from streams.gateway.bounded_head import LONGEST_HEAD
from streams.gateway.keys import SCOPES, Key, Keys, Scope, add_key
from tests.support.gateway import Answer, Running, held, model_of, running, settings_for

PATHS = ("/v1/moderations", "/v1/verdicts", "/v1alpha1/comments:analyze")
BODIES = {
    "/v1/moderations": {"input": "what a day"},
    "/v1/verdicts": {"id": "1", "text": "what a day"},
    "/v1alpha1/comments:analyze": {"comment": {"text": "what a day"}, "requestedAttributes": {"TOXICITY": {}}},
}


def keys_of(
    tmp_path: Path, scopes: Collection[Scope] = SCOPES, rate: float = 1e6, burst: int = 1000
) -> tuple[Keys, str]:
    file = tmp_path / "keys.toml"
    given = add_key(file, "reader", scopes, rate, burst)
    return Keys.load(file), given


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def fits_its_interface(path: str, answer: Answer) -> None:
    error = answer.document["error"]
    if path.startswith("/v1alpha1"):
        assert error["code"] == answer.status
        assert error["status"].isupper()
    else:
        assert set(error) == {"message", "type", "param", "code"}
    assert error["message"].endswith(".")
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", PATHS)
def test_a_key_is_taken_wherever_a_client_puts_it(tiny_artifact: Path, tmp_path: Path, path: str) -> None:
    keys, given = keys_of(tmp_path)
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        body = BODIES[path]
        assert gateway.post(path, body, authorization=f"Bearer {given}").status == 200
        assert gateway.post(path, body, authorization=f"bearer  {given}").status == 200
        assert gateway.post(path, body, x_api_key=given).status == 200
        assert gateway.post(f"{path}?key={given}", body).status == 200
        for wrong in ({}, {"authorization": "Bearer"}, {"authorization": f"Basic {given}"}, {"x_api_key": given + "x"}):
            answer = gateway.post(path, body, **wrong)
            assert answer.status == 401
            fits_its_interface(path, answer)


def test_the_key_is_looked_at_before_the_body(tiny_artifact: Path, tmp_path: Path) -> None:
    keys, _ = keys_of(tmp_path)
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        assert gateway.post("/v1/moderations", b"no JSON").status == 401


@pytest.mark.parametrize(
    ("path", "scope"),
    [*((path, "score") for path in PATHS), ("/v1/posts", "send"), ("/v1alpha1/comments:suggestscore", "review")],
)
def test_a_scope_opens_its_calls_alone(tiny_artifact: Path, tmp_path: Path, path: str, scope: str) -> None:
    others = [one for one in SCOPES if one != scope]
    keys, given = keys_of(tmp_path, scopes=others)
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        answer = gateway.post(path, {}, authorization=f"Bearer {given}")
        assert answer.status == 403
        assert scope in answer.document["error"]["message"]
        fits_its_interface(path, answer)


@pytest.mark.parametrize("path", PATHS)
def test_a_key_over_its_rate_is_told_when_to_come_back(tiny_artifact: Path, tmp_path: Path, path: str) -> None:
    keys, given = keys_of(tmp_path, rate=0.01, burst=1)
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        assert gateway.post(path, BODIES[path], authorization=f"Bearer {given}").status == 200
        answer = gateway.post(path, BODIES[path], authorization=f"Bearer {given}")
        assert answer.status == 429
        assert 98 <= int(answer.headers["retry-after"]) <= 100
        assert 98_000 <= int(answer.headers["retry-after-ms"]) <= 100_000
        fits_its_interface(path, answer)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_large_body_is_refused(tiny_artifact: Path, path: str, is_announced: bool) -> None:
    with running(settings_for(tiny_artifact, max_body_bytes=1024)) as gateway:
        body = b'{"input": "' + b"a" * 2000 + b'"}'
        answer = gateway.ask("POST", path, body if is_announced else iter([body]), {})
        assert answer.status == 413
        fits_its_interface(path, answer)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/moderations", 405), ("POST", "/v1/nothing", 404)])
def test_what_is_not_there_is_told_in_shape(gateway: Running, method: str, path: str, status: int) -> None:
    answer = gateway.ask(method, path, None, {})
    assert answer.status == status
    fits_its_interface(path, answer)
    answer = gateway.ask(method, path.replace("/v1/", "/v1alpha1/comments:"), None, {})
    assert answer.status == 404
    fits_its_interface("/v1alpha1", answer)


@pytest.mark.parametrize("given", ["soon", "-5", "1.5", "", "9" * 10, "²"])
def test_a_deadline_is_whole_milliseconds(gateway: Running, given: str) -> None:
    answer = gateway.post("/v1/moderations", {"input": "a"}, x_deadline_ms=given)
    assert (answer.status, answer.document["error"]["code"]) == (400, "invalid_deadline")


@pytest.mark.parametrize("path", PATHS)
def test_a_deadline_that_has_passed_is_not_scored(tiny_artifact: Path, path: str) -> None:
    settings = settings_for(tiny_artifact)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    engine.gate.set()
    with running(settings, model) as gateway:
        answer = gateway.post(path, BODIES[path], x_deadline_ms="0")
        assert answer.status == 504
        fits_its_interface(path, answer)
        assert gateway.post(path, BODIES[path]).status == 200
    assert len(engine.texts) == 1


def test_who_waits_at_the_gate_past_the_deadline_is_not_scored(tiny_artifact: Path) -> None:
    settings = settings_for(tiny_artifact, max_in_flight_records=1)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    with running(settings, model) as gateway, ThreadPoolExecutor(1) as pool:
        first = pool.submit(gateway.post, "/v1/moderations", {"input": "the first"})
        assert engine.entered.wait(20)
        assert gateway.post("/v1/moderations", {"input": "the late"}, x_deadline_ms="50").status == 504
        engine.gate.set()
        assert first.result(20).status == 200
        assert gateway.post("/v1/moderations", {"input": "the next"}).status == 200
    assert engine.texts == ["the first", "the next"]


def test_overload_is_told_and_nothing_of_it_is_scored(tiny_artifact: Path) -> None:
    settings = settings_for(tiny_artifact, max_in_flight_records=1, max_in_flight_tokens=256)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    long = "what a day " * 90  # some 250 tokens by its bytes
    with running(settings, model) as gateway, ThreadPoolExecutor(2) as pool:
        first = pool.submit(gateway.post, "/v1/moderations", {"input": "the first"})
        assert engine.entered.wait(20)
        waiting = pool.submit(gateway.post, "/v1/moderations", {"input": long})
        until(lambda: gateway.scoring.waiting_tokens > 0)
        for path in PATHS:
            answer = gateway.post(path, BODIES[path])
            assert answer.status == 429
            assert answer.headers["retry-after"] == "1"
            fits_its_interface(path, answer)
        engine.gate.set()
        assert first.result(20).status == waiting.result(20).status == 200
    assert "what a day" not in engine.texts


def test_a_request_that_was_let_in_is_answered_whole(tiny_artifact: Path) -> None:
    """However much waits beside it: half a list would be scored for nobody."""
    settings = settings_for(tiny_artifact, max_in_flight_records=1, max_in_flight_tokens=256)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    texts = ["the first", "the next", "a day " * 60]  # the last is some 100 tokens by its bytes
    with running(settings, model) as gateway, ThreadPoolExecutor(2) as pool:
        whole = pool.submit(gateway.post, "/v1/moderations", {"input": texts})
        until(lambda: gateway.scoring.waiting_tokens > 0)
        beside = pool.submit(gateway.post, "/v1/moderations", {"input": "what a day " * 65})
        until(lambda: gateway.scoring.waiting_tokens > 150)
        engine.gate.set()
        assert whole.result(20).status == beside.result(20).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_for_a_caller_who_has_left_nothing_is_scored(tiny_artifact: Path, path: str) -> None:
    settings = settings_for(tiny_artifact, max_in_flight_records=1)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    with running(settings, model) as gateway, ThreadPoolExecutor(1) as pool:
        first = pool.submit(gateway.post, "/v1/moderations", {"input": "the first"})
        assert engine.entered.wait(20)
        body = orjson.dumps(BODIES[path])
        with socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20) as connection:
            head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            until(lambda: gateway.scoring.waiting_tokens > 0)
        until(lambda: gateway.scoring.waiting_tokens == 0)
        engine.gate.set()
        assert first.result(20).status == 200
        assert gateway.post("/v1/moderations", {"input": "the next"}).status == 200
    assert engine.texts == ["the first", "the next"]


def test_a_caller_who_leaves_before_the_answer_is_waited_for_no_longer(tiny_artifact: Path) -> None:
    settings = settings_for(tiny_artifact)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    with running(settings, model) as gateway:
        body = orjson.dumps({"input": "what a day"})
        with socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20) as connection:
            connection.sendall(
                b"POST /v1/moderations HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            assert engine.entered.wait(20)
        until(lambda: gateway.requests.in_work == 0)
        assert gateway.scoring.in_flight[0] == 1
        engine.gate.set()
        until(lambda: gateway.scoring.in_flight[0] == 0)
        assert gateway.post("/v1/moderations", {"input": "what a day"}).status == 200


def test_no_stage_rests_where_an_answer_has_no_costs_of_a_chunk(gateway: Running) -> None:
    for path in PATHS:
        assert gateway.post(path, BODIES[path]).status == 200
    assert gateway.scoring.pipeline.rest_s == 0.0


def test_the_head_of_a_request_is_bounded(gateway: Running) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20) as connection:
        connection.sendall(b"POST /v1/moderations HTTP/1.1\r\nx-endless: ")
        with suppress(ConnectionError):
            connection.sendall(b"a" * 256 * 1024)
            answer = connection.recv(1000)
            assert not answer or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("piece", [100, 4096, 65536])
def test_a_head_that_comes_in_pieces_is_bounded_by_all_of_them(gateway: Running, piece: int) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\n")
        answered = []

        def listen() -> None:
            with suppress(ConnectionError):
                answered.append(connection.recv(1000))

        listener = Thread(target=listen)
        listener.start()
        with suppress(ConnectionError):
            for _ in range(4 * LONGEST_HEAD // piece):
                connection.sendall(b"x: " + b"a" * (piece - 5) + b"\r\n")
        listener.join(20)
        assert not answered or answered[0].startswith(b"HTTP/1.1 400") or not answered[0]
        assert not listener.is_alive()


def test_what_follows_a_large_body_at_once_is_not_taken_for_a_long_head(tiny_artifact: Path) -> None:
    body = orjson.dumps({"input": "a" * 150_000})
    head = b"POST /v1/moderations HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(body)
    with (
        running(settings_for(tiny_artifact)) as gateway,
        socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20) as connection,
    ):
        connection.sendall((head + body) * 3 + b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [answers.count(b"HTTP/1.1 %d" % status) for status in (400, 200)] == [3, 1]
    assert answers.count(b"text_too_long") == 3


def test_a_request_larger_than_what_may_wait_is_answered_all_the_same(tiny_artifact: Path) -> None:
    settings = settings_for(tiny_artifact, max_in_flight_records=2, max_in_flight_tokens=256)
    with running(settings) as gateway:
        answer = gateway.post("/v1/moderations", {"input": [f"what a day {'day ' * 50} {n}" for n in range(50)]})
        assert len(answer.document["results"]) == 50


def test_more_requests_than_there_are_places_are_refused(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "MOST_REQUESTS", 0)
    for path in PATHS:
        answer = gateway.post(path, BODIES[path])
        assert answer.status == 429
        fits_its_interface(path, answer)


def test_probes_need_no_key_and_no_place(tiny_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, _ = keys_of(tmp_path)
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        monkeypatch.setattr(intake_module, "MOST_REQUESTS", 0)
        assert gateway.get("/livez").status == gateway.get("/readyz").status == 200


def test_a_key_that_is_read_has_the_defaults_of_the_file() -> None:
    assert Key(name="a", sha256="0" * 64).scopes == {"score"}
