"""A server on a free port of this machine, in a thread, and the plainest of clients."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import orjson

from models.serving.engine import Engine
from models.serving.reading import Reading
from models.serving.types import Batch, Depth, Scores
from streams.gateway.app import build_app
from streams.gateway.intake import Intake
from streams.gateway.keys import Keys
from streams.gateway.listening import Address, bound, serve_until
from streams.gateway.metrics import Requests
from streams.gateway.scoring import Scoring
from streams.gateway.sending import Sender
from streams.health.traces import Traces
from streams.model import Model, load_model
from streams.settings import Settings

VERDICTS_TOPIC = "moderation.labels"


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Running:
    """A server that runs. `url` ends without a slash."""

    url: str
    scoring: Scoring
    requests: Requests

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return self.ask("POST", path, body, headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: Mapping[str, str]) -> Answer:
        """A body in pieces goes without its length."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"content-type": "application/json", **named})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()


@dataclass(eq=False)
class HeldEngine:
    """An engine that waits at a gate, and notes the texts that it was given."""

    engine: Engine
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    texts: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        self.texts += [cast(tuple[Any, Reading], item.payload)[1].text for item in batch.items]
        self.entered.set()
        assert self.gate.wait(30)
        return self.engine.run(batch, depth)


def settings_for(artifact: Path, **others: Any) -> Settings:
    return Settings(artifact=artifact, device="cpu", threads=1, drain_s=1.0, **others)


@cache
def model_of(artifact: Path, max_in_flight_tokens: int | None = None) -> Model:
    """Loaded once for all servers of a run: they share nothing but its engine."""
    return load_model(settings_for(artifact, max_in_flight_tokens=max_in_flight_tokens))


def held(model: Model) -> tuple[Model, HeldEngine]:
    engine = HeldEngine(model.engine)
    return replace(model, engine=engine), engine


@contextmanager
def running(
    settings: Settings,
    model: Model | None = None,
    keys: Keys | None = None,
    sender: Sender | None = None,
    traces: Traces | None = None,
) -> Iterator[Running]:
    """Serves until the block ends."""
    loop = asyncio.new_event_loop()
    started: list[Running] = []
    ready = threading.Event()
    stop: list[Callable[[], object]] = []
    failures: list[BaseException] = []

    async def serve() -> None:
        scoring = Scoring(
            settings, model or model_of(settings.artifact, settings.max_in_flight_tokens), failures.append, traces
        )
        scoring.start()
        requests = Requests()
        app = build_app(scoring, Intake(keys, settings.max_body_bytes), sender, VERDICTS_TOPIC, requests, traces)
        address = Address("127.0.0.1", 0)

        def report(port: int) -> None:
            started.append(Running(f"http://127.0.0.1:{port}", scoring, requests))
            ready.set()

        done = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        try:
            with bound(address) as listener:
                await serve_until(done, app, listener, address, settings.drain_s, report)
        finally:
            await scoring.stop()

    def body() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:  # noqa: BLE001  a thread has nobody to raise it to; the test does
            failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=body)
    thread.start()
    try:
        assert ready.wait(30)
        assert not failures, failures
        yield started[0]
    finally:
        for call in stop:
            call()
        thread.join(30)
        loop.close()
    assert not failures, failures
