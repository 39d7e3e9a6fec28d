"""`tidegate evaluate`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.terminal import AsJson, reporting, settings_from, stderr

if TYPE_CHECKING:
    from rich.progress import Progress

    from models.evaluation.figures import Entry
    from models.evaluation.resampling import Bootstrap
    from models.evaluation.rows import Row
    from models.evaluation.scoring import Answer, Served

ArtifactOption = Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(help="Labelled table: .parquet, .jsonl or .csv; may be given again.", show_default=False),
]
DeviceOption = Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default=False)]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="For inference.", show_default=False)]
SuiteOption = Annotated[
    list[Path] | None, typer.Option(help="Folder of labelled sets; may be given again.", show_default=False)
]


def evaluate(
    artifact: ArtifactOption = None,
    data: DataOption = None,
    slice_column: Annotated[str, typer.Option("--slice", help="Column to group by too.")] = "slice",
    suite: SuiteOption = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="With --suite or --pictures: another model folder, on the same rows.", show_default=False),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="With --suite: so many rows of each table.", show_default=False)
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Pictures in a folder for each class, for picture classifiers.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --suite: folder for JSON, tables, picture.", show_default=False)
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="With --suite: figures by OpenAI's and Perspective's names, too.")
    ] = False,
    deform: Annotated[bool, typer.Option("--deform", help="Measure disguised posts as well.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Write a picture here (.png, .svg).", show_default=False)] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    as_json: AsJson = False,
) -> None:
    """Figures of a model on labelled tables, a suite of them, or pictures, with bootstrap intervals."""
    with reporting():
        from models.evaluation.resampling import Bootstrap

        bootstrap = Bootstrap(confidence)
        if pictures is not None:
            _check_for_pictures(artifact, bool(data or suite or deform or limit or out or names))
            models = [one for one in (artifact, *(against or [])) if one is not None]
            _of_pictures(pictures, models, bootstrap, picture, threads or 1, as_json)
            return
        _check_options(data, suite, deform or slice_column != "slice", bool(against or limit or out or names))
        given = {"artifact": artifact, "device": device, "threads": threads}
        served = open_served(**given)
        if suite:
            from streams.cli.suite import Wanted, evaluate_suite

            evaluate_suite(served, given, bootstrap, Wanted(suite, against or [], limit, picture, out, as_json, names))
        else:
            _of_tables(data or [], slice_column, served, bootstrap, picture, deform, as_json)


def _of_pictures(
    folder: Path, models: Sequence[Path], bootstrap: Bootstrap, picture: Path | None, threads: int, as_json: bool
) -> None:
    from streams.cli.pictures import evaluate_pictures
    from streams.policy import Policy

    policy = Policy.load(settings_from().policy)
    evaluate_pictures(folder, models, bootstrap, picture, threads, as_json, policy)


def _of_tables(
    data: Sequence[Path], slice_column: str, served: Served, bootstrap: Bootstrap, picture: Path | None,
    deform: bool, as_json: bool,
) -> None:  # fmt: skip
    rows = read_rows(data, served, slice_column)
    with progress() as bar:
        answers = scored(rows, served, bar)
        entries = _figures(rows, answers, served, bootstrap, bar)
        if deform:
            entries += _disguised(rows, entries, served, bootstrap, bar)
    if picture is not None:
        _draw(rows, answers, served, entries, picture)
    _show(served, data, rows, entries, bootstrap, as_json)


def _check_options(data: Sequence[Path] | None, suite: Sequence[Path] | None, for_data: bool, for_suite: bool) -> None:
    """Raises EvaluationError where options are given that say nothing to each other."""
    from models.evaluation.rows import EvaluationError

    if bool(data) == bool(suite):
        raise EvaluationError(
            "`evaluate` needs --data, a table with a column `text` and labels, or --suite, a folder of such tables; "
            "see docs/evaluation.md."
        )
    if data and for_suite:
        raise EvaluationError("--against, --limit, --names and --out go with --suite.")
    if suite and for_data:
        raise EvaluationError("--deform and --slice go with --data.")


def _check_for_pictures(artifact: Path | None, for_texts: bool) -> None:
    """Raises EvaluationError where options of texts are given, or no picture classifier: none ships."""
    from models.evaluation.rows import EvaluationError

    if for_texts:
        raise EvaluationError(
            "Of the other options, --artifact, --against, --picture and --threads go with --pictures."
        )
    if artifact is None:
        raise EvaluationError("--pictures needs --artifact, a picture classifier; see docs/images.md.")
    if find_spec("PIL") is None or find_spec("pdqhash") is None:
        raise EvaluationError("--pictures needs pictures installed: pip install 'tidegate[images]'.")


def open_served(**given: Any) -> Served:
    """The model that a worker with these settings would serve, checked as a worker checks it."""
    from models.evaluation.scoring import Served
    from models.serving.reader import Reader
    from streams.model import load_model, new_batcher
    from streams.tasks import declared

    settings = settings_from(**given)
    model = load_model(settings)
    reader = Reader(model.encoder, settings.max_windows, model.skims)
    questions = {name: task.question for name, task in declared().items()}
    return Served(model.artifact, reader, model.engine, new_batcher(model), questions)


def read_rows(data: Sequence[Path], served: Served, slice_column: str = "slice", labelled: bool = True) -> list[Row]:
    from models.evaluation.tables import read_tables

    classes = {name: head.labels for name, head in served.artifact.manifest.heads.items()}
    return read_tables(data, classes, slice_column, labelled)


def progress() -> Progress:
    """A bar on stderr that goes away when it is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr(), transient=True)


