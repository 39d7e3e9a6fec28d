"""Load and fault tests: `python -m load bench | run | beside | capacity | intake | swap | dry-run | serve | metrics |
memory | models | profile | simulate | faults | memes | pictures`. Each writes a folder under reports/."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from load import commands
from load.commands.bench import FULL, QUICK
from load.faults.command import faults
from load.http.measuring import Extent
from load.memes import memes
from load.models import models
from load.options import (
    ArtifactPath,
    Bed,
    Brokers,
    Extra,
    Folder,
    Json,
    Partitions,
    Reports,
    Scenario,
    Seconds,
    Seed,
    Workers,
    command_line,
    finish,
    known,
)
from load.pictures import pictures
from load.report import new_folder
from load.simulate import simulate
from models.folders import RELEASE
from streams.cli.options import expanded

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
app.command()(models)
app.command()(simulate)
app.command()(faults)
app.command()(memes)
app.command()(pictures)


@app.command()
@expanded
def run(
    scenario: Scenario = "steady",
    rate: Annotated[float, typer.Option(min=0.1, help="records a second")] = 100.0,
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 3.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Open loop: records are due at fixed moments, latency counts from those. Exit 1 if a record was lost."""
    known(scenario)
    setup = bed.setup(workers, partitions, extra)
    work = commands.run(setup, scenario, rate, seconds, warm_up, bed.seed, reports, command_line())
    report = finish(work, as_json)
    raise typer.Exit(1 if report.data["lost"] else 0)


