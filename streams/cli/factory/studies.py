"""`tidegate ablate` and `train sources`: what the parts of the factory, and the sources of its data, are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from streams.cli.factory.options import Base, Config, Data, Out, Stage, Suite, in_factory
from streams.cli.terminal import AsJson


def ablate(
    config: Config,
    start: Annotated[
        Path | None,
        typer.Option(help="Folder of the stage whose checkpoint every short run starts from; else from the encoder."),
    ] = None,
    data: Data = None,
    out: Out = None,
    suite: Suite = None,
    teacher: Annotated[Path | None, typer.Option(help="Folder of a trained teacher, for the part `teacher`.")] = None,
    part: Annotated[list[str] | None, typer.Option(help="Only this part of the factory; may be repeated.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    base: Base = None,
) -> None:
    """Measure what each part of the factory is worth, by short runs with and without it."""
    with in_factory("ablate"):
        from models.factory.ablation_runs import run_ablations
        from models.factory.recipe_file import find_data, read_recipe

        recipe = read_recipe(config)
        folder = out or Path("runs") / recipe.name
        typer.echo(run_ablations(recipe, start, find_data(data), folder, part, device, base, suite or (), teacher))


def sources(
    run: Stage,
    suite: Suite = None,
    data: Data = None,
    base: Annotated[
        str | None, typer.Option(help="Folder of an encoder to read with in place of the network: it met no source.")
    ] = None,
    rows: Annotated[
        int,
        typer.Option(
            min=80, help="Of each source and label to learn from, half of them positive; half as many held out."
        ),
    ] = 600,
    seed: Annotated[int | None, typer.Option(help="Of the rows drawn; by default the recipe's.")] = None,
    picture: Annotated[Path | None, typer.Option(help="File to draw it to: PNG or SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Leave out each source in turn, by linear probes on a network's hidden state: who teaches only itself?"""
    with in_factory("train sources"):
        from models.factory.recipe_file import find_data
        from models.factory.source_picture import draw_sources
        from models.factory.source_runs import run_source_probes

        report = run_source_probes(run, find_data(data), suite or (), base, rows, seed)
        typer.echo(orjson.dumps(report.as_dict()) if as_json else report.table())
        if picture is not None:
            draw_sources(report.found, picture)
