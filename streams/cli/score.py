"""`tidegate score`."""

from __future__ import annotations

import sys
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


def open_lines(file: Path) -> BinaryIO:
    """Raises BadParameter if the file cannot be read."""
    if str(file) == "-":
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}", param_hint="FILE") from None
