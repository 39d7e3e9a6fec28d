"""What the commands of the factory share: options, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import reporting

Config = Annotated[Path, typer.Option(help="A recipe: TOML file, or the name of one that ships.")]
Data = Annotated[Path | None, typer.Option(help="Training data; by default TIDEGATE_TRAINING_DATA.")]
Base = Annotated[
    str | None, typer.Option(help="Folder that holds the recipe's encoder, where the hub is out of reach.")
]  # fmt: skip
Out = Annotated[Path | None, typer.Option(help="Run folder; by default runs/NAME.")]
Stage = Annotated[Path, typer.Argument(help="Folder of a stage: runs/NAME/distilled, say.")]
Suite = Annotated[
    list[Path] | None, typer.Option(help="Folder of sets of other origins, measured too; may be given again.")
]
NewFolder = Annotated[Path, typer.Argument(help="Folder to write; new or empty.")]


@contextmanager
def in_factory(command: str) -> Iterator[None]:
    """Reports as other commands do. A file that is missing, or an encoder that cannot be had, is one sentence, too.

    Raises:
        typer.Exit: 2 without torch, 1 for a file or an encoder.
    """
    with reporting():
        _require_torch(command)
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            typer.echo(f"tidegate: {_reason(error)}", err=True)
            raise typer.Exit(1) from None


def _reason(error: OSError) -> str:
    """One sentence; transformers raises an OSError without a file and with a page of advice."""
    if error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return f"{str(error).partition('. ')[0]}. `--base` names a folder that holds an encoder."


def _require_torch(command: str) -> None:
    if find_spec("torch") is None:
        typer.echo(f"tidegate: `{command}` needs PyTorch; install it with: pip install 'tidegate[train]'", err=True)
        raise typer.Exit(2)
