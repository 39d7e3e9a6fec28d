"""Load and fault tests: `python -m load bench | run | capacity | intake | memory | models | profile | simulate |
faults | memes | pictures`. Each writes a folder under reports/."""

import asyncio
import json
import logging
import shlex
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from load import commands
from load.commands.bench import FULL, QUICK
from load.faults.command import faults
from load.memes import memes
from load.models import models
from load.pictures import pictures
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Setup
from load.simulate import simulate
from models.errors import TidegateError
from models.folders import RELEASE

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
app.command()(models)
app.command()(simulate)
app.command()(faults)
app.command()(memes)
app.command()(pictures)

Brokers = Annotated[str | None, typer.Option(help="host:port of a broker; without it one is started here")]
Workers = Annotated[int, typer.Option(min=1, max=64)]
Partitions = Annotated[int, typer.Option(min=1, max=256)]
ArtifactPath = Annotated[Path, typer.Option(help="model folder")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]
Threads = Annotated[int | None, typer.Option(min=1, help="threads of the engine; default: cores less one")]
Scenario = Annotated[str, typer.Option(help=" | ".join(SCENARIOS))]
Seconds = Annotated[float, typer.Option(min=1)]
Seed = Annotated[int, typer.Option(help="the same seed sends the same records")]
Reports = Annotated[Path, typer.Option(help="where the report's folder goes")]
Json = Annotated[bool, typer.Option("--json", help="print report.json instead of a table")]
Extra = Annotated[list[str] | None, typer.Option("--set", help="a worker setting, such as max_batch_rows=32")]


@app.command()
def run(
    scenario: Scenario = "steady",
    rate: Annotated[float, typer.Option(min=0.1, help="records a second")] = 100.0,
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 3.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Open loop: records are due at fixed moments, latency counts from those. Exit 1 if a record was lost."""
    _known(scenario)
    setup = _setup(brokers, workers, partitions, artifact, device, threads, extra)
    work = commands.run(setup, scenario, rate, seconds, warm_up, seed, reports, _command_line())
    report = _finish(work, as_json)
    raise typer.Exit(1 if report.data["lost"] else 0)


@app.command()
def capacity(
    scenario: Scenario = "short",
    records: Annotated[int, typer.Option(min=500, help="in the backlog and for the bare engine")] = 6_000,
    seconds: Annotated[float, typer.Option(min=3, help="of each open-loop step")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="drains, each between two runs of the bare engine")] = 3,
    workers: Workers = 1,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """The highest rate with no growing lag, beside the bare engine's rate on the same texts."""
    _known(scenario)
    setup = _setup(brokers, workers, partitions, artifact, device, threads, extra)
    _finish(commands.capacity(setup, scenario, records, seconds, rounds, seed, reports, _command_line()), as_json)


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
    setup = _setup(brokers, 1, partitions, artifact, "cpu", None, extra)
    _finish(commands.intake(setup, records, seed, reports, _command_line()), as_json)


@app.command()
def memory(
    seconds: Seconds = 600.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Resident memory of each worker, sampled every second at full load: most, slope, plot."""
    setup = _setup(brokers, workers, partitions, artifact, device, threads, extra)
    _finish(commands.memory(setup, seconds, seed, reports, _command_line()), as_json)


@app.command()
def profile(
    scenario: Scenario = "steady",
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 5.0,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 1,
    folder: Annotated[Path | None, typer.Option("--report", help="the report's folder; default: a new one")] = None,
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Where a record's processor time goes, stage by stage: looks into a worker at full load."""
    _known(scenario)
    setup = _setup(brokers, 1, partitions, artifact, device, threads, extra)
    folder = folder or new_folder(Path("reports"), "profile")
    _finish(commands.profile(setup, scenario, seconds, warm_up, seed, folder, _command_line()), as_json)


@app.command()
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
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    device: Device = "cpu",
    threads: Threads = None,
    seed: Seed = 1,
    folder: Annotated[Path | None, typer.Option("--report", help="the report's folder; default: a new one")] = None,
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Tidegate beside its limits and beside what a team would build, in turns: throughput, processor time, latency."""
    setup = _setup(brokers, workers, partitions, artifact, device, threads, extra)
    usual = QUICK if quick else FULL
    extent = replace(
        usual, rounds=rounds or usual.rounds, seconds=seconds or usual.seconds, minutes=minutes or usual.minutes
    )
    folder = folder or new_folder(Path("reports"), "bench")
    if no_kafka:
        _finish(commands.bench_from_memory(setup, extent, seed, folder, _command_line()), as_json)
    else:
        default = Path(".venv-quix/bin/python").absolute()  # not resolved: the link is what makes it an environment
        quix_python = quix_python or (default if default.exists() else None)
        _finish(commands.bench(setup, extent, only, quix_python, seed, folder, _command_line()), as_json)


def _setup(
    brokers: str | None,
    workers: int,
    partitions: int,
    artifact: Path,
    device: str,
    threads: int | None,
    extra: list[str] | None,
) -> Setup:
    pairs = [setting.partition("=") for setting in extra or []]
    if any(not equals for _, equals, _ in pairs):
        raise typer.BadParameter("--set takes name=value")
    settings = {name.lower(): value for name, _, value in pairs}
    return Setup(brokers, workers, partitions, artifact, device, threads, settings)


def _known(scenario: str) -> None:
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"{scenario!r} is not one of {', '.join(SCENARIOS)}")


def _finish(work: Coroutine[Any, Any, Report], as_json: bool) -> Report:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic's first second has no leader
    try:
        report = asyncio.run(work)
    except TidegateError as error:
        typer.echo(error, err=True)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps(report.data, indent=2))
    else:
        report.show()
    return report


def _command_line() -> str:
    return "python -m load " + shlex.join(sys.argv[1:])


if __name__ == "__main__":
    app()
