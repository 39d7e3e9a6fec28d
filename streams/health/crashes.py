"""A process that fails tells where and not what: a message, a repr or a core may hold a record (promise 8)."""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
import threading
from types import TracebackType
from typing import Any

from models.errors import place_of

logger = logging.getLogger(__name__)


def keep_quiet() -> None:
    """For this process: no core file, and whatever nobody caught is logged by its type and place."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    sys.excepthook = _uncaught
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def of_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A loop's exception handler. asyncio's own logs the repr of a task, and with it what its exception says."""
    error = context.get("exception")
    what = str(context.get("message", "an error in the event loop")).splitlines()[0]
    logger.error("%s: %s", what, place_of(error) if error is not None else "no exception")


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        logger.critical("ended by %s", place_of(error))


def _in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        logger.error("a thread ended by %s", place_of(told.exc_value))


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    if told.exc_value is not None:
        logger.error("ignored: %s", place_of(told.exc_value))
