"""All children run, or none does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from streams.worker.supervisor import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def polite(marker: Path, code: int = 0) -> list[str]:
    """Ends with `code` when asked to, and says that it was asked."""
    return python(
        "import pathlib, signal, sys, time\n"
        f"def stop(*_): pathlib.Path({str(marker)!r}).write_text('asked'); sys.exit({code})\n"
        f"signal.signal(signal.SIGTERM, stop); pathlib.Path({str(marker)!r}).write_text('up'); time.sleep(60)"
    )


async def until(marker: Path, text: str) -> None:
    await asyncio.to_thread(wait_until, marker, text)


def wait_until(marker: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while not marker.exists() or marker.read_text() != text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


async def test_stop_asks_every_child_and_ends_with_0(tmp_path: Path) -> None:
    markers = [tmp_path / "a", tmp_path / "b"]
    supervisor = Supervisor([polite(marker) for marker in markers])
    running = asyncio.create_task(supervisor.run())
    for marker in markers:
        await until(marker, "up")
    supervisor.stop()
    assert await running == 0
    assert [marker.read_text() for marker in markers] == ["asked", "asked"]


async def test_one_that_dies_takes_the_others_along(tmp_path: Path) -> None:
    marker = tmp_path / "a"
    dying = python(
        f"import pathlib, time\nwhile not pathlib.Path({str(marker)!r}).exists(): time.sleep(0.01)\nraise SystemExit(3)"
    )
    assert await Supervisor([polite(marker), dying]).run() == 3
    assert marker.read_text() == "asked"


async def test_one_that_ends_unasked_is_a_failure_even_with_0() -> None:
    assert await Supervisor([SLEEP, python("pass")]).run() == 1


async def test_a_child_that_fails_to_drain_shows_in_the_exit_code(tmp_path: Path) -> None:
    supervisor = Supervisor([polite(tmp_path / "a", code=5)])
    running = asyncio.create_task(supervisor.run())
    await until(tmp_path / "a", "up")
    supervisor.stop()
    assert await running == 5


async def test_a_child_that_does_not_listen_is_killed_in_time(tmp_path: Path) -> None:
    marker = tmp_path / "a"
    deaf = python(
        "import pathlib, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(marker)!r}).write_text('up'); time.sleep(60)"
    )
    supervisor = Supervisor([deaf], stop_within_s=0.3)
    running = asyncio.create_task(supervisor.run())
    await until(marker, "up")
    began = time.monotonic()
    supervisor.stop()
    assert await running == 137
    assert time.monotonic() - began < 5


def leash(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "streams.worker.supervisor", "--stop-within-s", "5", *command], stdin=subprocess.PIPE
    )


def child_pid(marker: Path) -> int:
    deadline = time.monotonic() + 60
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(marker.read_text())


def say_pid(marker: Path) -> list[str]:
    return python(
        f"import os, pathlib, time; pathlib.Path({str(marker)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )


def test_a_leashed_child_ends_when_the_pipe_closes(tmp_path: Path) -> None:
    with leash(*say_pid(tmp_path / "pid")) as held:
        pid = child_pid(tmp_path / "pid")
        assert held.stdin is not None
        held.stdin.close()
        assert held.wait(10) == 128 + signal.SIGTERM
    assert not is_alive(pid)


def test_on_linux_a_child_does_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    if sys.platform != "linux":
        return
    with leash(*say_pid(tmp_path / "pid")) as held:
        pid = child_pid(tmp_path / "pid")
        held.kill()
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
