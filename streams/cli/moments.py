"""Points in time, and lengths of time, on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import typer

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_S: Final = 366 * 24 * 3600.0  # from much longer ago on, Kafka has no times

Span = tuple[datetime | None, datetime | None]
ALWAYS: Final[Span] = (None, None)


def span(since: str | None, until: str | None) -> Span:
    """What --from and --to say.

    Raises:
        typer.BadParameter: one of them is no time, or nothing lies between them.
    """
    begin, end = None if since is None else moment(since, "--from"), None if until is None else moment(until, "--to")
    if begin is not None and end is not None and end <= begin:
        raise typer.BadParameter("must be later than --from", param_hint="--to")
    return begin, end


def moment(text: str, option: str | None = None) -> datetime:
    """ISO 8601, in UTC where it names no offset.

    Raises:
        typer.BadParameter: it is no time.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no ISO 8601 time, such as 2026-11-24T09:15:00Z", param_hint=option
        ) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def seconds(text: str, option: str) -> float:
    """Of `90s`, `10m` or `2h`; from a second to a year.

    Raises:
        typer.BadParameter: it is no length of time.
    """
    read = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    length = 0.0 if read is None else float(read[1]) * _UNITS[read[2]]
    if not 1 <= length <= _LONGEST_S:
        raise typer.BadParameter(
            f"{text!r} is no length of time, such as 90s, 10m or 2h, up to a year", param_hint=option
        )
    return length
