"""What every serving process does with signals, crashes and its exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.serving.types import EngineLostError
from streams.health.life import Life
from streams.settings import READY_FILE, Settings

SECRET = "my secret"
ROOT = Path(__file__).parents[4]
HANGS = """
import asyncio, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from streams.health import life
from streams.settings import Settings
async def run(_):
    executor, code = ThreadPoolExecutor(1) if sys.argv[1] == "own" else None, int(sys.argv[2])
    asyncio.get_running_loop().run_in_executor(executor, time.sleep, float(sys.argv[3]))
    return code
life.END_S = float(sys.argv[4])
sys.exit(life.live(Settings(), run))
"""


def lives(life: Life, *crashes: BaseException) -> int:
    """Runs it to its end, which these bring about; without them somebody else has to."""

    async def work() -> None:
        for error in crashes:
            asyncio.get_running_loop().call_soon(life.crash, error)
        await asyncio.wait_for(life.ended.wait(), 5)

    return asyncio.run(life.run(work))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(number: signal.Signals) -> None:
    life = Life(Settings())

    async def work() -> None:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(life.ended.wait(), 5)

    assert asyncio.run(life.run(work)) == 0


def test_the_first_crash_ends_it_with_1_and_is_told_by_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    assert lives(Life(Settings()), EngineLostError("The engine is gone."), ValueError(SECRET)) == 1
    assert caplog.messages == ["stopped: The engine is gone."]


def test_a_crash_of_somebody_elses_is_told_by_type_and_place(caplog: pytest.LogCaptureFixture) -> None:
    assert lives(Life(Settings()), ValueError(SECRET)) == 1
    assert caplog.messages == ["stopped: ValueError"]


def test_a_work_that_raises_is_no_exit_code() -> None:
    async def work() -> None:
        raise LookupError("it could not start")

    with pytest.raises(LookupError):
        asyncio.run(Life(Settings()).run(work))


@pytest.mark.parametrize(("known_as", "told"), [({}, "ready\n"), ({"known_as": "8470"}, "8470\n")])
def test_who_waits_for_it_reads_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_as: dict[str, str], told: str
) -> None:
    monkeypatch.setenv(READY_FILE, str(tmp_path / "ready"))
    Life(Settings()).report_ready(**known_as)
    assert (tmp_path / "ready").read_text() == told


def test_the_file_is_there_for_as_long_as_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A health check looks for it, also in a container that is started again with the disk that it had."""
    file = tmp_path / "ready"
    monkeypatch.setenv(READY_FILE, str(file))
    file.write_text("of a former life")
    life, seen = Life(Settings()), list[bool]()

    async def work() -> None:
        seen.append(file.exists())
        life.report_ready()
        seen.append(file.exists())
        life.end()
        seen.append(file.exists())

    assert asyncio.run(life.run(work)) == 0
    assert seen == [False, True, False]


def test_a_file_that_cannot_be_taken_away_keeps_nothing_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(READY_FILE, str(tmp_path))  # a folder is not unlinked
    assert lives(Life(Settings()), ValueError(SECRET)) == 1
    assert caplog.messages == [*[f"{tmp_path} is not taken away: Is a directory"] * 2, "stopped: ValueError"]


def test_what_becomes_ready_after_its_end_does_not_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that is stopped while it joins is given partitions all the same."""
    monkeypatch.setenv(READY_FILE, str(tmp_path / "ready"))
    life = Life(Settings())
    life.end()
    with caplog.at_level(logging.INFO):
        life.report_ready()
    assert not (tmp_path / "ready").exists()
    assert caplog.messages == []


def test_what_ends_is_not_ready_any_more() -> None:
    life = Life(Settings())
    life.report_ready()
    assert life.monitor._vitals.why_not_ready() is None
    life.end()
    assert life.monitor._vitals.why_not_ready() == "it drains and ends"


def ends(executor: str, code: int, thread_s: float, end_s: float) -> tuple[int, float, str]:
    """Exit code, seconds, and what it said: of a process with a thread that is busy for so long."""
    began = time.monotonic()
    command = [sys.executable, "-c", HANGS, executor, *map(str, (code, thread_s, end_s))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, time.monotonic() - began, done.stderr


@pytest.mark.parametrize("executor", ["own", "the loop's"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_thread_that_hangs_keeps_no_process_from_its_end(executor: str, code: int) -> None:
    ended, took_s, said = ends(executor, code, thread_s=100, end_s=0.5)
    assert (ended, took_s < 60) == (code, True)
    assert "a thread hangs, 0.5 s after the end; it is left behind" in said


def test_a_thread_that_has_something_to_finish_is_waited_for() -> None:
    ended, _, said = ends("own", 1, thread_s=0.1, end_s=60)
    assert (ended, said) == (1, "")
