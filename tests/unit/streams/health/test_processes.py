"""Several processes in one scrape."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from streams.health import families as of
from streams.health.histogram import DURATIONS, Histogram
from streams.health.port import WhyNot, listening
from streams.health.processes import Processes, scraped_together
from streams.settings import METRICS_PORT_FILE, Settings
from tests.support.expositions import assert_promtool_is_content, families, get, values

Start = Callable[..., Path]


class Counted(Collector):
    def __init__(self, records: int) -> None:
        self._records = records

    def collect(self) -> Iterator[Metric]:
        yield of.RECORDS.by([(("posts",), self._records)])
        duration = Histogram(DURATIONS)
        duration.observe(0.2)
        yield of.VERDICT_DURATION.distributed([(("posts",), duration)])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts what a process has, and gives the file of its port; `stop` ends them all."""
    with ExitStack() as stack:

        def begin(number: int, why_not_live: str | None = None, why_not_ready: str | None = None) -> Path:
            registry = CollectorRegistry()
            registry.register(Counted(10 * number))
            port = stack.enter_context(listening("127.0.0.1", 0, registry, lambda: why_not_live, lambda: why_not_ready))
            file = tmp_path / str(number)
            file.write_text(f"{port}\n")
            return file

        yield begin


@pytest.fixture
def scrape() -> Iterator[Callable[[Processes], int]]:
    """Listens for a supervisor, and gives the port."""
    with ExitStack() as stack:

        def listen(processes: Processes) -> int:
            registry = CollectorRegistry()
            registry.register(processes)
            why: tuple[WhyNot, WhyNot] = processes.why_not_live, processes.why_not_ready
            return stack.enter_context(listening("127.0.0.1", 0, registry, *why))

        yield listen


def test_one_scrape_shows_all_and_which_is_which(start: Start, scrape: Callable[[Processes], int]) -> None:
    port = scrape(Processes([start(1), start(2)]))
    found = values(get(port).text)

    assert found["tidegate_records_total{task=posts,worker=1}"] == 10
    assert found["tidegate_records_total{task=posts,worker=2}"] == 20
    assert found["tidegate_verdict_duration_seconds_bucket{le=0.25,task=posts,worker=2}"] == 1
    assert found["tidegate_worker_up{worker=1}"] == found["tidegate_worker_up{worker=2}"] == 1
    assert families(port)["tidegate_verdict_duration_seconds"].type == "histogram"
    assert_promtool_is_content(get(port).text)


def test_one_that_was_killed_is_away_and_the_others_are_shown(
    start: Start, scrape: Callable[[Processes], int], tmp_path: Path
) -> None:
    with listening("127.0.0.1", 0, CollectorRegistry(), lambda: None, lambda: None) as gone:
        pass
    (tmp_path / "2").write_text(f"{gone}\n")
    port = scrape(Processes([start(1), tmp_path / "2"]))
    found = values(get(port).text)

    assert found["tidegate_worker_up{worker=1}"] == 1
    assert found["tidegate_worker_up{worker=2}"] == 0
    assert found["tidegate_records_total{task=posts,worker=1}"] == 10
    assert "tidegate_records_total{task=posts,worker=2}" not in found
    assert get(port, "/livez")[:2] == (503, "worker 2: it does not answer\n")


def test_one_that_starts_lives_and_is_not_ready(
    start: Start, scrape: Callable[[Processes], int], tmp_path: Path
) -> None:
    port = scrape(Processes([start(1), tmp_path / "2"]))

    assert get(port, "/livez").status == 200
    assert get(port, "/readyz")[:2] == (503, "worker 2: it starts\n")


def test_probes_ask_all(start: Start, scrape: Callable[[Processes], int]) -> None:
    all_well = scrape(Processes([start(1), start(2)]))
    one_drains = scrape(Processes([start(3), start(4, why_not_ready="it drains and ends")]))
    one_is_stuck = scrape(Processes([start(5, "a record", "a record"), start(6)]))

    assert [get(all_well, path).status for path in ("/livez", "/readyz")] == [200, 200]
    assert [get(one_drains, path).status for path in ("/livez", "/readyz")] == [200, 503]
    assert get(one_drains, "/readyz").text == "worker 2: it drains and ends\n"
    assert get(one_is_stuck, "/livez")[:2] == (503, "worker 1: a record\n")


def test_real_processes_are_found_by_their_files_and_missed_when_they_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(METRICS_PORT_FILE, str(tmp_path / "own"))
    code = """
import asyncio
from streams.health.monitor import Monitor
from streams.settings import Settings
async def live():
    async with Monitor(Settings.load()):
        await asyncio.sleep(60)
asyncio.run(live())
"""
    with scraped_together(Settings(metrics_port=0), 2) as environments:
        port = int((tmp_path / "own").read_text())
        children = [subprocess.Popen([sys.executable, "-c", code], env=one) for one in environments]
        try:
            deadline = time.monotonic() + 60
            while len(_up(found := values(get(port).text))) < 2:
                assert time.monotonic() < deadline, found
                time.sleep(0.05)
            children[1].kill()
            children[1].wait(10)
            found = values(get(port).text)
        finally:
            for child in children:
                child.kill()
                child.wait(10)

    assert _up(found) == ["tidegate_worker_up{worker=1}"]
    assert "tidegate_live{worker=2}" not in found
    assert found["process_resident_memory_bytes{worker=1}"] > 0


def _up(found: dict[str, float]) -> list[str]:
    return [name for name, value in found.items() if name.startswith("tidegate_worker_up") and value]


def test_each_process_gets_a_port_of_its_own_on_loopback() -> None:
    with scraped_together(Settings(metrics_port=0, metrics_host="127.0.0.1"), 2) as environments:
        own = [{name: one[name] for name in one if name.startswith("TIDEGATE_METRICS")} for one in environments]

    files = {one.pop(METRICS_PORT_FILE) for one in own}
    assert len(files) == 2
    assert own == [{"TIDEGATE_METRICS_PORT": "0", "TIDEGATE_METRICS_HOST": "127.0.0.1"}] * 2


def test_without_a_port_nothing_is_added_to_the_environment() -> None:
    with scraped_together(Settings(), 2) as environments:
        assert all(METRICS_PORT_FILE not in one for one in environments)
