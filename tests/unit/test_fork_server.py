import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from load.worker_process import ROOT
from tests.support.fork_server import Forked, ForkServer

Start = Callable[..., Forked]
NOBODY = "127.0.0.1:1"


@pytest.fixture
def start(fork_server: ForkServer, tmp_path: Path) -> Start:
    return lambda *arguments, **env: started(fork_server, tmp_path, *arguments, **env)


def started(server: ForkServer, folder: Path, *arguments: str, **env: str) -> Forked:
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return server.start(command, output=folder / "log", cwd=ROOT, env=env)


def await_line(log: Path) -> None:
    deadline = time.monotonic() + 60
    while not (log.exists() and log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_exit_status_and_the_log_are_those_of_the_command(start: Start, tmp_path: Path) -> None:
    assert start("--help").wait(60) == 0
    shown = (tmp_path / "log").read_text()
    assert "worker" in shown

    assert start("no-such-command").wait(60) == 2
    assert (tmp_path / "log").read_text().startswith(shown), "what follows is appended"
    assert "no-such-command" in (tmp_path / "log").read_text()


def test_its_environment_is_the_given_one_alone(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_MAX_BATCH_ROWS", "-1")
    assert start("worker", TIDEGATE_THREADS="-1", TIDEGATE_BROKERS=NOBODY).wait(60) == 2
    said = (tmp_path / "log").read_text()
    assert "threads" in said.lower()
    assert "max_batch_rows" not in said.lower()


def test_a_signal_ends_it_and_is_its_status(start: Start, tmp_path: Path) -> None:
    worker = start("worker", TIDEGATE_BROKERS=NOBODY)
    await_line(tmp_path / "log")
    assert worker.poll() is None
    worker.kill()
    assert worker.wait(10) == -signal.SIGKILL
    worker.terminate()
    assert worker.returncode == -signal.SIGKILL, "an ended one is sent nothing"


def test_what_it_started_ends_with_the_server(tmp_path: Path) -> None:
    server = ForkServer()
    worker = psutil.Process(started(server, tmp_path, "worker", TIDEGATE_BROKERS=NOBODY).pid)
    await_line(tmp_path / "log")
    server.close()
    assert worker.wait(10) is None
