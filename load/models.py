"""`python -m load models`: size, speed and memory of model graphs beside an int8 MiniLM-L6 of the same operators."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from load.environment import describe_environment
from load.model_speed import (
    ROWS,
    TOKENS,
    Run,
    cascade_rate,
    has_early_exit,
    open_graph,
    peak_mb,
    rows_per_second,
    runner,
)
from load.plots import plot_models
from load.report import Report, new_folder
from load.session import Setup
from models.artifact import MODEL, ArtifactError, read_manifest
from models.folders import RELEASE

if TYPE_CHECKING:
    from load.linear_model import LinearModel

REFERENCE = "MiniLM-L6 shape, int8"
LINEAR = "TF-IDF, linear"
_MEASURED_ON = ("processor", "cores", "load_average_1m", "memory_gib", "python", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Measured:
    """One graph, or a way to run one; only the former has a size and memory of its own."""

    name: str
    size_mb: float | None
    peak_mb: float | None
    rows_per_s: Mapping[int, float]
    ratio: Mapping[int, float]
    """To the reference, by tokens."""


def models(
    artifact: Annotated[list[Path] | None, typer.Option(help="model folder or .onnx file; may be repeated")] = None,
    clean_share: Annotated[float, typer.Option(min=0, max=1, help="of the stream, answered by the early exit")] = 0.9,
    rounds: Annotated[int, typer.Option(min=1, help="turns of every graph at every length")] = 9,
    out: Annotated[Path, typer.Option(help="where the report's folder goes")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="print report.json instead of a table")] = False,
) -> None:
    """Size, rows a second and memory of models, side by side with an int8 MiniLM-L6 and as a cascade."""
    graphs = [_graph(path) for path in artifact or [RELEASE]]
    if find_spec("onnx") is None or find_spec("sklearn") is None:
        raise typer.BadParameter("what to compare with is built with onnx and sklearn: pip install 'tidegate[train]'")
    from load.linear_model import LinearModel  # sklearn is no part of the load extra

    with tempfile.TemporaryDirectory() as folder:
        measured = measure_models(
            _with_reference(graphs, Path(folder)),
            clean_share,
            rounds,
            {LINEAR: LinearModel(RELEASE / "tokenizer.json")},
        )
    report = _report(measured, clean_share, new_folder(out, "models"))
    if as_json:
        typer.echo(json.dumps(report.data, indent=2))
    else:
        report.show()


def measure_models(
    graphs: Mapping[str, Path], clean_share: float, rounds: int, linear: Mapping[str, "LinearModel"] | None = None
) -> list[Measured]:
    """One entry a graph, and two more where it has an early exit; ratios are to the first graph. Linear models last."""
    sessions = {name: open_graph(path) for name, path in graphs.items()}
    runs: dict[str, Run] = {}
    cascades: dict[str, tuple[str, str]] = {}
    for number, (name, session) in enumerate(sessions.items()):
        runs[name] = runner(session)
        if number and has_early_exit(session):
            early = f"{name}, early exit"
            runs[early] = runner(session, early=True)
            cascades[f"{name}, cascade"] = (early, name)
    sizes = {name: path.stat().st_size / 1e6 for name, path in graphs.items()}
    for name, model in (linear or {}).items():
        runs[name], sizes[name] = model, model.size_mb
    rates: dict[str, dict[int, float]] = {name: {} for name in [*runs, *cascades]}
    for tokens in track(TOKENS, "timing", transient=True):
        here = rows_per_second(runs, tokens, rounds)
        here |= {name: cascade_rate(here[early], here[full], clean_share) for name, (early, full) in cascades.items()}
        for name, rate in here.items():
            rates[name][tokens] = rate
    reference = rates[next(iter(graphs))]
    return [
        Measured(
            name,
            sizes.get(name),
            peak_mb(graphs[name]) if name in graphs else None,
            rates[name],
            {tokens: rates[name][tokens] / reference[tokens] for tokens in TOKENS},
        )
        for name in rates
    ]


def _graph(path: Path) -> tuple[str, Path]:
    """Name and graph of a folder or file.

    Raises:
        typer.BadParameter: it is neither.
    """
    if path.suffix == ".onnx" and path.is_file():
        return path.stem, path
    try:
        manifest = read_manifest(path)
    except ArtifactError as error:
        raise typer.BadParameter(str(error)) from None
    return manifest.full_version, path / MODEL


def _with_reference(graphs: Sequence[tuple[str, Path]], folder: Path) -> dict[str, Path]:
    """The reference comes first. A name that comes twice gets a number."""
    from load.reference_model import write_reference  # onnx is no part of the load extra

    named = {REFERENCE: write_reference(folder / "reference.onnx")}
    for name, path in graphs:
        named[name if name not in named else f"{name} #{len(named)}"] = path
    return named


def _report(measured: Sequence[Measured], clean_share: float, folder: Path) -> Report:
    environment = describe_environment(Setup())
    facts = {name: environment[name] for name in _MEASURED_ON if name in environment}
    report = Report("Models", "python -m load models", facts)
    report.data |= {"clean_share": clean_share, "models": [asdict(one) for one in measured]}
    heads = ["model", "MB", "peak MB", *(f"{tokens} tokens" for tokens in TOKENS), "at 32"]
    report.table(heads, [_row(one) for one in measured])
    report.say(
        f"Rows a second in batches of {ROWS} rows without padding, one thread, medians of turns that all models take "
        f"one after another; last, the ratio at 32 tokens to the {REFERENCE}, with random weights. The cascade runs "
        f"the early exit on every post and the layers above on {1 - clean_share:.0%} of them. Peak MB is of a process "
        "of its own, onnxruntime included. The linear model reads texts, the others ids; its size is one language's."
    )
    folder.mkdir(parents=True)
    plot_models(folder / "models.png", {one.name: one.rows_per_s for one in measured})
    report.image("models.png")
    report.write(folder)
    return report


def _row(one: Measured) -> list[object]:
    sizes = ["" if value is None else round(value, 1) for value in (one.size_mb, one.peak_mb)]
    return [one.name, *sizes, *(round(rate) for rate in one.rows_per_s.values()), f"x{one.ratio[32]:.2f}"]
