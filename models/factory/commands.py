"""Commands of the factory; heavy imports happen inside, so that importing this module stays cheap."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def train(
    config: Path,
    data: Path | None = None,
    out: Path | None = None,
    device: str = "cpu",
    base: str | None = None,
    minutes: float | None = None,
) -> Path:
    """Run a recipe from data to artifact and return the artifact's folder; run it again to go on after a stop.

    `config` is a TOML file or the name of a recipe that ships; `data` defaults to TIDEGATE_TRAINING_DATA;
    `base` is a folder that holds the recipe's encoder, where the hub cannot be reached. A recipe of the kind
    `baseline` trains the linear models alone and returns their figures' file. After `minutes`, counted from here, it
    raises SittingOver, with a checkpoint to go on from.
    """
    from models.training.deadline import Deadline

    deadline = Deadline(minutes)
    from models.factory.factory import run_baseline, run_factory
    from models.factory.recipe_file import find_data, read_recipe

    recipe = read_recipe(config)
    folder = out or Path("runs") / recipe.name
    if recipe.kind == "baseline":
        return run_baseline(recipe, find_data(data), folder)
    return run_factory(recipe, find_data(data), folder, device, base, deadline)


def pack(
    config: Path,
    out: Path,
    code: Sequence[Path],
    largest: int,
    data: Path | None = None,
    run: Path | None = None,
    base: str | None = None,
    wheels: Path | None = None,
) -> int:
    """Write all that a recipe needs to the folder `out`, in files of at most `largest` bytes; returns their bytes."""
    from models.factory.pack import write_pack
    from models.factory.recipe_file import find_data, read_recipe
    from models.training.run_folder import RunFolder

    recipe = read_recipe(config)
    folder = RunFolder(run or Path("runs") / recipe.name)
    found = sorted(wheels.glob("*.whl")) if wheels else []
    return write_pack(recipe, find_data(data), folder, base, code, found, out, largest)


def parts(run: Path, out: Path, stages: Sequence[str], largest: int) -> int:
    """Write what ships of a run to the folder `out`, in files of at most `largest` bytes; returns their number."""
    from models.factory.bring_home import ship

    return len(ship(run, out, stages, largest))


def unpack(folder: Path, run: Path) -> Path:
    """Make a run folder of the parts that `parts` wrote."""
    from models.factory.bring_home import unpack

    return unpack(folder, run)


def ablate(
    config: Path,
    start: Path,
    data: Path | None = None,
    out: Path | None = None,
    parts: Sequence[str] | None = None,
    device: str = "cpu",
    base: str | None = None,
) -> Path:
    """Short runs from the checkpoint in `start` with and without each part of the factory; tables as Markdown."""
    from models.factory.ablation_runs import run_ablations
    from models.factory.recipe_file import find_data, read_recipe

    recipe = read_recipe(config)
    return run_ablations(recipe, start, find_data(data), out or Path("runs") / recipe.name, parts, device, base)


def export(run: Path, out: Path, data: Path | None = None, dev_rows: int | None = None, half: bool = False) -> Path:
    """Write the artifact of a run to the folder `out`; nothing is written where the parity gate fails."""
    from models.factory.export import export_run
    from models.factory.recipe_file import find_data

    export_run(run, out, find_data(data), dev_rows=dev_rows, half=half)
    return out


def fit(
    artifact: Path,
    out: Path,
    suite: Sequence[Path],
    per_thousand: float = 5.0,
    any_label: bool = False,
    keep_scale: Sequence[str] = (),
    limit: int | None = None,
    threads: int | None = None,
) -> Path:
    """Write a copy of an artifact with scale, thresholds and cascade chosen on a suite; `out` may be its folder."""
    from models.factory.fit import FitRules, fit_artifact

    fit_artifact(artifact, out, suite, FitRules(per_thousand, any_label, tuple(keep_scale), limit, threads))
    return out
