"""`tidegate train` and what belongs to it, `ablate`, `export`, `models fit`, `half` and `card`: all need `train`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, settings_from

if TYPE_CHECKING:
    from models.training.deadline import Deadline
    from models.training.pictures.recipe import PictureRecipe
    from models.training.recipe import Recipe
    from streams.settings import Settings

_Config = Annotated[Path, typer.Option(help="A recipe: TOML file, or the name of one that ships.")]
_Data = Annotated[Path | None, typer.Option(help="Training data; by default TIDEGATE_TRAINING_DATA.")]
_Base = Annotated[
    str | None, typer.Option(help="Folder that holds the recipe's encoder, where the hub is out of reach.")
]  # fmt: skip
_Largest = Annotated[int, typer.Option(min=1, help="Largest file, in MB.")]
_MB = 1_000_000
_CODE = ("schemas", "models", "streams")
PACK_MB = 60
"""A pack beyond it is written, and said to be too large."""


def train(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="A recipe: TOML file, or the name of one that ships.", show_default=False)
    ] = None,
    data: _Data = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; by default runs/NAME.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    base: _Base = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop at a checkpoint after so many minutes, with exit code 3.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Run folder to go on from: its networks and vocabulary, under this recipe.")
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
    with reporting(), _factory("train"):
        from models.training.deadline import Deadline

        deadline = Deadline(minutes)  # counted from here: what is imported below takes seconds
        from models.factory.factory import run_baseline, run_factory
        from models.factory.recipe_file import find_data, read_any_recipe

        recipe = read_any_recipe(config)
        folder = out or Path("runs") / recipe.name
        if from_reviews:
            recipe = _with_reviews(recipe, folder, settings_from(brokers=brokers, topic_prefix=prefix))
        if recipe.kind == "pictures":
            typer.echo(_train_pictures(recipe, data, folder, base, deadline))
        elif recipe.kind == "baseline":
            typer.echo(run_baseline(recipe, find_data(data), folder))
        else:
            typer.echo(run_factory(recipe, find_data(data), folder, device, base, deadline, start))


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


def pack(
    out: Annotated[Path, typer.Argument(help="Folder to write; new or empty.")],
    config: _Config,
    data: _Data = None,
    run: Annotated[Path | None, typer.Option(help="Run folder whose screening is used; by default runs/NAME.")] = None,
    base: _Base = None,
    wheels: Annotated[Path | None, typer.Option(help="Folder of wheels that the other machine lacks.")] = None,
    largest: _Largest = PACK_MB,
) -> None:
    """Write code, rows and encoder of a recipe to one folder; `sh OUT/run.sh` trains there, without a network."""
    with reporting(), _factory("train pack"):
        from models.factory.pack import write_pack
        from models.factory.recipe_file import find_data, read_recipe
        from models.training.run_folder import RunFolder

        recipe = read_recipe(config)
        code = [Path(__file__).parents[2] / package for package in _CODE]
        cached = RunFolder(run or Path("runs") / recipe.name)
        found = sorted(wheels.glob("*.whl")) if wheels else []
        size = write_pack(recipe, find_data(data), cached, base, code, found, out, largest * _MB) / _MB
        typer.echo(f"{out}: {size:.1f} MB" + (f", more than {PACK_MB} MB" if size > PACK_MB else ""))


def parts(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    out: Annotated[Path, typer.Argument(help="Folder to write; new or empty.")],
    stage: Annotated[
        list[str] | None, typer.Option(help="Network to take along, by default the last; may be repeated.")
    ] = None,
    largest: _Largest = 15,
) -> None:
    """Write what ships of a run, artifact, reports and network in half precision, as files with their hashes."""
    with reporting(), _factory("train parts"):
        from models.factory.bring_home import ship

        typer.echo(f"{out}: {len(ship(run, out, stage or (), largest * _MB))} parts")


def unpack(
    parts: Annotated[Path, typer.Argument(help="Folder of the parts.")],
    run: Annotated[Path, typer.Argument(help="Run folder to make of them; it must not be there.")],
) -> None:
    """Join the files of `parts`, checked by their hashes, to a run folder."""
    with reporting(), _factory("train unpack"):
        from models.factory import bring_home

        typer.echo(bring_home.unpack(parts, run))


def ablate(
    config: Annotated[Path, typer.Option(help="A recipe: TOML file, or the name of one that ships.")],
    start: Annotated[
        Path | None,
        typer.Option(help="Folder of the stage whose checkpoint every short run starts from; else from the encoder."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Training data; by default TIDEGATE_TRAINING_DATA.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; by default runs/NAME.")] = None,
    suite: Annotated[
        list[Path] | None, typer.Option(help="Folder of sets of other origins, measured too; may be given again.")
    ] = None,
    teacher: Annotated[Path | None, typer.Option(help="Folder of a trained teacher, for the part `teacher`.")] = None,
    part: Annotated[list[str] | None, typer.Option(help="Only this part of the factory; may be repeated.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    base: Annotated[
        str | None, typer.Option(help="Folder that holds the recipe's encoder, where the hub is out of reach.")
    ] = None,
) -> None:
    """Measure what each part of the factory is worth, by short runs with and without it."""
    with reporting(), _factory("ablate"):
        from models.factory.ablation_runs import run_ablations
        from models.factory.recipe_file import find_data, read_recipe

        recipe = read_recipe(config)
        folder = out or Path("runs") / recipe.name
        typer.echo(run_ablations(recipe, start, find_data(data), folder, part, device, base, suite or (), teacher))


def sources(
    run: Annotated[Path, typer.Argument(help="Folder of a stage: runs/NAME/distilled, say.")],
    suite: Annotated[
        list[Path] | None, typer.Option(help="Folder of sets of other origins, measured too; may be given again.")
    ] = None,
    data: _Data = None,
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
    with reporting(), _factory("train sources"):
        from models.factory.recipe_file import find_data
        from models.factory.source_picture import draw_sources
        from models.factory.source_runs import run_source_probes

        report = run_source_probes(run, find_data(data), suite or (), base, rows, seed)
        typer.echo(orjson.dumps(report.as_dict()) if as_json else report.table())
        if picture is not None:
            draw_sources(report.found, picture)


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a stage: runs/NAME/distilled, say.")],
    out: Annotated[Path, typer.Argument(help="Folder of the artifact.")],
    data: Annotated[Path | None, typer.Option(help="Training data; by default TIDEGATE_TRAINING_DATA.")] = None,
    dev_rows: Annotated[int | None, typer.Option(min=1, help="Measure on so many rows of dev in all.")] = None,
    half: Annotated[bool, typer.Option(help="Add a graph in float16, for GPUs.")] = False,
) -> None:
    """Export a trained run as an artifact: int8 ONNX, tokenizer, manifest, golden cases, model card."""
    with reporting(), _factory("export"):
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
    ] = 5.0,
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
    with reporting(), _factory("models fit"):
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
    with reporting(), _factory("models half"):
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
    with reporting(), _factory("models card"):
        from models.factory.measured import add_triage

        add_triage(artifact, triage or [], evaluation or [])
        typer.echo(artifact)


@contextmanager
def _factory(command: str) -> Iterator[None]:
    """A file that is missing, or an encoder that cannot be had, is one sentence and exit 1."""
    _require_torch(command)
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        typer.echo(f"tidegate: {_reason(error)}", err=True)
        raise typer.Exit(1) from None


def _reason(error: OSError) -> str:
    """One sentence; transformers raises an OSError without a file and with a page of advice."""
    if error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return f"{str(error).partition('. ')[0]}. `--base` names a folder that holds an encoder."


def _require_torch(command: str) -> None:
    if find_spec("torch") is None:
        typer.echo(f"tidegate: `{command}` needs PyTorch; install it with: pip install 'tidegate[train]'", err=True)
        raise typer.Exit(2)
