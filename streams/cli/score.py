"""`tidegate score`."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from io import UnsupportedOperation
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from streams.cli.terminal import one_of, reporting, settings_from, task_names


def score(
    task: Annotated[
        str, typer.Option(callback=one_of(task_names), autocompletion=task_names, help="That they are for.")
    ],
    file: Annotated[Path, typer.Argument(help="JSON lines; - is standard input.")] = Path("-"),
    artifact: Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default=False)] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="For inference.", show_default=False)] = None,
) -> None:
    """Score JSON lines without Kafka: one verdict or {"error": ...} a line, in the order of the input."""
    with reporting():
        settings = settings_from(artifact=artifact, policy=policy, device=device, threads=threads)
        from streams.score import score_lines

        with open_lines(file) as lines:
            for answer in score_lines(lines, task, settings):
                sys.stdout.buffer.write(answer + b"\n")
                sys.stdout.buffer.flush()


def open_lines(file: Path) -> AbstractContextManager[BinaryIO]:
    """Raises BadParameter if the file cannot be read.

    Standard input is opened anew and never closed: a thread may still read it when the process ends, and hold its lock.
    """
    if str(file) == "-":
        return nullcontext(_standard_input())
    try:
        return file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}", param_hint="FILE") from None


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise typer.BadParameter("standard input is closed", param_hint="FILE")
    try:
        return os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
    except UnsupportedOperation:  # something else was put in its place
        return sys.stdin.buffer
