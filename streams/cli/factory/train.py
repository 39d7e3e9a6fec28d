"""`tidegate train`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.factory.options import Base, Data, Out, in_factory
from streams.cli.terminal import Brokers, Prefix, settings_from

if TYPE_CHECKING:
    from models.training.deadline import Deadline
    from models.training.pictures.recipe import PictureRecipe
    from models.training.recipe import Recipe
    from streams.settings import Settings


def train(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="A recipe: TOML file, or the name of one that ships.", show_default=False)
    ] = None,
    data: Data = None,
    out: Out = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    base: Base = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop at a checkpoint after so many minutes, with exit code 3.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Run folder to go on from: its networks and vocabulary, under this recipe.")
    ] = None,
    voter: Annotated[
        int | None,
        typer.Option(min=1, help="Train this one of the voting teachers and no more; on a GPU, several at once."),
    ] = None,
    from_reviews: Annotated[
        bool, typer.Option("--from-reviews", help="Train on what people say of posts, too: read once, kept in the run.")
    ] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Run the factory by a recipe, from data to artifact; run it again to go on after a stop.

    With `pack`, `parts` and `unpack`, on a machine that has a GPU but neither data nor network.
    """
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise typer.BadParameter("it names a recipe", param_hint="--config", ctx=context)
    with in_factory("train"):
        from models.training.deadline import Deadline

        deadline = Deadline(minutes)  # counted from here: what is imported below takes seconds
        from models.factory.factory import run_baseline, run_factory
        from models.factory.recipe_file import find_data, read_any_recipe
        from models.factory.teachers import train_voter

        recipe = read_any_recipe(config)
        _refuse_what_nobody_would_read(recipe, start, voter)
        folder = out or Path("runs") / recipe.name
        if from_reviews:
            recipe = _with_reviews(recipe, folder, settings_from(brokers=brokers, topic_prefix=prefix))
        if recipe.kind == "pictures":
            typer.echo(_train_pictures(recipe, data, folder, base, deadline))
        elif recipe.kind == "baseline":
            typer.echo(run_baseline(recipe, find_data(data), folder))
        elif voter is not None:
            typer.echo(train_voter(recipe, find_data(data), folder, voter, device, base, deadline))
        else:
            typer.echo(run_factory(recipe, find_data(data), folder, device, base, deadline, start))


def _refuse_what_nobody_would_read(recipe: Recipe | PictureRecipe, start: Path | None, voter: int | None) -> None:
    for option, value in (("--start", start), ("--voter", voter)):
        if value is not None and recipe.kind in ("pictures", "baseline"):
            raise typer.BadParameter(f"a recipe of kind {recipe.kind} has no use for it", param_hint=option)
    if start is not None and voter is not None:
        raise typer.BadParameter("a voter begins at nothing, and takes over no run", param_hint="--voter")


def _with_reviews(recipe: Recipe | PictureRecipe, folder: Path, settings: Settings) -> Recipe:
    """The recipe with a folder of reviewed posts beside the data. One that the run has already is taken as it is, so
    that a run that is resumed has the same rows."""
    from streams.cli.reviews import written_rows

    if recipe.kind == "pictures":
        raise typer.BadParameter("reviews are of posts, not of pictures", param_hint="--from-reviews")
    rows = (folder / "reviews").absolute()
    if not rows.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        typer.echo(written_rows(settings, rows))
    beside = (*recipe.data.beside, str(rows))
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"beside": beside})})


def _train_pictures(
    recipe: PictureRecipe, data: Path | None, folder: Path, base: str | None, deadline: Deadline
) -> Path:
    if data is None:
        raise typer.BadParameter("it names a folder of pictures, one folder a class", param_hint="--data")
    if missing := [name for name in ("PIL", "pdqhash", "skimage") if find_spec(name) is None]:
        typer.echo(f"tidegate: `train` lacks {missing[0]} for pictures: pip install 'tidegate[images,train]'", err=True)
        raise typer.Exit(2)
    from models.factory.pictures import run_ladder

    return run_ladder(recipe, data, folder, base, deadline)
