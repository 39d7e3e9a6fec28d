"""`tidegate top`, on expositions that are made up and on ports of this machine."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from rich.console import Console
from typer.testing import CliRunner

from streams.cli.app import build_app
from streams.cli.top.figures import Figures, figures
from streams.cli.top.scrape import Answer, Away, Scrape, checked, quantile, read
from streams.cli.top.view import rendered
from streams.errors import TidegateError
from streams.health import families as of
from streams.health.histogram import DURATIONS, Histogram
from streams.health.port import listening

URL = "http://w1:9470/metrics"
OTHER = "http://w2:9470/metrics"


class Worker(Collector):
    """A worker that has judged so many posts, each of which took 30 ms."""

    def __init__(self, judged: int = 0, lag: int = 0, ready: int = 1, live: int = 1, model: str = "m1") -> None:
        self.judged, self.lag, self.ready, self.live, self.model = judged, lag, ready, live, model

    def collect(self) -> Iterator[Metric]:
        yield of.BUILD_INFO.by([(("0.1", self.model, "p1"), 1)])
        yield of.RECORDS.by([(("posts",), self.judged)])
        yield of.VERDICTS.by([(("posts", "allow", "false"), self.judged), (("posts", "remove", "true"), 0)])
        yield of.DEAD_LETTERS.by([(("invalid_json",), self.judged / 10)])
        duration = Histogram(DURATIONS)
        for _ in range(self.judged):
            duration.observe(0.03)
        yield of.VERDICT_DURATION.distributed([(("posts",), duration)])
        yield of.STAGE_DURATION.distributed([(("inferred",), duration)])
        yield of.LAG_RECORDS.by([(("posts", "0"), self.lag), (("posts", "10"), 0)])
        yield of.LAG_SECONDS.by([(("posts", "0"), self.lag * 2), (("posts", "10"), 0)])
        yield of.IN_FLIGHT_RECORDS.of(4)
        yield of.OLDEST.of(0.5)
        yield of.LIVE.of(self.live)
        yield of.READY.of(self.ready)
        yield of.CACHE_HITS.of(self.judged)
        yield of.CACHE_MISSES.of(3 * self.judged)


def scrape(taken_at: float, worker: Worker) -> Scrape:
    from prometheus_client import generate_latest

    registry = CollectorRegistry()
    registry.register(worker)
    return Scrape(taken_at, read(generate_latest(registry).decode()).values)


def shown(found: Figures) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(rendered(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_rates_are_differences_over_the_time_between() -> None:
    found = figures([URL], [scrape(10, Worker(100))], [scrape(12, Worker(140, lag=7))])

    assert (found.seconds, found.rates["records"], found.rates["verdicts"]) == (2, 20, 20)
    assert found.rates["dead_letters"] == pytest.approx(2)
    assert found.actions == {"posts": {"allow": 20, "remove": 0}}
    assert found.cache_hits == 0.25
    assert 0.025 < (found.latency["posts"]["p95"] or 0) <= 0.05
    assert found.latency["queued"] == {"p50": None, "p95": None, "p99": None}
    assert [(lag.partition, lag.records, lag.seconds) for lag in found.lag] == [("0", 7, 14), ("10", 0, 0)]


def test_a_counter_that_fell_began_anew() -> None:
    found = figures([URL], [scrape(10, Worker(100))], [scrape(12, Worker(6))])

    assert found.rates["records"] == 3


def test_several_addresses_are_one_group() -> None:
    found = figures(
        [URL, OTHER],
        [scrape(10, Worker(100)), scrape(10, Worker(0, model="m2"))],
        [scrape(12, Worker(140)), scrape(12, Worker(20, model="m2", ready=0))],
    )

    assert found.rates["records"] == 30
    assert [process.state for process in found.processes] == ["ready", "not ready"]
    assert {one.model for one in found.versions} == {"m1", "m2"}


@pytest.mark.parametrize(
    ("before", "after", "states"),
    [
        (scrape(10, Worker(5)), Away("Connection refused"), ["away"]),
        (Away("Connection refused"), scrape(12, Worker(5)), ["ready"]),
        (Away("it answers 500"), Away("it answers 500"), ["away"]),
        (scrape(10, Worker(5)), scrape(12, Worker(5, live=0, ready=0)), ["stuck"]),
    ],
)
def test_one_that_is_away_leaves_the_others_figures_right(before: Answer, after: Answer, states: list[str]) -> None:
    found = figures([URL, OTHER], [before, scrape(10, Worker(10))], [after, scrape(12, Worker(20))])

    assert [process.state for process in found.processes] == [*states, "ready"]
    assert found.rates["records"] == 5
    assert states[0] in shown(found)


def test_processes_of_a_supervisor_are_told_apart_and_one_may_be_away() -> None:
    exposition = """# TYPE tidegate_live gauge
