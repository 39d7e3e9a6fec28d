"""What a process shows of itself while it starts and ends."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from streams.errors import ListenError
from streams.health import families as of
from streams.health import monitor as module
from streams.health.monitor import Monitor
from streams.health.vitals import Beat, Phase
from streams.settings import METRICS_PORT_FILE, Settings
from tests.support.expositions import get


class Work:
    """Watched, and as it is told."""

    def __init__(self) -> None:
        self.beat = Beat(0.0, 0)
        self.opened_at: float | None = None
        """Of the record that is in flight."""
        self.threads: set[str] = set()

    def look(self) -> Beat:
        self.threads.add(threading.current_thread().name)
        if self.opened_at is None:
            return self.beat
        return self.beat._replace(oldest_age_s=time.monotonic() - self.opened_at)

    def collect(self) -> Iterator[Metric]:
        yield of.SETTLED.of(self.beat.done)


@pytest.fixture
def port_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(METRICS_PORT_FILE, str(tmp_path / "port"))
    monkeypatch.setattr(module, "BEAT_S", 0.005)
    return tmp_path / "port"


def port_of(file: Path) -> int:
    return int(file.read_text())


async def ask(file: Path, path: str) -> tuple[int, str]:
    return (await asyncio.to_thread(get, port_of(file), path))[:2]


async def test_it_is_off_by_default(port_file: Path) -> None:
    before = threading.active_count()
    async with Monitor(Settings()) as monitor:
        monitor.watch(Work())
        assert threading.active_count() == before
    assert not port_file.exists()  # noqa: ASYNC240


async def test_a_probe_is_answered_from_the_first_moment_to_the_last(port_file: Path) -> None:
    async with Monitor(Settings(metrics_port=0)) as monitor:
        assert await ask(port_file, "/livez") == (200, "ok\n")
        assert await ask(port_file, "/readyz") == (503, "the model is being loaded and warmed up\n")
        assert "tidegate_settled_total" not in (await ask(port_file, "/metrics"))[1]
        monitor.watch(Work())
        monitor.reach(Phase.READY)
        assert await ask(port_file, "/readyz") == (200, "ok\n")
        assert "tidegate_settled_total 0.0" in (await ask(port_file, "/metrics"))[1]
        monitor.reach(Phase.ENDING)
        assert await ask(port_file, "/readyz") == (503, "it drains and ends\n")
        assert await ask(port_file, "/livez") == (200, "ok\n")
    with pytest.raises(OSError, match="refused"):
        await ask(port_file, "/livez")


async def test_a_ticket_that_is_stuck_turns_livez(port_file: Path) -> None:
    async with Monitor(Settings(metrics_port=0, stuck_after_s=0.05)) as monitor:
        work = Work()
        monitor.watch(work)
        monitor.reach(Phase.READY)
        work.opened_at = time.monotonic() - 31
        while (answer := await ask(port_file, "/livez")) == (200, "ok\n"):  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.005)

        assert answer == (503, "a record has been in flight for 0 s\n")
        assert (await ask(port_file, "/readyz"))[0] == 503
        assert work.threads == {threading.main_thread().name}, "the work is looked at on its own loop"


async def test_a_loop_that_stands_still_turns_livez_and_is_told_so(port_file: Path) -> None:
    async with Monitor(Settings(metrics_port=0, stuck_after_s=0.05)) as monitor:
        monitor.reach(Phase.READY)
        answers: list[tuple[int, str]] = []

        def probe() -> None:
            while not answers or answers[-1][0] == 200:
                answers.append(get(port_of(port_file), "/livez")[:2])

        probing = threading.Thread(target=probe)
        probing.start()
        probing.join(10)  # and with it the loop stands still

        assert answers[-1] == (503, "the event loop has not turned for 0 s\n")


async def test_a_port_that_is_taken_stops_the_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ListenError, match="Cannot listen for metrics"):
            async with Monitor(Settings(metrics_port=taken.getsockname()[1])):
                pass
