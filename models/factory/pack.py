"""Everything that a run needs as one folder, for a machine that has a GPU, but neither the data nor a network."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from models.factory.parts import write_parts
from models.factory.stage import choose_base, gather
from models.training.corpus import save_corpus
from models.training.pretrained import save_encoder
from models.training.recipe import Recipe, RecipeError
from models.training.run_folder import RunFolder

RUN = "run.sh"
_LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "release")


def write_pack(
    recipe: Recipe, data: Path, run: RunFolder, base: str | None, code: Sequence[Path], wheels: Sequence[Path],
    out: Path, most: int,
) -> int:  # fmt: skip
    """Write `run.sh` and the parts of an archive to `out`, and return their size in bytes.

    In it: the rows as `load_corpus` gives them, the encoder's lowest layers and kept pieces in int8, the tables of
    deformation, the packages `code`, the recipe, and `wheels` of what is not installed there. `run` is the folder of
    the run: its screening is used, and its baseline goes along.
    """
    if recipe.teacher is not None and recipe.teacher.name:
        raise RecipeError("A pack holds one encoder; this recipe has another one for its teacher.")
    material = gather(recipe, data, run.path, base)
    choice = choose_base(recipe, base)
    layers = max(choice.layers, recipe.teacher.layers if recipe.teacher else 0)
    with TemporaryDirectory(dir=out.absolute().parent) as staging:
        folder = Path(staging)
        save_corpus(material.corpus, recipe.data, recipe.seed, folder / "data")
        if (data / "lexicons").is_dir():
            shutil.copytree(data / "lexicons", folder / "data" / "lexicons", copy_function=shutil.copyfile)
        save_encoder(choice.model_copy(update={"layers": layers}), material.vocabulary, folder / "encoder")
        for package in code:
            shutil.copytree(package, folder / "code" / package.name, ignore=_LEFT_BEHIND)
        for wheel in wheels:
            (folder / "wheels").mkdir(exist_ok=True)
            shutil.copyfile(wheel, folder / "wheels" / wheel.name)
        (folder / "recipe.json").write_text(recipe.model_dump_json(indent=1), encoding="utf-8")
        if run.baseline.is_file():
            (folder / "run").mkdir()
            shutil.copyfile(run.baseline, folder / "run" / run.baseline.name)
        parts = write_parts([(folder, ".")], out, most)
    shutil.copyfile(Path(__file__).with_name(RUN), out / RUN)
    return sum(path.stat().st_size for path in (*parts, out / RUN))