tidegate_live{worker="1"} 1
# TYPE tidegate_ready gauge
tidegate_ready{worker="1"} 1
# TYPE tidegate_worker_up gauge
tidegate_worker_up{worker="1"} 1
tidegate_worker_up{worker="2"} 0
"""
    found = figures([URL], [read(exposition)], [read(exposition)])

    assert [(process.worker, process.state) for process in found.processes] == [("1", "ready"), ("2", "away")]
    assert f"{URL} #2" in shown(found)


def test_a_partition_that_changed_hands_counts_once() -> None:
    found = figures([URL, OTHER], [Away(""), Away("")], [scrape(1, Worker(lag=9)), scrape(1, Worker(lag=2))])

    assert [lag.records for lag in found.lag] == [2, 0]


def test_what_it_shows_fits_a_terminal_of_100_columns() -> None:
    lines = shown(figures([URL], [scrape(10, Worker(100))], [scrape(12, Worker(140, lag=7))])).splitlines()

    assert max(len(line.rstrip()) for line in lines) <= 100


@pytest.mark.parametrize(
    ("share", "buckets", "expected"),
    [
        (0.5, {"1": 10, "2": 20, "+Inf": 20}, 1.0),
        (0.75, {"1": 10, "2": 20, "+Inf": 20}, 1.5),
        (0.99, {"1": 10, "2": 10, "+Inf": 20}, 2.0),
        (0.5, {"1": 0, "+Inf": 0}, None),
        (0.5, {}, None),
    ],
)
def test_quantiles_are_those_of_promql(share: float, buckets: dict[str, float], expected: float | None) -> None:
    assert quantile(share, buckets) == expected


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("localhost:9470", "http://localhost:9470/metrics"),
        ("http://localhost:9470/", "http://localhost:9470/metrics"),
        ("http://localhost:9470/metrics", "http://localhost:9470/metrics"),
        ("http://[::1]:9470", "http://[::1]:9470/metrics"),
    ],
)
def test_what_may_be_left_out_of_an_address(url: str, full: str) -> None:
    assert checked(url) == full


@pytest.mark.parametrize("url", ["localhost", "http://localhost", "ftp://localhost:1", "localhost:port", "", "x:99999"])
def test_what_is_no_address_is_one_sentence(url: str) -> None:
    with pytest.raises(TidegateError, match="is no address of metrics"):
        checked(url)


@contextmanager
def serving(worker: Worker) -> Iterator[str]:
    registry = CollectorRegistry()
    registry.register(worker)
    with listening("127.0.0.1", 0, registry, lambda: None, lambda: None) as port:
        yield f"127.0.0.1:{port}"


def invoke(*arguments: str) -> tuple[int, str, str]:
    environment = {name: None for name in os.environ if name.startswith("TIDEGATE_")}
    done = CliRunner().invoke(build_app(), ["top", "--interval", "0.1", *arguments], env=environment)
    return done.exit_code, done.stdout, done.stderr


def test_once_as_json_is_one_object() -> None:
    with serving(Worker(100, lag=3)) as url:
        code, out, _ = invoke("--once", "--json", "--url", url)

    document = orjson.loads(out)
    assert code == 0
    assert document["rates"]["records"] == 0
    assert document["lag"][0] == {"topic": "posts", "partition": "0", "records": 3, "seconds": 6.0}
    assert document["versions"] == [{"version": "0.1", "model": "m1", "policy": "p1", "processes": 1}]


def test_once_shows_who_is_there_and_who_is_away() -> None:
    with serving(Worker(100)) as gone:
        pass
    with serving(Worker(100)) as url:
        code, out, _ = invoke("--once", "--url", url, "--url", gone)

    assert code == 0
    assert "ready" in out
    assert "away" in out


def test_once_fails_where_nobody_answers() -> None:
    with serving(Worker(100)) as gone:
        pass

    assert invoke("--once", "--url", gone)[0] == 1


def test_who_answers_no_metrics_is_away() -> None:
    class Broken(Collector):
        def collect(self) -> Iterator[Metric]:
            raise ValueError

    registry = CollectorRegistry()
    with listening("127.0.0.1", 0, registry, lambda: None, lambda: None) as port:
        code, _, err = invoke("--once", "--url", f"127.0.0.1:{port}/livez")

    assert (code, err) == (1, "")


def test_a_wrong_address_is_one_sentence() -> None:
    code, _, err = invoke("--once", "--url", "nowhere")

    assert code == 2
    assert err == "tidegate: nowhere is no address of metrics: it must be http://host:port or host:port.\n"
