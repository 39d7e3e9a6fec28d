"""The workers of a run: started, killed, stopped, replaced."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from load.faults.diary import Diary
from load.worker_process import WORKER, Worker
from streams.policy import POLICY

READY_WITHIN_S = 180.0
KEEP_EVERY_S = 0.2


class Fleet:
    """Belongs to the main thread, whose end is the end of the processes that it starts.

    Args:
        settings: of every worker, without the prefix.
    """

    def __init__(self, folder: Path, settings: Mapping[str, object], diary: Diary) -> None:
        self.folder = folder
        self.workers: list[Worker] = []
        self._settings = settings
        self._diary = diary
        self._asked: set[str] = set()
        """Those whose end was asked for."""
        self._replaced: set[str] = set()

    @property
    def running(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.process.poll() is None]

    @property
    def ended_unasked(self) -> list[Worker]:
        return [each for each in self.workers if each.process.poll() is not None and each.name not in self._asked]

    def begin(self, *command: str, **settings: object) -> Worker:
        """Starts one and does not wait. `command`: another module than the service's, with its arguments."""
        env = {f"TIDEGATE_{name.upper()}": str(value) for name, value in {**self._settings, **settings}.items()}
        worker = Worker(
            f"worker-{len(self.workers) + 1}", self.folder, env, (sys.executable, "-m", *command) if command else WORKER
        )
        self.workers.append(worker)
        return worker

    async def start(self, count: int, *command: str, **settings: object) -> list[Worker]:
        """Starts so many and waits until they consume."""
        begun = [self.begin(*command, **settings) for _ in range(count)]
        for worker in begun:
            await asyncio.to_thread(worker.wait_ready, READY_WITHIN_S)
        return begun

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        self._asked.add(worker.name)
        self._diary.note(f"kill -9 {worker.name}")
        self._diary.kills.append(time.time())
        worker.kill()

    def freeze(self, worker: Worker) -> None:
        """SIGSTOP: it stands still, and its connections stay open."""
        self._diary.note(f"{worker.name} stands still")
        self._diary.kills.append(time.time())
        worker.process.send_signal(signal.SIGSTOP)

    def thaw(self, worker: Worker) -> None:
        """Lets it go on."""
        worker.process.send_signal(signal.SIGCONT)
        self._diary.note(f"{worker.name} goes on")

    async def stop(self, worker: Worker, within_s: float = 30.0) -> int:
        """SIGTERM; returns the exit status. Facts: `exit_s` is the longest time it took, `bad_exits` those not 0."""
        self._asked.add(worker.name)
        self._diary.note(f"SIGTERM {worker.name}")
        began = time.monotonic()
        status = await asyncio.to_thread(worker.stop, within_s)
        self._diary.most("exit_s", time.monotonic() - began)
        self._diary.add("bad_exits", status != 0)
        return status

    async def replace(self, worker: Worker) -> Worker:
        """Starts another in place of one that has ended, and waits until it consumes."""
        self._replaced.add(worker.name)
        (another,) = await self.start(1)
        self._diary.note(f"{another.name} is ready")
        return another

    @asynccontextmanager
    async def kept(self, *command: str, **settings: object) -> AsyncIterator[None]:
        """As an orchestrator does it: whoever ends is replaced at once."""
        async with beside(lambda: self._keep(command, settings)):
            yield

    async def _keep(self, command: tuple[str, ...], settings: Mapping[str, object]) -> None:
        while True:
            for worker in [each for each in self.workers if each.process.poll() is not None]:
                if worker.name in self._replaced:
                    continue
                self._replaced.add(worker.name)
                if worker.name not in self._asked:
                    self._diary.note(f"{worker.name} ended ({worker.process.returncode})")
                    self._diary.kills.append(time.time())
                self.begin(*command, **settings)
            await asyncio.sleep(KEEP_EVERY_S)

    def tell_ended_unasked(self) -> None:
        """Fact: `ended_unasked`, how many. The diary has what each of them said last."""
        self._diary.facts["ended_unasked"] = len(self.ended_unasked)
        for worker in self.ended_unasked:
            self._diary.note(f"{worker.name} had ended ({worker.process.returncode}): {worker.tail(1).strip()}")

    async def stop_all(self) -> None:
        """SIGTERM to all at once."""
        await asyncio.gather(*(self.stop(worker) for worker in self.running))

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()

    def logs(self) -> str:
        return "\n".join(f"--- {worker.name}\n{worker.tail(15)}" for worker in self.workers[-4:])


def write_policy(folder: Path) -> Path:
    """The one that ships, without quotas: over a quota a repeat may be decided otherwise than the first time."""
    path = folder / "policy.toml"
    path.write_text(re.sub(r"(?m)^limits = .*$", "limits = {}", POLICY.read_text("utf-8")), "utf-8")
    return path


@asynccontextmanager
async def beside(task: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Something runs beside the block and ends with it; its exceptions come out at the end."""
    running = asyncio.create_task(task())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
