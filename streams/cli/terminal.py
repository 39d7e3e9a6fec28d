"""What the commands share: options, exit codes, and text that is safe to print.

Exit codes: 0 done; 1 it did not work (broker not reachable, records not acknowledged); 2 wrong usage or settings, a
device that is not there included; 3 stopped in time (`train --minutes`), the same command goes on; 130 interrupted.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from streams.settings import Settings

Result = TypeVar("Result")

Brokers = Annotated[str | None, typer.Option(help="host:port, comma separated.", show_default=False)]
Prefix = Annotated[str | None, typer.Option(help="Prefix of the topic names.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
ProgressFile = Annotated[
    Path | None,
    typer.Option(help="File that remembers what was sent. Default: in the data folder.", show_default=False),
]


def one_of(words: Callable[[], Sequence[str]]) -> Callable[[str], str]:
    """Checks an argument against words that are looked up when the command runs, not when it is defined."""

    def check(value: str) -> str:
        known = words()
        if value not in known:
            raise typer.BadParameter(f"must be {', '.join(known[:-1])} or {known[-1]}")
        return value

    return check


def task_names() -> list[str]:
    """Of all tasks that there are."""
    from streams.tasks import declared

    return list(declared())


def output_names() -> list[str]:
    """Kinds of all topics that the service writes to."""
    from streams.tasks import channels

    return [channel.kind for channel in channels() if channel.action == "send"]


INTERRUPTED = 130
_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended


@contextmanager
def reporting(interrupted: int = INTERRUPTED) -> Iterator[None]:
    """Turns what a command raises into one sentence on stderr and an exit code; defects keep their traceback."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise typer.Exit(interrupted) from None
    except BrokenPipeError:
        _silence_stdout()
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        _silence_stdout()
        typer.echo(f"tidegate: Nothing more can be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    except Exception as error:
        from models.errors import TidegateError

        if not isinstance(error, TidegateError):
            raise
        typer.echo(f"tidegate: {error}", err=True)
        raise typer.Exit(error.exit_code) from None


def _silence_stdout() -> None:
    """The interpreter flushes stdout once more when it ends; let it write where nobody listens."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def settings_from(**given: Any) -> Settings:
    """The settings with what the command line gave; what it left out comes from the environment and TOML."""
    from streams.settings import Settings

    return Settings.load(**given)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` for a command that talks to a broker; the client library's own log lines stay out of the way."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(work)


def stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def stdout() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def printable(text: str, longest: int = 200) -> str:
    """Text of strangers on a terminal: control characters and invisible marks shown as escapes, cut to a length."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: longest + 1])
    return shown if len(shown) <= longest else shown[:longest] + "…"
