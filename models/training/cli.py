"""Commands of the factory; heavy imports happen inside, so that importing this module stays cheap."""

from __future__ import annotations

from pathlib import Path


def train(
    config: Path,
    data: Path | None = None,
    out: Path | None = None,
    device: str = "cpu",
    base: str | None = None,
) -> Path:
    """Run a recipe to its last checkpoint and return the run folder; run it again to go on after a stop.

    `config` is a TOML file or the name of a recipe that ships; `data` defaults to TIDEGATE_TRAINING_DATA;
    `base` replaces the recipe's encoder by another hub name or folder.
    """
    from models.training.recipe import find_data, read_recipe
    from models.training.training_run import run_training

    recipe = read_recipe(config)
    if base is not None:
        recipe = recipe.model_copy(update={"base": recipe.base.model_copy(update={"name": base})})
    folder = out or Path("runs") / recipe.name
    run_training(recipe, find_data(data), folder, device)
    return folder


def export(run: Path, out: Path, data: Path | None = None, dev_rows: int | None = None) -> Path:
    """Write the artifact of a run to the folder `out`; nothing is written where the parity gate fails."""
    from models.compression.export import export_run
    from models.training.recipe import find_data

    export_run(run, out, find_data(data), dev_rows=dev_rows)
    return out
