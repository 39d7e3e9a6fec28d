"""`tidegate schema export` and `tidegate version`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import AsJson, reporting


def export_schemas(folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path("schemas")) -> None:
    """Write a JSON Schema for each message and the AsyncAPI document."""
    with reporting():
        from schemas.generate import write_all
        from streams.tasks import channels

        try:
            written = write_all(folder, channels())
        except OSError as error:
            raise typer.BadParameter(f"cannot write {folder}: {error.strerror}", param_hint="FOLDER") from None
        for path in written:
            typer.echo(path)


def version(as_json: AsJson = False) -> None:
    """Show the version of the package and of the model that ships with it."""
    with reporting():
        import json
        from importlib.metadata import version as installed

        from models.artifact import MANIFEST, read_manifest
        from models.folders import RELEASE

        model = read_manifest(RELEASE).full_version if (RELEASE / MANIFEST).exists() else None
        shown = {"tidegate": installed("tidegate"), "model": model}
        typer.echo(json.dumps(shown) if as_json else f"tidegate {shown['tidegate']}, model {model or 'none'}")
