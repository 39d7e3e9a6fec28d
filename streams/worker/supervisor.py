"""Keeps child processes together: all run, or none does, and none outlives its parent.

    python -m streams.worker.supervisor COMMAND...     runs one command and ends it when standard input closes

The latter is a leash: whoever holds the other end of that pipe takes the command along when it dies, however it dies.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from streams.leash import call_when_let_go, leashed

LEAVE_WITHIN_S = 36.0
"""For a worker that has drained: it leaves its group within 10 s, and one that hangs ends by itself within 34."""
STOP_WITHIN_S = 3.0 + LEAVE_WITHIN_S


class Supervisor:
    """Runs commands until one ends or `stop` is called; then stops the others within a bounded time.

    SIGTERM and SIGINT are forwarded as SIGTERM. The exit code is 0 if the stop was asked for and every child ended
    with 0, else the first other one (1 for a child that ended unasked, even with 0).
    """

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        environments: Sequence[Mapping[str, str]] | None = None,
        stop_within_s: float = STOP_WITHIN_S,
    ) -> None:
        self._commands = commands
        self._environments = environments or [os.environ] * len(commands)
        self._stop_within_s = stop_within_s
        self._asked = asyncio.Event()

    def stop(self) -> None:
        self._asked.set()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        children: list[asyncio.subprocess.Process] = []
        try:
            for command, environment in zip(self._commands, self._environments, strict=True):
                children.append(await _start(command, environment))
            await self._until_one_ends(children)
        finally:
            codes = await _end(children, self._stop_within_s)
        if self._asked.is_set():
            return next((_exit_code(code) for code in codes if code), 0)
        return next((_exit_code(code) for code in codes if code > 0), 1)

    async def _until_one_ends(self, children: Sequence[asyncio.subprocess.Process]) -> None:
        waits = [asyncio.create_task(child.wait()) for child in children]
        waits.append(asyncio.create_task(_true(self._asked)))
        _, others = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()


async def _true(event: asyncio.Event) -> int:
    await event.wait()
    return 0


async def _start(command: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """In a session of its own, so that Ctrl-C reaches it once, through the supervisor."""
    return await asyncio.create_subprocess_exec(
        *leashed(command, signal.SIGTERM),
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def _end(children: Sequence[asyncio.subprocess.Process], within_s: float) -> list[int]:
    """Exit codes in order; a child that had to be killed has -9."""
    for child in children:
        if child.returncode is None:
            child.terminate()
    waits = [asyncio.create_task(child.wait()) for child in children]
    if waits:
        await asyncio.wait(waits, timeout=within_s)
    for child in children:
        if child.returncode is None:
            child.kill()
    return [await wait for wait in waits]


def _exit_code(code: int) -> int:
    """A death by signal, as a shell reports it."""
    return 128 - code if code < 0 else code


async def _run_leashed(command: Sequence[str], stop_within_s: float) -> int:
    supervisor = Supervisor([command], stop_within_s=stop_within_s)
    call_when_let_go(asyncio.get_running_loop(), supervisor.stop)
    return await supervisor.run()


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command until it ends or standard input closes.")
    parser.add_argument("--stop-within-s", type=float, default=STOP_WITHIN_S, help="then it is killed")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    return asyncio.run(_run_leashed(arguments.command, arguments.stop_within_s))


if __name__ == "__main__":
    sys.exit(main())
