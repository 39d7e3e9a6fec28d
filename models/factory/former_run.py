"""A run that goes on from another one: under other rules, or on more rows, its networks need not begin at nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from models.factory.stage import open_stage
from models.factory.stage_names import STAGES, teachers_in
from models.training.network import Network
from models.training.recipe import Recipe, RecipeError
from models.training.run_folder import RunFolder

_FOLDER = "former"
_CHECKPOINTS = ("checkpoint", "checkpoint.old")


def take_over(former: Path, out: Path, voters: int | None) -> None:
    """Copy what a run in `out` begins with: vocabulary, teachers with their answers, student, last network.

    Teacher and student keep their progress, so that under the same schedule they are done and under a longer one they
    learn on. The last stage begins at the former run's last network, with a schedule of its own. Once copied, nothing
    is copied again, and the former run is needed no more.

    Args:
        voters: teachers that the run has. Answers of more of them stay behind: they are the mean of all. None where
            the run has one stage alone: it begins at the last network, and nothing before it is copied.

    Raises RecipeError where the folder holds no run with a vocabulary and a network, or `out` holds one of its own.
    """
    if (out / _FOLDER).is_dir():
        return
    begun = out / f"{_FOLDER}.new"
    if not begun.is_dir() and any(RunFolder(out / name).whole_checkpoint() for name in STAGES):
        raise RecipeError(f"{out} holds a run of its own already; choose another folder.")
    last = next((name for name in STAGES[:0:-1] if RunFolder(former / name).whole_checkpoint()), None)
    run = RunFolder(former)
    if last is None or not (run.tokenizer.is_file() and (former / "vocabulary.json").is_file()):
        raise RecipeError(f"{former} holds no run to go on from: a vocabulary and a trained network are needed.")
    begun.mkdir(parents=True, exist_ok=True)  # before the first copy: what a kill has left may be written again
    for path in (run.tokenizer, former / "vocabulary.json"):
        shutil.copyfile(path, out / path.name)
    if voters is not None:
        teachers = teachers_in(former)
        answers = ("targets",) if len(teachers) <= voters else ()
        for stage in (*teachers[:voters], "student"):
            _copy(former / stage, out / stage, (*_CHECKPOINTS, *answers, "metrics.jsonl"))
    _copy(former / last, begun, _CHECKPOINTS)
    told = {"run": former.name, "stage": last, "network": RunFolder(begun).fingerprint()}
    (begun / "origin.json").write_text(json.dumps(told))
    begun.replace(out / _FOLDER)  # last: a kill before it begins anew


def check_former(recipe: Recipe, out: Path) -> None:
    """Raises RecipeError where a share of the former network shall be kept and the run goes on from none."""
    if recipe.keep and not (out / _FOLDER).is_dir():
        raise RecipeError("A recipe that keeps a share of the former network needs one: `--start RUN`.")


def former_network(out: Path) -> Network | None:
    """The network that the last stage begins with, where the run goes on from another one."""
    loaded = RunFolder(out / _FOLDER).load_network()
    return loaded[0] if loaded else None


def blend(recipe: Recipe, out: Path, trained: RunFolder) -> RunFolder:
    """The stage `blended`: the mean of a trained network and the one that its run goes on from, weight by weight.

    A network that learned on from another lies in the same valley, and what is between them keeps most of what is new
    and loses less on text of other origins (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """
    run = open_stage(out, "blended")
    run.start_anew_after(trained)
    run.begin(recipe)
    if run.whole_checkpoint() is None:
        network, before = trained.require_network(), RunFolder(out / _FOLDER).require_network().state_dict()
        with torch.no_grad():
            for name, value in network.state_dict().items():
                value.lerp_(before[name], recipe.keep)
        run.save(network)
    return run


def _copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    """With the times of the files, by which a stage tells whether what it was made from has changed since."""
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        elif (source / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)
