"""Who asks `tidegate serve` under load: what counts as an answer, and that a rate waits for nobody."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import islice, repeat
from pathlib import Path

import orjson
import pytest
from aiohttp import web

from load.engine_rate import one_post_ms
from load.http.asking import NO_ANSWER, ask_all_the_time, ask_steadily
from load.http.idle import OTHER_FILES, allow_connections, idle_connections
from load.http.requests import ANALYZE, SUGGEST, Request, coral, moderations
from load.http.server import serving
from load.scenarios import SCENARIOS
from load.session import Setup
from load.texts import Payload
from load.worker_process import WorkerFailed
from tests.support.gateway import Running, model_of, running, settings_for
from tests.unit.streams.gateway.test_perspective import CORAL_ANALYZE, CORAL_SUGGEST

ASKED = Request("/ask", b"{}")
POSTS = SCENARIOS["steady"]


@pytest.fixture(scope="module")
def gateway(tiny_artifact: Path) -> Iterator[Running]:
    with running(settings_for(tiny_artifact)) as server:
        yield server


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The address of a server that answers so."""
    app = web.Application()
    app.router.add_post("/ask", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_rate_counts_answers_with_200_and_nothing_else() -> None:
    asked = 0

    async def every_second_is_refused(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=200 if asked % 2 else 429)

    async with answering(every_second_is_refused) as url:
        found = await ask_all_the_time(url, repeat(ASKED), 4, 0.2, 0.0, os.getpid())

    assert set(found.others) == {429}
    assert found.rate * 0.2 <= asked - found.others[429]
    assert found.server_us > 0
    assert found.sender_us > 0


async def test_a_server_that_refuses_everything_has_no_rate() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=503)

    async with answering(refuse) as url:
        with pytest.raises(ValueError, match="503"):
            await ask_all_the_time(url, repeat(ASKED), 2, 0.1, 0.0, os.getpid())


async def test_a_request_is_sent_when_it_is_due_whatever_the_others_wait_for() -> None:
    """The first is answered when the last has come: who waited for answers would wait for ever."""
    arrived, last = 0, asyncio.Event()

    async def hold(_: web.Request) -> web.Response:
        nonlocal arrived
        arrived += 1
        if arrived == 8:
            last.set()
        await last.wait()
        return web.Response()

    async with answering(hold) as url:
        found = await ask_steadily(url, [ASKED] * 8, 200, 3, 8)

    assert {path: len(latency) for path, latency in found.latency.items()} == {"/ask": 5}  # three warm up
    assert found.latency["/ask"].at(100) >= 15, "what was due at 15 ms waited until 35 ms"
    assert len(found.late_ms) == 5
    assert not found.others


async def test_a_request_that_was_sent_late_has_waited_since_it_was_due() -> None:
    """Whoever could not send for a while must not look as if nobody had waited in it."""
    stalls = iter([0.3])

    async def stall_once(_: web.Request) -> web.Response:
        time.sleep(next(stalls, 0.0))  # noqa: ASYNC251  it holds up who sends, too
        return web.Response()

    async with answering(stall_once) as url:
        found = await ask_steadily(url, [ASKED] * 20, 20, 1, 8)

    assert found.late_ms.at(100) >= 100
    assert found.latency["/ask"].at(100) >= 0.99 * found.late_ms.at(100)


async def test_no_answer_is_counted_and_has_no_latency() -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with answering(hang_up) as url:
        found = await ask_steadily(url, [ASKED] * 3, 100, 0, 2)

    assert found.others == {NO_ANSWER: 3}
    assert found.latency == {}


async def test_idle_connections_were_answered_once_and_are_kept(gateway: Running) -> None:
    port = int(gateway.url.rpartition(":")[2])
    async with idle_connections(port, 30) as crowd:
        assert crowd.open == 30
    for _ in range(100):
        if not crowd.open:
            break
        await asyncio.sleep(0.01)
    assert crowd.open == 0


async def test_a_connection_that_is_closed_before_its_answer_ends_the_measurement() -> None:
    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(ExceptionGroup) as raised:
            async with idle_connections(server.sockets[0].getsockname()[1], 3):
                raise AssertionError("nobody was answered")
    assert raised.group_contains(OSError)


@pytest.mark.parametrize(
    ("limits", "raised_to", "allowed"),
    [
        ((1024, 20_000), 10_000 + OTHER_FILES, 10_000),
        ((1024, 4096), 4096, 4096 - OTHER_FILES),
        ((1024, resource.RLIM_INFINITY), 10_000 + OTHER_FILES, 10_000),
        ((50_000, 50_000), None, 10_000),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None, 10_000),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(
    limits: tuple[int, int], raised_to: int | None, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: changed.append(limit))

    assert allow_connections(10_000) == allowed
    assert changed == ([] if raised_to is None else [(raised_to, limits[1])])


def test_coral_sends_the_bodies_that_the_gateways_tests_have(gateway: Running) -> None:
    posts = [Payload("posts", b"", orjson.dumps({"text": text})) for text in ("you are an idiot", "what a day")]
    analyse, suggest, another = islice(coral(posts), 3)

    answer = gateway.ask("POST", analyse.path, analyse.body, {})
    assert (analyse.path, answer.status) == (ANALYZE, 200)
    assert answer.document["attributeScores"]
    assert (suggest.path, gateway.ask("POST", suggest.path, suggest.body, {}).status) == (SUGGEST, 501)
    for request, typed in ((analyse, CORAL_ANALYZE), (suggest, CORAL_SUGGEST)):
        body = _document(request)
        assert {name: type(value) for name, value in body.items()} == {
            name: type(value) for name, value in typed.items()
        }
    assert _document(analyse)["comment"] == _document(suggest)["comment"] != _document(another)["comment"]
    assert {request.path for request in islice(coral(POSTS.payloads(9, 1), with_decisions=False), 4)} == {ANALYZE}


def _document(request: Request) -> dict[str, object]:
    document: dict[str, object] = orjson.loads(request.body)
    return document


def test_no_two_texts_are_alike(gateway: Running) -> None:
    asked = list(moderations(POSTS.payloads(50, 1)))

    assert len({request.body for request in asked}) == 50
    assert gateway.ask("POST", asked[0].path, asked[0].body, {}).status == 200


def test_the_engine_alone_takes_a_moment(tiny_artifact: Path) -> None:
    assert one_post_ms(model_of(tiny_artifact), list(POSTS.payloads(5, 1))) > 0


def test_a_server_is_a_process_that_answers_and_ends(tiny_artifact: Path, tmp_path: Path) -> None:
    with serving(Setup(artifact=tiny_artifact, threads=1), tmp_path) as server:
        asked = Running(server.url, None, None)  # type: ignore[arg-type]
        assert asked.get("/readyz").status == 200
    assert server.process.process.poll() == 0


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    setup = Setup(artifact=tmp_path / "nothing-here")
    with pytest.raises(WorkerFailed, match="nothing-here"), serving(setup, tmp_path):
        raise AssertionError("it answered")
