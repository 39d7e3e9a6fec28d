"""A process on the leash keeps its pid, ends with its parent, and its log can be read."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams.leash import start_leashed, stop_leashed, tail

ROOT = Path(__file__).parents[3]


def test_the_child_is_the_command_itself(tmp_path: Path) -> None:
    script = "import os; print('pid', os.getpid())"
    process = start_leashed([sys.executable, "-c", script], output=tmp_path / "log")

    assert process.wait(20) == 0
    assert tail(tmp_path / "log") == f"pid {process.pid}"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent_script = (
        "import sys, time; from pathlib import Path; from streams.leash import start_leashed\n"
        "sleeper = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"child = start_leashed(sleeper, output=Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent_script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.5)  # until it has asked for the leash
        assert child.is_running()
        parent.kill()

    _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    process = start_leashed([sys.executable, "-c", script], output=tmp_path / "log")
    deadline = time.monotonic() + 20
    while "deaf" not in tail(tmp_path / "log") and time.monotonic() < deadline:
        time.sleep(0.05)

    assert stop_leashed(process, within_s=0.3) == -signal.SIGKILL


def test_stop_returns_the_status_of_what_has_ended(tmp_path: Path) -> None:
    process = start_leashed([sys.executable, "-c", "raise SystemExit(3)"], output=tmp_path / "log")
    process.wait(20)

    assert stop_leashed(process, within_s=1) == 3


def test_tail_is_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {i}{os.linesep}" for i in range(50_000)))

    assert tail(log, 2) == "line 49998\nline 49999"
    assert tail(tmp_path / "none") == ""
