"""Start a child process that cannot outlive its parent.

The child is `python leash.py PARENT COMMAND...`: it asks the kernel to be killed when the thread that started
it ends, then becomes COMMAND, with the same pid and exit status. So start it from a thread that lives as long
as the child should (the main one). Without prctl (not Linux) only its owner stops it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def start_leashed(
    command: Sequence[str], *, output: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own; stdout and stderr are appended to the file `output`."""
    with output.open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "-S", "-E", __file__, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )


def stop_leashed(process: subprocess.Popen[bytes], *, within_s: float) -> int:
    """SIGTERM, then SIGKILL after `within_s`. Returns the exit status (negative: ended by that signal)."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def tail(path: Path, lines: int = 40) -> str:
    """The last lines of a log, for an error message; empty if there is no such file."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 65_536))
        return b"\n".join(log.read().splitlines()[-lines:]).decode("utf-8", "replace")


def _become(parent: int, command: list[str]) -> None:
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the request was made
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
