"""Logging: one line an event, as text or JSON, never with content of a record (promise 8)."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from models.errors import place_of
from streams.settings import Settings

# These libraries put whole messages or requests into their DEBUG lines.
CHATTY = ("aiokafka", "faust", "mode", "asyncio")


class PlaceFormatter(logging.Formatter):
    """Says of an exception its type and place: its message may quote a record, whoever raised it."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        return place_of(ei[1])


class JsonFormatter(PlaceFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


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
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("streams.app").setLevel(logging.ERROR)  # it warns at each rebalance that no sensor is there
