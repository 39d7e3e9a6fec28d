"""The demo as a user runs it, with a look-up table for a model: it comes back whole, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.timeout(180)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tiny_artifact: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `tidegate demo --plain`; its temporary files are in this test's folder."""
    started: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "TIDEGATE_ARTIFACT": str(tiny_artifact), "TMPDIR": str(tmp_path)}

    def start_demo(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "streams.cli", "demo", "--plain", *arguments]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        started.append(demo)
        return demo

    yield start_demo
    for demo in started:
        demo.kill()
        demo.communicate()


def read_until(demo: subprocess.Popen[str], start_of_line: str) -> list[str]:
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith(start_of_line):
            return lines
    raise AssertionError("".join(lines))


def descendants(demo: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(demo.pid).children(recursive=True)


def assert_gone(processes: list[psutil.Process], within_s: float) -> None:
    assert len(processes) >= 3  # broker, leash and worker
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    assert alive == []


def assert_explained(lines: list[str]) -> None:
    """Each urgent patient's line is followed by what was found and by the rule; some rule names its source."""
    places = [n for n, line in enumerate(lines) if line.startswith(("triage  level 1", "triage  level 2"))]
    assert len(places) >= 10
    for place in places:
        assert lines[place + 1].split()[0] == "found"
        assert lines[place + 2].split()[0] == "rule"
    assert sum("[WHO" in lines[place + 2] for place in places) >= 3
    assert "urgent patients" in "".join(lines)


def test_every_record_comes_back_and_nothing_is_left(start: Start, tmp_path: Path) -> None:
    demo = start("--rate", "150")
    before = read_until(demo, "Ready after")
    processes = descendants(demo)
    rest, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, rest
    assert "Every one of the 438 records sent came back exactly once." in rest
    assert "a policy changed while posts flow" in rest
    assert "rule:demo-river-raffle" in rest
    assert re.search(r"All \d+ posts came back exactly once", " ".join(rest.split()))
    for kind in ("flag", "triage", "alert"):
        assert any(line.startswith(f"{kind} ") for line in rest.splitlines())
    assert_explained(rest.splitlines())
    for row in ("verdicts", "dead letters", "flagged", "alerts", "p50", "p99", "queued"):
        assert row in rest
    assert "Starting the embedded broker." in before[0]
    assert_gone(processes, within_s=1)
    assert list(tmp_path.glob("tidegate-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_drains_and_leaves_nothing(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    demo = start("--rate", "10")
    read_until(demo, "triage")
    processes = descendants(demo)
    demo.send_signal(number)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, rest
    assert "came back exactly once" in rest
    assert "Traceback" not in rest
    assert_gone(processes, within_s=1)
    assert list(tmp_path.glob("tidegate-demo-*")) == []


def test_a_stop_during_the_start_is_quiet(start: Start) -> None:
    demo = start()
    read_until(demo, "Starting the worker")
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert "Stopped before anything was sent." in rest
    assert "Traceback" not in rest


def test_a_killed_demo_takes_its_processes_along(start: Start) -> None:
    demo = start("--rate", "10")
    read_until(demo, "triage")
    processes = descendants(demo)
    demo.kill()
    assert_gone(processes, within_s=30)


def test_a_worker_that_dies_fails_the_demo_and_shows_its_log(start: Start) -> None:
    demo = start("--rate", "10")
    read_until(demo, "triage")
    processes = descendants(demo)
    worker = next(process for process in processes if process.cmdline()[1:] == ["-m", "streams.cli", "worker"])
    began = time.monotonic()
    worker.kill()
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "The worker ended before the demo did." in rest
    assert time.monotonic() - began < 30
    assert_gone(processes, within_s=1)
