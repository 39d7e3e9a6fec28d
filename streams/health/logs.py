"""Logging: one line an event, as text or JSON, never with content of a record (promise 8)."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from typing import Any

import orjson

from models.errors import TidegateError, place_of
from streams.settings import Settings

# These libraries put whole messages or requests into their DEBUG lines.
CHATTY = ("aiokafka", "faust", "mode", "asyncio", "opentelemetry", "urllib3")
# What aiokafka warns of whenever a member of the group comes or goes.
ORDINARY = frozenset({"Heartbeat failed for group %s because it is rebalancing"})
REPEAT_S = 30.0
REMEMBERED_LINES = 1000


class PlaceFormatter(logging.Formatter):
    """Says of an exception its type and place: its message may quote a record, whoever raised it."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_quiet(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        return place_of(ei[1])


class JsonFormatter(PlaceFormatter):
    def format(self, record: logging.LogRecord) -> str:
        record = _quiet(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


def _quiet(record: logging.LogRecord) -> logging.LogRecord:
    """The same record, where an exception, or a task that holds one, is what the line is about."""
    if isinstance(record.args, Mapping):
        told: Any = {name: _place(value) for name, value in record.args.items()}
    else:
        told = tuple(_place(value) for value in record.args or ())
    if told != record.args:
        record = copy(record)
        record.args = told
    return record


def _place(value: object) -> object:
    """Our own errors are sentences for people; those of the Kafka client and of the system quote nothing."""
    if isinstance(value, BaseException) and not isinstance(value, (TidegateError, OSError)):
        return value if type(value).__module__.startswith("aiokafka.") else place_of(value)
    return type(value).__name__ if isinstance(value, asyncio.Future) else value


class ForeignLines(logging.Filter):
    """Makes the level and the number of the libraries' lines mean something to who reads them.

    An ordinary event is passed on as INFO. A line that comes again within `REPEAT_S` is held back, and counted in the
    next one: while no broker is there, or a topic is missing, aiokafka says so hundreds of times a second.
    """

    def __init__(self, level: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._level = level
        self._clock = clock
        self._lock = threading.Lock()  # lines come from the consumer's thread, too
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()  # when shown, held back since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in CHATTY:
            return True
        if str(record.msg) in ORDINARY:
            record.levelno, record.levelname = logging.INFO, "INFO"
        try:
            line = record.name, record.getMessage()
        except Exception:  # noqa: BLE001  a defect of the library's; the handler reports it, and a filter may not raise
            return True
        return record.levelno >= self._level and self._is_due(record, line)

    def _is_due(self, record: logging.LogRecord, line: tuple[str, str]) -> bool:
        now = self._clock()
        with self._lock:
            shown_at, held_back = self._seen.pop(line, (-REPEAT_S, 0))
            is_due = now - shown_at >= REPEAT_S
            self._seen[line] = (now, 0) if is_due else (shown_at, held_back + 1)
            if len(self._seen) > REMEMBERED_LINES:
                self._seen.popitem(last=False)
        if is_due and held_back:
            record.msg, record.args = f"{line[1]} ({held_back} more like it in {now - shown_at:.0f} s)", ()
        return is_due


def configure_logging(settings: Settings) -> None:
    """Sends all logging to stderr. Third-party loggers stay at WARNING or above, whatever the level of our own."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(PlaceFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    handler.addFilter(ForeignLines(root.level))
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