def scored(rows: Sequence[Row], served: Served, bar: Progress, name: str = "scoring") -> list[Answer]:
    from models.evaluation.scoring import score_rows

    task = bar.add_task(name, total=len(rows))
    return score_rows(rows, served, lambda count: bar.advance(task, count))


def _figures(
    rows: Sequence[Row], answers: Sequence[Answer], served: Served, bootstrap: Bootstrap, bar: Progress
) -> list[Entry]:
    from models.evaluation import figures

    task = bar.add_task("intervals", total=figures.steps())
    return figures.evaluate(rows, answers, served.artifact, bootstrap, lambda step: bar.advance(task, step))


def _disguised(
    rows: Sequence[Row], entries: Sequence[Entry], served: Served, bootstrap: Bootstrap, bar: Progress
) -> list[Entry]:
    from models.evaluation.robustness import disguised_rows, robustness
    from models.folders import TRAINING_DATA

    task = bar.add_task("disguised", total=disguised_rows(rows))
    lexicons = Path(os.environ.get(TRAINING_DATA, "."))
    return list(robustness(rows, entries, served, bootstrap, lexicons, lambda count: bar.advance(task, count)))


def _draw(
    rows: Sequence[Row], answers: Sequence[Answer], served: Served, entries: Sequence[Entry], picture: Path
) -> None:
    from models.evaluation.figures import labelled
    from models.evaluation.picture import draw

    draw(list(labelled(rows, answers, served.artifact)), entries, picture)


def _show(
    served: Served, data: Sequence[Path], rows: Sequence[Row], entries: Sequence[Entry], bootstrap: Bootstrap,
    as_json: bool,
) -> None:  # fmt: skip
    version = served.artifact.version
    if as_json:
        import orjson

        document = {
            "artifact": str(served.artifact.folder),
            "version": version,
            "data": [str(path) for path in data],
            "rows": len(rows),
            "confidence": bootstrap.confidence,
            "draws": bootstrap.draws,
            "entries": [entry.as_dict() for entry in entries],
        }
        typer.echo(orjson.dumps(document))
        return
    from streams.cli.tables import figure_tables, wide_console

    console = wide_console()
    console.print(
        f"Model {version} on {len(rows):,} rows; behind each figure its {bootstrap.confidence:.0%} interval, "
        f"dim where there are fewer than 20 positives or rows."
    )
    for table in figure_tables(entries, console.width):
        console.print()
        console.print(table)
