"""Child processes that cannot outlive who started them, however that ends. There are two leashes.

- The kernel's: the child is `python leash.py PARENT SIGNAL COMMAND...`. It asks for a signal at the end of the thread
  that started it, then becomes COMMAND, with the same pid and exit status. So start it from a thread that lives as long
  as the child should (the main one). Without prctl (not Linux) only its owner stops it.
- A pipe: the child ends when its standard input closes, whose other end the parent holds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

_PR_SET_PDEATHSIG = 1


class Process(Protocol):
    """What there is to know of a process, and to do with it: `subprocess.Popen` has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


def leashed(command: Sequence[str], ended_by: signal.Signals) -> list[str]:
    """The command line that runs `command` on the kernel's leash."""
    return [sys.executable, "-S", "-E", "-P", __file__, str(os.getpid()), str(ended_by.value), *command]


def start_leashed(
    command: Sequence[str], *, output: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own; stdout and stderr are appended to the file `output`."""
    with output.open("ab") as sink:
        return subprocess.Popen(
            leashed(command, signal.SIGKILL),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )


def stop_leashed(process: Process, *, within_s: float) -> int:
    """SIGTERM, then SIGKILL after `within_s`. Returns the exit status (negative: ended by that signal)."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def call_when_let_go(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Calls back on the loop once standard input closes."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop is closed: this process ends already
            loop.call_soon_threadsafe(callback)

    threading.Thread(target=watch, daemon=True).start()


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a log, for an error message; empty if there is no such file."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 65_536))
        return b"\n".join(log.read().splitlines()[-lines:]).decode("utf-8", "replace")


def put_on_leash(parent: int, ended_by: int) -> None:
    """Puts this process on the kernel's leash; ends it where its parent has ended already."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ended_by, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the request was made
            sys.exit(1)


def _become(parent: int, ended_by: int, command: list[str]) -> None:
    put_on_leash(parent, ended_by)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
