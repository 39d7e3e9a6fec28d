"""`tidegate serve` as a process of its own, on a free port of this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from load.session import Setup
from load.worker_process import Worker, WorkerFailed

SERVE = (sys.executable, "-m", "streams.cli", "serve", "--port", "0", "--no-keys")
START_WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class Server:
    """One that answers."""

    port: int
    process: Worker

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.process.pid


@contextmanager
def serving(setup: Setup, folder: Path, bootstrap: str = "", prefix: str = "") -> Iterator[Server]:
    """Starts a server that scores alone or, with the address of a broker, also sends to the topics of a prefix.

    Raises:
        WorkerFailed: it did not answer in time, or did not end as it should.
    """
    settings = {"artifact": str(setup.artifact), "device": setup.device}
    if setup.threads is not None:
        settings["threads"] = str(setup.threads)
    if bootstrap:
        settings |= {"brokers": bootstrap, "topic_prefix": prefix}
    env = {f"TIDEGATE_{name.upper()}": value for name, value in (settings | setup.extra).items()}
    process = Worker("serve", folder, env, SERVE)
    try:
        process.wait_for(lambda: _port(process) is not None, START_WITHIN_S, "answer")
        yield Server(_port(process) or 0, process)
        if (status := process.stop(30)) != 0:
            raise WorkerFailed(f"the server ended with {status}\n{process.tail()}")
    finally:
        process.kill()


def _port(process: Worker) -> int | None:
    """None until the whole line was written."""
    if not process.ready_file.exists():
        return None
    line = process.ready_file.read_text()
    return int(line) if line.endswith("\n") else None
