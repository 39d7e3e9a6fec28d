"""What the gateway exposes: requests by interface and status, and the pipeline's counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from streams.gateway.app import build_app
from streams.gateway.intake import Intake
from streams.gateway.metrics import GatewayMetrics
from streams.gateway.openapi import openapi_document
from streams.health.port import listening
from streams.health.vitals import Vitals
from streams.health.words import INTERFACES
from tests.support.expositions import assert_is_as_declared, assert_promtool_is_content, families, get, values
from tests.support.gateway import Running, held, model_of, running, settings_for

SECRETS = ("quibblewort", "post-4711", "author-4711")
POST = {"id": "post-4711", "author": "author-4711", "text": "you idiot quibblewort"}


@contextmanager
def exposed(server: Running) -> Iterator[int]:
    """The port of what `life.py` would expose of this server."""
    registry = CollectorRegistry()
    registry.register(GatewayMetrics(server.scoring, server.requests))
    registry.register(Vitals(60.0))
    with listening("127.0.0.1", 0, registry, lambda: None, lambda: None) as port:
        yield port


@pytest.fixture(scope="module")
def server(tiny_artifact: Path) -> Iterator[Running]:
    """Not the one that all tests share: its requests are counted here."""
    with running(settings_for(tiny_artifact)) as server:
        yield server


@pytest.fixture
def port(server: Running) -> Iterator[int]:
    with exposed(server) as port:
        yield port


def test_all_that_is_declared_is_exposed_in_known_words_and_promtool_is_content(server: Running, port: int) -> None:
    server.post("/v1/verdicts", POST)
    server.get("/nowhere")

    assert_is_as_declared(families(port), "both", "gateway")
    assert_promtool_is_content(get(port).text)


def test_requests_count_by_interface_and_status(server: Running, port: int) -> None:
    before = values(get(port).text)
    server.post("/v1/moderations", {"input": ["you idiot quibblewort", "good morning"]})
    server.post("/v1/moderations", {"input": 7})
    server.post("/v1/posts", POST)
    server.post("/v1alpha1/comments:analyze", b"{")
    server.get("/v1/moderations")
    server.get("/nowhere/quibblewort?key=author-4711")
    server.get("/$discovery/rest")
    after = values(get(port).text)
    rose = {name: value - before[name] for name, value in after.items() if value != before.get(name)}

    assert {name: rise for name, rise in rose.items() if name.startswith("tidegate_requests_total")} == {
        "tidegate_requests_total{interface=moderations,status=200}": 1,
        "tidegate_requests_total{interface=moderations,status=400}": 1,
        "tidegate_requests_total{interface=posts,status=501}": 1,
        "tidegate_requests_total{interface=analyze,status=400}": 1,
        "tidegate_requests_total{interface=none,status=405}": 1,
        "tidegate_requests_total{interface=none,status=404}": 1,
        "tidegate_requests_total{interface=discovery,status=200}": 1,
    }
    assert rose["tidegate_request_duration_seconds_count{interface=moderations}"] == 2
    assert rose["tidegate_records_total{task=posts}"] == 2
    assert rose["tidegate_verdict_duration_seconds_count{task=posts}"] == 2
    for _ in range(100):  # a request is counted out after its answer has left
        if after["tidegate_requests_in_work{}"] == after["tidegate_in_flight_records{}"] == 0:
            break
        time.sleep(0.05)
        after = values(get(port).text)
    else:
        pytest.fail("requests are still in work")


def test_nothing_of_a_request_is_exposed(server: Running, port: int) -> None:
    server.post("/v1/verdicts", POST)
    server.post("/v1/moderations?key=quibblewort", {"input": "good morning quibblewort", "model": "quibblewort"})
    exposition = get(port).text

    assert [secret for secret in SECRETS if secret in exposition] == []


def test_what_is_in_work_is_shown_and_has_an_age(tiny_artifact: Path) -> None:
    model, engine = held(model_of(tiny_artifact))
    with ExitStack() as stack:
        server = stack.enter_context(running(settings_for(tiny_artifact), model))
        port = stack.enter_context(exposed(server))
        stack.callback(engine.gate.set)
        asking = threading.Thread(target=server.post, args=("/v1/verdicts", POST))
        asking.start()
        assert engine.entered.wait(10)
        found = values(get(port).text)
        assert server.scoring.oldest_age_s(1e12) > 0
        engine.gate.set()
        asking.join(10)

        assert (found["tidegate_requests_in_work{}"], found["tidegate_in_flight_records{}"]) == (1, 1)
        assert server.scoring.oldest_age_s(1e12) == 0
        assert server.scoring.answered == 1


def test_each_path_has_an_interface_of_its_own(server: Running) -> None:
    """A new one would be counted under no name."""
    app = build_app(server.scoring, Intake(None, 1000), None, "labels")
    named = {route.endpoint._interface for route in app.routes if hasattr(route.endpoint, "_interface")}  # type: ignore[attr-defined]

    assert named == set(INTERFACES) - {"none"}
    assert len(named) > len(openapi_document()["paths"]) - 3
