"""What a connection may send besides plain requests, one after another: HTTP by hand."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread
from unittest.mock import MagicMock
from urllib.parse import urlsplit

import orjson
import pytest
import uvicorn
from starlette.requests import Request
from uvicorn.server import ServerState

from streams.gateway.bounded_head import LONGEST_HEAD, MOST_WAITING, BoundedHead
from streams.gateway.intake import while_connected
from streams.gateway.keys import Keys, add_key
from tests.support.gateway import Running, held, model_of, running, settings_for

BODY = orjson.dumps({"input": "what a day"})
SIZED = b"host: a\r\ncontent-length: %d\r\n" % len(BODY)
CHUNKS = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)
POST = b"POST /v1/moderations HTTP/1.1\r\n"
PROBE = b"GET /livez HTTP/1.1\r\nhost: a\r\n"
LAST = PROBE + b"connection: close\r\n\r\n"
UPGRADE = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n"


def connected(gateway: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(gateway.url).port or 0), timeout=20)


def answers(connection: socket.socket) -> bytes:
    """All that comes until the connection ends, or is reset."""
    said = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            said += piece
    return said


def statuses(said: bytes) -> list[int]:
    return [int(piece[:3]) for piece in said.split(b"HTTP/1.1 ")[1:]]


def told(gateway: Running, *pieces: bytes) -> bytes:
    """What is answered to pieces of which each is sent when the one before is likely to have been read."""
    with connected(gateway) as connection:
        for piece in pieces:
            connection.sendall(piece)
            gateway.get("/livez")
        return answers(connection)


@pytest.mark.parametrize("parted", [0, 1, len(BODY)])
def test_a_request_that_offers_another_protocol_keeps_its_body(gateway: Running, parted: int) -> None:
    """Java's client offers HTTP/2 with the first request of each connection."""
    said = told(gateway, POST + SIZED + UPGRADE + b"\r\n" + BODY[:parted], BODY[parted:] + LAST)
    assert statuses(said) == [200, 200]
    assert b'"results"' in said


def test_no_request_hides_in_the_body_of_one_that_offers_another_protocol(gateway: Running) -> None:
    hidden = PROBE + b"\r\n"
    head = POST + b"host: a\r\ncontent-length: %d\r\n" % len(hidden) + UPGRADE + b"\r\n"
    said = told(gateway, head, hidden + LAST)
    assert statuses(said) == [400, 200]
    assert b"invalid_json" in said


def test_another_protocol_is_no_way_past_the_bounds(gateway: Running) -> None:
    assert statuses(told(gateway, PROBE + UPGRADE + b"host: b\r\n\r\n")) == [400]
    assert statuses(told(gateway, b"CONNECT a:80 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")) == [404]


def test_few_requests_wait_on_a_connection(tiny_artifact: Path) -> None:
    settings = settings_for(tiny_artifact)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    with running(settings, model) as gateway, connected(gateway) as few, connected(gateway) as many:
        few.sendall(POST + SIZED + b"\r\n" + BODY + (PROBE + b"\r\n") * (MOST_WAITING - 1) + LAST)
        many.sendall(POST + SIZED + b"\r\n" + BODY + (PROBE + b"\r\n") * (MOST_WAITING + 1))
        assert answers(many) == b""
        engine.gate.set()
        assert statuses(answers(few)) == [200] * (MOST_WAITING + 1)


def test_what_follows_a_body_is_no_header_of_it(tiny_artifact: Path, tmp_path: Path) -> None:
    given = add_key(tmp_path / "keys.toml", "reader", {"score"}, 100.0, 100)
    with running(settings_for(tiny_artifact), keys=Keys.load(tmp_path / "keys.toml")) as gateway:
        head = POST + b"host: a\r\ntransfer-encoding: chunked\r\n"
        key = b"authorization: Bearer " + given.encode() + b"\r\n"
        assert statuses(told(gateway, head + b"\r\n" + CHUNKS + key + b"\r\n" + LAST)) == [401, 200]
        assert statuses(told(gateway, head + key + b"\r\n" + CHUNKS + b"x: y\r\n\r\n" + LAST)) == [200, 200]


def test_what_follows_a_body_is_bounded(gateway: Running) -> None:
    with connected(gateway) as connection:
        connection.sendall(POST + b"host: a\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKS)
        listener = Thread(target=answers, args=[connection])
        listener.start()
        with suppress(ConnectionError):
            for _ in range(4 * LONGEST_HEAD // 4096):
                connection.sendall(b"x: " + b"a" * 4091 + b"\r\n")
        listener.join(20)
        assert not listener.is_alive()


@pytest.mark.parametrize("wrong", [b"no request\r\n\r\n", b"GET /livez HTTP/1.1\r\n\r\n", PROBE + UPGRADE + b"\r\n"])
def test_what_is_wrong_is_not_answered_before_what_is_in_work(tiny_artifact: Path, wrong: bytes) -> None:
    settings = settings_for(tiny_artifact)
    model, engine = held(model_of(tiny_artifact, settings.max_in_flight_tokens))
    with running(settings, model) as gateway, connected(gateway) as connection:
        connection.sendall(POST + SIZED + b"\r\n" + BODY)
        assert engine.entered.wait(20)
        connection.sendall(wrong)
        said = answers(connection)
        engine.gate.set()
    assert said == b""


def test_a_body_in_wrong_chunks_is_told(gateway: Running) -> None:
    assert statuses(told(gateway, POST + b"host: a\r\ntransfer-encoding: chunked\r\n\r\n", b"none\r\n")) == [400]


async def test_a_request_is_refused_once() -> None:
    """However much is wrong with it: a connection with TLS closes later than it is told to."""
    transport = MagicMock()
    transport.is_closing.return_value = False
    config = uvicorn.Config(app=MagicMock(), log_config=None, lifespan="off")
    connection = BoundedHead(config, ServerState(), {})
    connection.connection_made(transport)
    for piece in (PROBE, b"x: " + b"a" * LONGEST_HEAD + b"\r\nwrong\r\n\r\n", b"wrong\r\n\r\n"):
        connection.data_received(piece)
    assert transport.write.call_count == transport.close.call_count == 1


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /livez HTTP/1.1\r\n", 400),
        (PROBE + b"host: a\r\n", 400),
        (b"GET /livez HTTP/1.0\r\nHost: a\r\nhost: b\r\n", 400),
        (b"GET /livez HTTP/1.0\r\n", 200),
        (b"GET /livez HTTP/1.1\r\nHOST:\r\n", 200),
    ],
)
def test_a_request_names_one_host(gateway: Running, head: bytes, status: int) -> None:
    assert statuses(told(gateway, head + b"connection: close\r\n\r\n")) == [status]


async def test_a_time_limit_within_the_work_is_not_taken_for_a_caller_who_has_left() -> None:
    async def stays() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    async def times_out() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await while_connected(Request({"type": "http"}, stays), times_out())
