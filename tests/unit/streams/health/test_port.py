"""The port for operators, by real requests on this machine."""

from __future__ import annotations

import http.client
import logging
import socket
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.errors import ListenError
from streams.health import families as of
from streams.health.port import MOST_AT_ONCE, listening
from tests.support.expositions import OPENMETRICS, families, get


class Some(Collector):
    def collect(self) -> Iterator[Metric]:
        yield of.RECORDS.by([(("posts",), 3)])


class Broken(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from ()
        if self.is_broken:
            raise ValueError("the text of a post")

    is_broken = False


def well() -> str | None:
    return None


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Some())
    return registry


@pytest.fixture
def port(registry: CollectorRegistry) -> Iterator[int]:
    with listening("127.0.0.1", 0, registry, well, lambda: "it drains") as port:
        yield port


def test_both_formats_say_the_same(port: int) -> None:
    assert list(families(port)) == ["tidegate_records"]
    assert 'tidegate_records_total{task="posts"} 3.0' in get(port).text
    assert get(port, accept=OPENMETRICS).text.endswith("# EOF\n")


def test_a_probe_says_why(port: int) -> None:
    assert get(port, "/livez")[:2] == (200, "ok\n")
    assert get(port, "/readyz")[:2] == (503, "it drains\n")
    assert get(port, "/readyz?verbose")[:2] == (503, "it drains\n")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/v1/moderations", "/healthz"])
def test_nothing_else_is_there(port: int, path: str) -> None:
    assert get(port, path).status == 404


def test_it_takes_nothing(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/metrics", b"x")
    assert connection.getresponse().status == 501
    connection.close()


def test_a_port_that_is_taken_is_one_sentence(registry: CollectorRegistry, port: int) -> None:
    with (
        pytest.raises(ListenError, match=rf"^Cannot listen for metrics at 127.0.0.1:{port}: Address already in use\.$"),
        listening("127.0.0.1", port, registry, well, well),
    ):
        pass
    assert ListenError.exit_code == 2


def test_a_host_that_is_not_this_machines_is_one_sentence(registry: CollectorRegistry) -> None:
    with (
        pytest.raises(ListenError, match=r"^Cannot listen for metrics at nowhere\.invalid:0: .+\.$"),
        listening("nowhere.invalid", 0, registry, well, well),
    ):
        pass


def test_a_defect_of_a_collector_is_said_by_its_place_alone(
    registry: CollectorRegistry, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Broken()
    registry.register(broken)
    broken.is_broken = True
    with caplog.at_level(logging.DEBUG):
        answer = get(port)

    assert answer.status == 500
    assert "metrics failed with ValueError at" in caplog.text
    assert "the text of a post" not in caplog.text + answer.text
    assert get(port, "/livez").status == 200


def test_who_sends_nothing_holds_nobody_up_and_takes_a_bounded_number_of_places(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    assert get(port).status == 200
    silent += [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST_AT_ONCE)]
    silent[-1].settimeout(5)

    assert silent[-1].recv(1) == b"", "one too many is closed"
    for one in silent:
        one.close()
