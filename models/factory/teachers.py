"""The teachers of a run: how each is trained, alone or as one of several that vote, and where its answers lie."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from models.factory.stage import Material, choose_base, gather, open_stage, pretrained, run_stage
from models.factory.stage_names import teacher_name
from models.training.deadline import Deadline
from models.training.network import Network
from models.training.pretrained import check_sizes
from models.training.recipe import BaseModelChoice, Recipe, RecipeError, Schedule, Teacher
from models.training.run_folder import RunFolder


def train_voter(
    recipe: Recipe, data: Path, out: Path, number: int, device: str = "cpu", base: str | None = None,
    deadline: Deadline | None = None,
) -> Path:  # fmt: skip
    """Train one of the recipe's teachers, counted from 1, and return its folder; the run then finds it done.

    Several processes may each train one in the same run folder at once: one network fills a GPU to a fraction.

    Raises:
        RecipeError: the recipe has no teacher of this number, or stages that cannot be made of its encoders.
        SittingOver: the deadline came first; what was learned is saved.
    """
    rules = recipe.teacher
    if rules is None or not 1 <= number <= rules.voters:
        known = f"1 to {rules.voters}" if rules else "none"
        raise RecipeError(f"The recipe has no teacher {number}; those that it has are {known}.")
    check_encoders(recipe, base)
    material = gather(recipe, data, out, base, deadline)
    _train(recipe, rules, material, out, device, base, number)
    return out / teacher_name(number)


def train_teachers(
    recipe: Recipe, rules: Teacher, material: Material, out: Path, device: str, base: str | None
) -> list[Network]:
    """The larger networks on the same rows. Their hidden width must be the student's, or its angle says nothing."""
    return [_train(recipe, rules, material, out, device, base, n).to("cpu") for n in range(1, rules.voters + 1)]


def _train(
    recipe: Recipe, rules: Teacher, material: Material, out: Path, device: str, base: str | None, number: int
) -> Network:
    """Voters differ in their heads at the start and in the order of their rows."""
    larger = walk(recipe.model_copy(update={"base": teacher_base(recipe, rules, None)}), rules.schedule, 0)
    voter = larger.model_copy(update={"seed": recipe.seed + number - 1})
    run = open_stage(out, teacher_name(number))
    Console().rule(run.path.name)
    name = None if rules.name else base
    return run_stage(voter, material, run, device, partial(pretrained, voter, material, name))


def teacher_base(recipe: Recipe, rules: Teacher, base: str | None) -> BaseModelChoice:
    """The teacher's encoder: one of its own, or that of the student with more of its layers."""
    choice = choose_base(recipe, base)
    return choice.model_copy(update={"layers": rules.layers, "name": rules.name or choice.name})


def check_encoders(recipe: Recipe, base: str | None) -> None:
    """Raise RecipeError for stages that cannot be made of the recipe's encoders."""
    larger = teacher_base(recipe, recipe.teacher, base) if recipe.teacher else None
    check_sizes(recipe, choose_base(recipe, base), larger)


def teacher_folders(recipe: Recipe, out: Path) -> list[RunFolder]:
    """One, or several where they vote."""
    voters = recipe.teacher.voters if recipe.teacher else 0
    return [RunFolder(out / teacher_name(number)) for number in range(1, voters + 1)]


def answers_of(stages: Sequence[RunFolder]) -> Path:
    """The folder of the teachers' answers, without those from before one of them was trained on."""
    folder = stages[0].path / "targets"
    for part in folder.glob("part-*.npz"):
        if any(stage.trained_after(part) for stage in stages):
            part.unlink()
    return folder


def walk(recipe: Recipe, schedule: Schedule, number: int) -> Recipe:
    """The recipe of one stage, which meets the rows in an order of its own."""
    return recipe.model_copy(update={"schedule": schedule.model_copy(update={"walk": number})})
