"""Workers of tests that begin with everything imported, of which a worker's start otherwise consists: some two seconds
of a processor, and more where coverage is measured.

`python -m tests.support.fork_server` imports what a worker does, once, and forks for every line that it is sent. What
it forks goes on as `python -m streams.cli` does: a process with its own environment, folder and log, which ends as
Python ends. Only what is read when Python starts or numpy is imported is the server's. That a worker starts from
nothing is shown by the tests of `tidegate demo` and of the load tests, whose workers do.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from streams.leash import put_on_leash

IMPORTED = (
    "onnxruntime",
    "streams.cli.app",
    "streams.tasks.posts.task",
    "streams.tasks.symptoms.task",
    "streams.worker.life",
)


class ForkServer:
    """Starts what the command line of Tidegate starts. Any thread may ask it. Ends with `close`, or with the process
    that opened it.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.fork_server"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.turn = threading.Lock()

    def start(self, command: Sequence[str], *, output: Path, cwd: Path, env: Mapping[str, str]) -> Forked:
        """As `streams.leash.start_leashed`; `command` is `python -m streams.cli ...`."""
        assert list(command[:3]) == [sys.executable, "-m", "streams.cli"]
        request = {"arguments": list(command[3:]), "output": str(output), "cwd": str(cwd), "env": dict(env)}
        with self.turn:
            return Forked(self, self.ask(request))

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Whoever asks has the turn."""
        assert self._server.stdin
        assert self._server.stdout
        try:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
            answer = self._server.stdout.readline()
            if not answer:
                raise RuntimeError("the fork server has ended")
            return json.loads(answer)
        except BaseException:  # a test that timed out, say: the next one must not get this one's answer
            self._server.kill()
            raise

    def close(self) -> None:
        """Whatever it started ends with it."""
        self._server.communicate(timeout=20)


class Forked:
    """What a test needs of `subprocess.Popen`, of a process whose parent is the server."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server = server
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with self._server.turn:
            if self.returncode is None:
                self.returncode = self._server.ask({"ended": self.pid})
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"worker {self.pid}", timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:  # until it was asked for, the ended one keeps its pid
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _serve() -> dict[str, Any] | None:
    """What was asked of this process, where it is a forked one; None when there is nothing more to serve."""
    server, before = os.getpid(), dict(os.environ)
    for name in IMPORTED:
        import_module(name)
    imported = {name: value for name, value in os.environ.items() if before.get(name) != value}
    gc.freeze()  # or the first collection of every child copies all of it
    for line in sys.stdin.buffer:
        request: dict[str, Any] = json.loads(line)
        answer = _ended(request["ended"]) if "ended" in request else os.fork()
        if "ended" not in request and answer == 0:
            put_on_leash(server, signal.SIGKILL)
            return request | {"env": imported | request["env"]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return None


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become(asked: Mapping[str, Any]) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(asked["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv = ["tidegate", *asked["arguments"]]


def _live() -> int:
    """Returns the exit status."""
    from streams.cli import main

    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - told as Python tells what nobody caught
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """As Python ends, but for the libraries in C: they wait for threads that are the server's."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    asked = _serve()
    if asked is not None:
        _become(asked)
        _end(_live())
