"""Whether spans leave is for OpenTelemetry's own variables to say."""

from __future__ import annotations

import builtins
import logging
import os
from typing import Any

import pytest

from streams.health.otlp import are_wanted, obstacle, wanted_tracer
from tests.support.spans import collecting

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none"} | ENDPOINT, False),
        ({"OTEL_SDK_DISABLED": "true"} | ENDPOINT, False),
    ],
)
def test_traces_are_wanted_where_the_environment_says_so(environment: dict[str, str], wanted: bool) -> None:
    assert are_wanted(environment) is wanted


def test_without_a_word_nothing_is_begun() -> None:
    with wanted_tracer() as tracer:
        assert tracer is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "zipkin"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"} | ENDPOINT, "grpc"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"} | ENDPOINT, "http/json"),
    ],
)
def test_what_cannot_be_had_is_said_and_the_service_goes_on(
    environment: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.WARNING), wanted_tracer() as tracer:
        assert tracer is None
    assert said in (obstacle(environment) or "")
    assert said in caplog.text


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = builtins.__import__

    def without_the_sdk(name: str, *rest: Any) -> Any:
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            raise ModuleNotFoundError(name=name)
        return real(name, *rest)

    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr(builtins, "__import__", without_the_sdk)
    with caplog.at_level(logging.WARNING), wanted_tracer() as tracer:
        assert tracer is None
    assert "tidegate[traces]" in caplog.text


@pytest.mark.parametrize("name", [None, "moderation-eu"])
def test_spans_arrive_by_otlp_under_the_name_that_the_environment_gives(
    name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        if name is not None:
            monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        with wanted_tracer() as tracer:
            assert tracer is not None
            tracer.start_span("one").end()
        assert [span.name for span in collector.spans] == ["one"]
        assert collector.resources[0]["service.name"] == (name or "tidegate")
        assert collector.resources[0]["service.version"]


def test_a_collector_that_is_gone_holds_nobody_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", ENDPOINT["OTEL_EXPORTER_OTLP_ENDPOINT"])
    monkeypatch.setattr("streams.health.otlp.FLUSH_S", 0.2)
    with caplog.at_level(logging.WARNING), wanted_tracer() as tracer:
        assert tracer is not None
        tracer.start_span("one").end()
    assert "not taken" in caplog.text
