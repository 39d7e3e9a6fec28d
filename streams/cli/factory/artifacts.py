"""`tidegate export`, `models fit`, `half` and `card`: they write model folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.false_alarms import PER_THOUSAND
from streams.cli.factory.options import Data, Stage, in_factory


def export(
    run: Stage,
    out: Annotated[Path, typer.Argument(help="Folder of the artifact.")],
    data: Data = None,
    dev_rows: Annotated[int | None, typer.Option(min=1, help="Measure on so many rows of dev in all.")] = None,
    half: Annotated[bool, typer.Option(help="Add a graph in float16, for GPUs.")] = False,
) -> None:
    """Export a trained run as an artifact: int8 ONNX, tokenizer, manifest, golden cases, model card."""
    with in_factory("export"):
        from models.factory.export import export_run
        from models.factory.recipe_file import find_data

        export_run(run, out, find_data(data), dev_rows=dev_rows, half=half)
        typer.echo(out)


def fit(
    artifact: Annotated[Path, typer.Argument(help="Model folder.")],
    out: Annotated[Path, typer.Argument(help="Folder of the fitted copy; may be the same.")],
    suite: Annotated[
        list[Path], typer.Option(help="Folder or table: sets with labels, and ordinary text; may be given again.")
    ],
    per_thousand: Annotated[
        float, typer.Option(min=0.01, max=1000.0, help="Ordinary posts that the balanced point may label.")
    ] = PER_THOUSAND,
    any_label: Annotated[
        bool, typer.Option("--any-label", help="Labels of which an ordinary table claims nothing count as wrong, too.")
    ] = False,
    keep_scale: Annotated[
        list[str] | None, typer.Option(help="Label whose scores stay as they are; may be given again.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many rows of each table.", show_default=False)] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="For inference.", show_default=False)] = None,
) -> None:
    """Fit a model's scale, thresholds and cascade to sets of other origins and to ordinary text; nothing is trained."""
    with in_factory("models fit"):
        from models.factory.fit import FitRules, fit_artifact
        from models.labels import POST_LABELS

        if unknown := sorted(set(keep_scale or ()) - set(POST_LABELS)):
            raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(POST_LABELS)}", param_hint="--keep-scale")
        fit_artifact(artifact, out, suite, FitRules(per_thousand, any_label, tuple(keep_scale or ()), limit, threads))
        typer.echo(out)


def half(
    artifact: Annotated[Path, typer.Argument(help="Model folder.")],
    out: Annotated[Path, typer.Argument(help="Folder of the copy with the graph; may be the same.")],
) -> None:
    """Add a graph in float16, for GPUs, made of the shipped one: no training run and no GPU is needed."""
    with in_factory("models half"):
        from models.factory.gpu_graph import add_gpu_graph

        typer.echo(f"{out}: {add_gpu_graph(artifact, out).version}")


def card(
    artifact: Annotated[Path, typer.Argument(help="Model folder; its card and manifest are written anew.")],
    triage: Annotated[
        list[Path] | None, typer.Option(help="What `triage curve --json` printed of it; may be given again.")
    ] = None,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="What `evaluate --json` printed of it; may be given again.")
    ] = None,
) -> None:
    """Write the triage section of a model card from what was measured of the model, whose version stays as it is."""
    if not triage and not evaluation:
        raise typer.BadParameter("or --evaluation: figures that the card is to hold", param_hint="--triage")
    with in_factory("models card"):
        from models.factory.measured import add_triage

        add_triage(artifact, triage or [], evaluation or [])
        typer.echo(artifact)
