"""The processes of the demo: an embedded broker and a worker, each on a leash."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.errors import TidegateError
from streams.leash import tail
from streams.settings import READY_FILE

BROKER_START_S = 15.0
WORKER_START_S = 45.0  # loading and warming the model up on a slow machine
WORKER_STOP_S = 12.0
BROKER_STOP_S = 3.0
_POLL_S = 0.05


class DemoError(TidegateError):
    """The demo cannot go on; the message is one sentence, `log` the end of the log of what failed."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class Children:
    """Starts and stops the processes. Each ends when its standard input closes, so none outlives this one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.ensure_future(self._stop_all()))

    async def start_broker(self) -> str:
        """Returns host:port."""
        port_file = self._folder / "broker"
        await self._start("broker", ["streams.kafka.embedded_broker", "--port-file", str(port_file)], {})
        await self._wait_for("broker", port_file, BROKER_START_S)
        return port_file.read_text()

    async def start_worker(self, environment: Mapping[str, str]) -> None:
        """Returns when it consumes."""
        ready = self._folder / "ready"
        command = [
            "streams.worker.supervisor",
            "--stop-within-s",
            str(WORKER_STOP_S - 2),
            sys.executable,
            "-m",
            "streams.cli",
        ]
        await self._start("worker", [*command, "worker"], {**environment, READY_FILE: str(ready)})
        await self._wait_for("worker", ready, WORKER_START_S)

    async def _start(self, name: str, module: list[str], environment: Mapping[str, str]) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *module,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,  # Ctrl-C is for the demo, which then stops its children in order
            )

    async def _wait_for(self, name: str, file: Path, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while not await asyncio.to_thread(file.exists):
            if self._running[name].returncode is not None:
                raise self._failure(name, "ended at its start")
            if loop.time() > deadline:
                raise self._failure(name, f"was not ready within {within_s:g} s")
            await asyncio.sleep(_POLL_S)

    async def until_one_ends(self) -> None:
        """Never returns: raises DemoError when a process ends by itself."""
        waits = {asyncio.create_task(process.wait(), name=name) for name, process in self._running.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        raise self._failure(done.pop().get_name(), "ended before the demo did")

    def _failure(self, name: str, what: str) -> DemoError:
        return DemoError(f"The {name} {what}.", tail(self._folder / f"{name}.log", 25))

    async def _stop_all(self) -> None:
        """The worker first: it commits and leaves its group while there is a broker."""
        for name, within_s in (("worker", WORKER_STOP_S), ("broker", BROKER_STOP_S)):
            process = self._running.pop(name, None)
            if process is None or process.returncode is not None:
                continue
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), within_s)
            except TimeoutError:
                process.kill()
                await process.wait()
