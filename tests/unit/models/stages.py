"""A stage of the factory, for tests that need a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.training.network import Network
    from models.training.recipe import Recipe


def train_stage(recipe: Recipe, data: Path, out: Path) -> Network:
    """Trains, or goes on training, in the folder `out`."""
    from models.factory.stage import gather, pretrained, run_stage
    from models.training.run_folder import RunFolder

    material = gather(recipe, data, out, None)
    return run_stage(recipe, material, RunFolder(out), "cpu", lambda: pretrained(recipe, material, None))