@app.command()
@expanded
def beside(
    rate: Annotated[float, typer.Option(min=1, help="posts a second, one in five with a picture or without it")] = 50.0,
    seconds: Seconds = 15.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 3.0,
    rounds: Annotated[int, typer.Option(min=1, help="turns without pictures and with them")] = 2,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Latency of texts alone, and of texts beside more pictures than can be looked at, in turns."""
    setup = bed.setup(1, partitions, extra)
    finish(commands.beside(setup, rate, seconds, warm_up, rounds, bed.seed, reports, command_line()), as_json)


@app.command()
@expanded
def capacity(
    scenario: Scenario = "short",
    records: Annotated[int, typer.Option(min=500, help="in the backlog and for the bare engine")] = 6_000,
    seconds: Annotated[float, typer.Option(min=3, help="of each open-loop step")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="drains, each between two runs of the bare engine")] = 3,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """The highest rate with no growing lag, beside the bare engine's rate on the same texts."""
    known(scenario)
    setup = bed.setup(workers, partitions, extra)
    finish(commands.capacity(setup, scenario, records, seconds, rounds, bed.seed, reports, command_line()), as_json)


@app.command()
def intake(
    records: Annotated[int, typer.Option(min=5_000)] = 100_000,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Records a second through one whole worker whose engine answers at once, from a preloaded topic."""
    setup = Bed(brokers, artifact).setup(1, partitions, extra)
    finish(commands.intake(setup, records, seed, reports, command_line()), as_json)


@app.command()
@expanded
def swap(
    scenario: Scenario = "steady",
    rate: Annotated[float, typer.Option(min=0.1, help="records a second; full load: just under `capacity`")] = 100.0,
    seconds: Annotated[float, typer.Option(min=5, help="before the first change, and after each")] = 20.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 5.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Another policy, then another model, put to work under load: p99 and throughput. Exit 1 if a record was lost."""
    known(scenario)
    setup = bed.setup(workers, partitions, extra)
    work = commands.swap(setup, scenario, rate, seconds, warm_up, bed.seed, reports, command_line())
    report = finish(work, as_json)
    raise typer.Exit(1 if report.data["lost"] else 0)


@app.command("dry-run")
def dry_run(
    verdicts: Annotated[int, typer.Option(min=1_000, help="that lie in the file and in the topic")] = 200_000,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    no_kafka: Annotated[bool, typer.Option("--no-kafka", help="of a file alone")] = False,
    artifact: ArtifactPath = RELEASE,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
) -> None:
    """How fast `tidegate policy dry-run` judges stored verdicts on one core, and what ten million would take."""
    setup = Bed(brokers, artifact).setup(1, partitions, None)
    finish(commands.dry_run(setup, verdicts, not no_kafka, seed, reports, command_line()), as_json)


@app.command()
@expanded
def serve(
    seconds: Annotated[float, typer.Option(min=1, help="of each open loop and of each turn at full load")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="turns at full load, each between two runs of the engine")] = 3,
    connections: Annotated[int, typer.Option(min=1, max=1_000, help="that ask at once at full load")] = 64,
    idle: Annotated[int, typer.Option(min=1, max=20_000, help="connections that are kept and ask nothing")] = 10_000,
    no_kafka: Annotated[bool, typer.Option("--no-kafka", help="of Coral's two bodies the one without a topic")] = False,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """`tidegate serve` beside the bare engine: throughput, latency, what idle connections cost, Coral's requests."""
    setup = bed.setup(1, 1, extra)
    extent = Extent(seconds, rounds, connections, idle, has_kafka=not no_kafka)
    finish(commands.serve(setup, extent, bed.seed, reports, command_line()), as_json)


@app.command()
@expanded
def metrics(
    scenario: Scenario = "short",
    records: Annotated[int, typer.Option(min=500, help="in each backlog")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="pairs of drains, without the port and with it")] = 4,
    every: Annotated[float, typer.Option(min=0.1, help="seconds from scrape to scrape")] = 5.0,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """What the port for operators costs: a worker's throughput without it and with it, scraped, in turns."""
    known(scenario)
    setup = bed.setup(1, partitions, extra)
    finish(commands.metrics(setup, scenario, records, rounds, every, bed.seed, reports, command_line()), as_json)


@app.command()
@expanded
def memory(
    seconds: Seconds = 600.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Resident memory of each worker, sampled every second at full load: most, slope, plot."""
    setup = bed.setup(workers, partitions, extra)
    finish(commands.memory(setup, seconds, bed.seed, reports, command_line()), as_json)


@app.command()
@expanded
def profile(
    scenario: Scenario = "steady",
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 5.0,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    folder: Folder = None,
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Where a record's processor time goes, stage by stage: looks into a worker at full load."""
    known(scenario)
    setup = bed.setup(1, partitions, extra)
    folder = folder or new_folder(Path("reports"), "profile")
    finish(commands.profile(setup, scenario, seconds, warm_up, bed.seed, folder, command_line()), as_json)


@app.command()
@expanded
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="one short round: shows that it works")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="turns of everybody; default 3")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.2, help="of each backlog; default 3")] = None,
    minutes: Annotated[float | None, typer.Option(min=1, help="rounds that would end later are left out")] = None,
    only: Annotated[str, typer.Option(help="words, comma separated: what to measure beside Tidegate")] = "",
    no_kafka: Annotated[bool, typer.Option("--no-kafka", help="feed the pipeline from memory, by processes")] = False,
    quix_python: Annotated[Path | None, typer.Option(help="an interpreter that has load/peers/quix.txt")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="of the larger Tidegate")] = 2,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    folder: Folder = None,
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Tidegate beside its limits and beside what a team would build, in turns: throughput, processor time, latency."""
    setup = bed.setup(workers, partitions, extra)
    usual = QUICK if quick else FULL
    extent = replace(
        usual, rounds=rounds or usual.rounds, seconds=seconds or usual.seconds, minutes=minutes or usual.minutes
    )
    folder = folder or new_folder(Path("reports"), "bench")
    if no_kafka:
        finish(commands.bench_from_memory(setup, extent, bed.seed, folder, command_line()), as_json)
    else:
        default = Path(".venv-quix/bin/python").absolute()  # not resolved: the link is what makes it an environment
        quix_python = quix_python or (default if default.exists() else None)
        finish(commands.bench(setup, extent, only, quix_python, bed.seed, folder, command_line()), as_json)


if __name__ == "__main__":
    app()
