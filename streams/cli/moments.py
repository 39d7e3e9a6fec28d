"""Points in time on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import typer


def moment(text: str) -> datetime:
    """ISO 8601, in UTC where it names no offset.

    Raises:
        typer.BadParameter: it is no time.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time, such as 2026-11-24T09:15:00Z") from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
