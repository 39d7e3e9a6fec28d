"""`tidegate train` and `tidegate export`: the model factory, which needs the `train` extra."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.console import reporting


def train(
    config: Annotated[Path, typer.Option(help="A recipe: TOML file, or the name of one that ships.")],
    data: Annotated[Path | None, typer.Option(help="Training data; by default TIDEGATE_TRAINING_DATA.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; by default runs/NAME.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    base: Annotated[str | None, typer.Option(help="Another pretrained encoder: hub name or folder.")] = None,
) -> None:
    """Train a model by a recipe; run it again to go on after a stop."""
    with reporting():
        _require_torch("train")
        from models.training import cli

        typer.echo(cli.train(config, data, out, device, base))


def export(
    run: Annotated[Path, typer.Argument(help="Run folder of `tidegate train`.")],
    out: Annotated[Path, typer.Argument(help="Folder of the artifact.")],
) -> None:
    """Export a trained run as an artifact: int8 ONNX, tokenizer, manifest, golden cases, model card."""
    with reporting():
        _require_torch("export")
        from models.training import cli

        typer.echo(cli.export(run, out))


def _require_torch(command: str) -> None:
    if find_spec("torch") is None:
        typer.echo(f"tidegate: `{command}` needs PyTorch; install it with: pip install 'tidegate[train]'", err=True)
        raise typer.Exit(2)
