"""A real Prometheus, set up as Compose sets it up, scrapes a worker under load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.test_alerts import ALL
from tests.contract.test_dashboards import FILES, TARGETS
from tests.support.bench import Bench
from tests.support.expositions import get, values
from tests.support.prometheus import Prometheus, prometheus
from tests.support.promql import with_times
from tests.support.records import posts, symptom_records

pytestmark = pytest.mark.timeout(240)

RECORDS = "sum(tidegate_records_total)"
SETTLED = "sum(tidegate_settled_total)"
LAG = "sum(tidegate_lag_records)"


async def until(claim: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(claim):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.2)


def one(server: Prometheus, expression: str) -> float:
    """0 where nothing is known yet."""
    return sum(value for _, value in server.values(expression))


async def test_it_scrapes_a_worker_under_load(bench: Bench, tmp_path: Path) -> None:
    await bench.create_topics(partitions=2)
    await bench.start_worker(metrics_port=0, metrics_port_file=tmp_path / "port")
    port = int((tmp_path / "port").read_text())
    drafts = [
        *posts(bench.topic("posts"), 1_000, partitions=2),
        *symptom_records(bench.topic("symptoms"), 100, partitions=2),
    ]
    with prometheus(tmp_path / "prometheus", {"worker": port}) as server:
        await until(lambda: one(server, 'up{job="tidegate-worker"}') == 1, "a scrape")
        sending = asyncio.create_task(bench.send_steadily(drafts, 100))
        await until(lambda: one(server, RECORDS) > 0, "a scrape that saw records")
        assert not sending.done(), "it was not scraped under load"
        assert one(server, RECORDS) < len(drafts)
        places = await sending
        await bench.answers(places)
        await bench.wait_committed(places)
        await until(lambda: one(server, SETTLED) == len(places), "a scrape that saw the end")
        await until(lambda: one(server, LAG) == 0, "the worker to learn the end of the log")
        await asyncio.to_thread(_assert_it_has_what_the_worker_says, server, port)
        await until(lambda: set(_health(server).values()) == {"ok"}, "all rules to be evaluated")
        await asyncio.to_thread(_assert_its_rules_are_ours, server)
        await asyncio.to_thread(_assert_dashboards_are_answered, server)


def _assert_it_has_what_the_worker_says(server: Prometheus, port: int) -> None:
    """Every sample's name, and the counts of what happened, which stand still now."""
    known = {labels["__name__"] for labels, _ in server.values('count by (__name__) ({job="tidegate-worker"})')}
    told = values(get(port).text)
    assert {name.partition("{")[0] for name in told} <= known
    for task, expected in (("posts", 1_000), ("symptoms", 100)):
        assert one(server, f'tidegate_records_total{{task="{task}"}}') == expected
        assert told[f"tidegate_records_total{{task={task}}}"] == expected
    assert one(server, "rate(tidegate_settled_total[5m])") > 0


def _health(server: Prometheus) -> dict[str, str]:
    return {rule["name"]: rule["health"] for group in server.ask("rules")["groups"] for rule in group["rules"]}


def _assert_its_rules_are_ours(server: Prometheus) -> None:
    """All of the file's are loaded, and none of the alerts fires: this worker is well."""
    assert set(_health(server)) == {rule.get("alert") or rule["record"] for rule in ALL}
    alerts = server.ask("alerts")["alerts"]
    assert [alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"] == []


def _assert_dashboards_are_answered(server: Prometheus) -> None:
    """Every expression is without an error, and every dashboard has something to show."""
    shows = dict.fromkeys((file.stem for file in FILES), 0)
    for target in TARGETS:
        (expression,) = target.values
        found = server.values(with_times(expression))
        shows[str(target.id).partition(":")[0]] += bool(found)
    assert [name for name, count in shows.items() if not count] == []
