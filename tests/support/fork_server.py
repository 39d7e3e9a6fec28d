"""Workers of tests that begin with everything imported, of which a worker's start otherwise consists: some two seconds
of a processor, and more where coverage is measured.

`python -m tests.support.fork_server` imports what a worker does, once, and forks for every line that it is sent. What
it forks is a worker as any other from the line on which `streams.cli` begins: a process with its own environment,
folder, log and exit status. That a worker starts from nothing is shown by the tests of `tidegate demo` and of the load
tests, whose workers do.
"""

from __future__ import annotations

import atexit
import ctypes
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

from streams.leash import PR_SET_PDEATHSIG

IMPORTED = (
    "onnxruntime",
    "streams.cli.app",
    "streams.tasks.posts.task",
    "streams.tasks.symptoms.task",
    "streams.worker.life",
)


class ForkServer:
    """Starts what the command line of Tidegate starts. Ends with `close`, or with the process that opened it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.fork_server"]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._turn = threading.Lock()

    def start(self, command: Sequence[str], *, output: Path, cwd: Path, env: Mapping[str, str]) -> Forked:
        """As `streams.leash.start_leashed`; `command` is `python -m streams.cli ...`."""
        assert list(command[:3]) == [sys.executable, "-m", "streams.cli"]
        request = {"arguments": list(command[3:]), "output": str(output), "cwd": str(cwd), "env": dict(env)}
        return Forked(self, self.ask(request))

    def ask(self, request: Mapping[str, Any]) -> Any:
        assert self._server.stdin
        assert self._server.stdout
        with self._turn:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
            return json.loads(self._server.stdout.readline())

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


def _serve() -> None:
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # or the first collection of every child copies all of it
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer = _ended(request["ended"]) if "ended" in request else _fork(request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _fork(request: Mapping[str, Any]) -> int:
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(request, server)
    return pid


def _live(request: Mapping[str, Any], server: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL.value, 0, 0, 0)
        if os.getppid() == server:
            code = _run(request)
    except BaseException:  # noqa: BLE001 - told as the interpreter tells what nobody caught
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        atexit._run_exitfuncs()  # coverage saves what it has
        os._exit(code)


def _run(request: Mapping[str, Any]) -> int:
    from streams.cli import main

    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(request["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["tidegate", *request["arguments"]]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    _serve()
