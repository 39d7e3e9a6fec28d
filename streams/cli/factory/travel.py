"""`tidegate train pack`, `parts` and `unpack`: a run goes to another machine and comes back, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.factory.options import Base, Config, Data, NewFolder, in_factory

_CODE = ("schemas", "models", "streams")
_Largest = Annotated[int, typer.Option(min=1, help="Largest file, in MB.")]
_MB = 1_000_000
PACK_MB = 60
"""A pack beyond it is written, and said to be too large."""


def pack(
    out: NewFolder,
    config: Config,
    data: Data = None,
    run: Annotated[Path | None, typer.Option(help="Run folder whose screening is used; by default runs/NAME.")] = None,
    base: Base = None,
    wheels: Annotated[Path | None, typer.Option(help="Folder of wheels that the other machine lacks.")] = None,
    largest: _Largest = PACK_MB,
) -> None:
    """Write code, rows and encoder of a recipe to one folder; `sh OUT/run.sh` trains there, without a network."""
    with in_factory("train pack"):
        from models.factory.pack import write_pack
        from models.factory.recipe_file import find_data, read_recipe
        from models.training.run_folder import RunFolder

        recipe = read_recipe(config)
        code = [Path(__file__).parents[3] / package for package in _CODE]
        cached = RunFolder(run or Path("runs") / recipe.name)
        found = sorted(wheels.glob("*.whl")) if wheels else []
        size = write_pack(recipe, find_data(data), cached, base, code, found, out, largest * _MB) / _MB
        typer.echo(f"{out}: {size:.1f} MB" + (f", more than {PACK_MB} MB" if size > PACK_MB else ""))


def parts(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    out: NewFolder,
    stage: Annotated[
        list[str] | None,
        typer.Option(help="Network to take along, by default the last; `teacher`: all that vote. May be repeated."),
    ] = None,
    largest: _Largest = 15,
) -> None:
    """Write what ships of a run, artifact, reports and network in half precision, as files with their hashes."""
    with in_factory("train parts"):
        from models.factory.bring_home import ship

        typer.echo(f"{out}: {len(ship(run, out, stage or (), largest * _MB))} parts")


def unpack(
    parts: Annotated[Path, typer.Argument(help="Folder of the parts.")],
    run: Annotated[Path, typer.Argument(help="Run folder to make of them; it must not be there.")],
) -> None:
    """Join the files of `parts`, checked by their hashes, to a run folder."""
    with in_factory("train unpack"):
        from models.factory import bring_home

        typer.echo(bring_home.unpack(parts, run))
