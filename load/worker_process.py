"""Worker processes under test or under load: a ready file at the start, a log to the end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from models.errors import TidegateError
from streams.leash import Process, start_leashed, stop_leashed, tail
from streams.settings import READY_FILE

ROOT = Path(__file__).parents[1]
WORKER = (sys.executable, "-m", "streams.cli", "worker")


class WorkerFailed(TidegateError):
    """A worker ended, or did not become ready, where it is needed; the message ends with its log."""


class Worker:
    """One `python -m streams.cli worker` process, or what stands in its place (load/peers).

    Its only TIDEGATE_* variables are those of `env`: what the caller's shell has set does not leak in. `start` is
    called as `start_leashed` is.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        env: Mapping[str, str],
        command: Sequence[str] = WORKER,
        start: Callable[..., Process] = start_leashed,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.ready_file = folder / f"{name}.ready"
        self.ready_file.unlink(missing_ok=True)
        own = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        self.process = start(
            command,
            output=self.log,
            cwd=ROOT,
            env={**own, **env, READY_FILE: str(self.ready_file)},
        )

    def wait_ready(self, within_s: float = 60.0) -> "Worker":
        """Returns when it consumes."""
        self.wait_for(self.ready_file.exists, within_s, "become ready")
        return self

    def wait_for(self, claim: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not claim():
            if self.process.poll() is not None:
                code = self.process.returncode
                raise WorkerFailed(f"{self.name} ended ({code}) before it could {what}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise WorkerFailed(f"{self.name} did not {what} within {within_s} s\n{self.tail()}")
            time.sleep(0.05)

    def stop(self, within_s: float = 15.0) -> int:
        """SIGTERM; returns the exit status (negative: it had to be killed)."""
        return stop_leashed(self.process, within_s=within_s)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(10)

    def wait_exit(self, within_s: float) -> int:
        """Returns its own exit status; raises WorkerFailed if it is still running."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise WorkerFailed(f"{self.name} still runs after {within_s} s\n{self.tail()}") from None

    def tail(self, lines: int = 60) -> str:
        return tail(self.log, lines)
