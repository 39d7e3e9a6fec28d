"""What the lives of all serving processes have in common: log, signals, the first crash, the exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from opentelemetry.trace import Tracer

from models.errors import place_of
from streams.errors import TidegateError, translate
from streams.health.crashes import keep_quiet, of_loop
from streams.health.logs import configure_logging
from streams.health.monitor import Monitor
from streams.health.otlp import wanted_tracer
from streams.health.vitals import Phase
from streams.settings import READY_FILE, Settings

logger = logging.getLogger(__name__)

END_S = 10.0  # nothing that is left then has a bound of its own: what matters was stopped before


class Life:
    """Of one process: it lives until it is told to stop, or until something crashes. Lives on the event loop."""

    def __init__(self, settings: Settings) -> None:
        self.monitor = Monitor(settings)
        self.ended = asyncio.Event()
        """Set from the moment at which the process is to end."""
        self._crash: BaseException | None = None

    async def run(self, work: Callable[[], Awaitable[None]]) -> int:
        """Does the work, which has to return soon after `ended`. SIGTERM and SIGINT end it, and so does a crash.

        The port for operators is open from the first moment to the last. Returns the exit code: 1 after a crash.
        """
        _take_away_ready_file()
        async with self.monitor:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(of_loop)
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.end)
            await work()
            if self._crash is None:
                return 0
            logger.error("stopped: %s", describe(self._crash))
            return 1

    async def unless_ended(self, working: Coroutine[Any, Any, None]) -> None:
        """Until it is done, or is cancelled because the process is to end. Raises what it raises."""
        tasks = asyncio.create_task(working), asyncio.create_task(self.ended.wait())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[0]

    def end(self) -> None:
        self.monitor.reach(Phase.ENDING)
        self.ended.set()
        _take_away_ready_file()

    def crash(self, error: BaseException) -> None:
        """The first crash counts; what follows from it does not."""
        self._crash = self._crash or error
        self.end()

    def report_ready(self, where: str = "", known_as: str = "ready") -> None:
        """Says nothing once the process is to end.

        Args:
            where: added to what the log says.
            known_as: what scripts and tests that wait for the file read there.
        """
        if self.ended.is_set():
            return
        self.monitor.reach(Phase.READY)
        logger.info("ready%s", where)
        if path := os.environ.get(READY_FILE):
            Path(path).write_text(f"{known_as}\n")


def _take_away_ready_file() -> None:
    """What it says of a former life, or of this one before its end, is not so any more."""
    if path := os.environ.get(READY_FILE):
        try:
            Path(path).unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s is not taken away: %s", path, error.strerror or type(error).__name__)


def live(settings: Settings, run: Callable[[Tracer | None], Coroutine[Any, Any, int]]) -> int:
    """Sets up log, crashes and traces, and runs. Returns the exit code, with which the process ends within `END_S`,
    whatever its threads do.

    Args:
        run: a process, given a tracer where somebody asked for traces.
    """
    configure_logging(settings)
    keep_quiet()
    with wanted_tracer() as tracer, asyncio.Runner() as runner:
        code = runner.run(run(tracer))
        threading.Thread(target=_end_late, args=(code,), name="end", daemon=True).start()
        return code


def _end_late(code: int) -> None:
    """Python waits without a bound for the threads of executors, and one of them may hang, at a disk that does not
    answer, say. Where none does, the process has long ended.
    """
    time.sleep(END_S)
    logger.error("a thread hangs, %g s after the end; it is left behind", END_S)
    os._exit(code)


def describe(error: BaseException) -> str:
    """One line: our own sentences as they are, what the broker says, anything else by its type and place."""
    if isinstance(error, KafkaError):
        return str(translate(error, "the other end"))
    return str(error) if isinstance(error, TidegateError) else place_of(error)
