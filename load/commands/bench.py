"""`bench`: everybody in turns; without Kafka the pipeline fed from memory."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from load.bench.account import account
from load.bench.contestants import contestants
from load.bench.curve import FEW_SHARES, SHARES
from load.bench.limits import Limits
from load.bench.running import Bar, Bench, Extent
from load.commands.bench_from_memory import bench_from_memory
from load.environment import describe_environment
from load.options import Bed, Extra, Folder, Json, Partitions, command_line, finish
from load.plots import plot_curves
from load.report import Report, new_folder
from load.session import Setup, sessions
from models.serving.cores import default_threads
from streams.cli.options import expanded

FULL = Extent(rounds=3, seconds=2.5, point_seconds=4.0, shares=SHARES, minutes=14.0)
QUICK = Extent(rounds=1, seconds=1.0, point_seconds=2.0, shares=FEW_SHARES, minutes=5.0)


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
        finish(bench_from_memory(setup, extent, bed.seed, folder, command_line()), as_json)
    else:
        default = Path(".venv-quix/bin/python").absolute()  # not resolved: the link is what makes it an environment
        quix_python = quix_python or (default if default.exists() else None)
        finish(measure(setup, extent, only, quix_python, bed.seed, folder, command_line()), as_json)


async def measure(
    setup: Setup, extent: Extent, only: str, quix_python: Path | None, seed: int, folder: Path, command: str
) -> Report:
    """`only`: words of which a contestant's name must have one; Tidegate always takes part."""
    setup = replace(setup, threads=setup.threads or default_threads())
    report = Report("Bench", command, describe_environment(setup))
    report.data |= {"seconds": extent.seconds, "point_seconds": extent.point_seconds}
    everyone = [one for one in contestants(setup.workers, quix_python) if is_wanted(one.name, only)]
    limits = await asyncio.to_thread(Limits.open, setup)
    with Progress(*_COLUMNS, console=Console(stderr=True)) as progress:
        async with sessions(setup) as opened:
            running = Bench(opened, limits, everyone, extent, seed, Bar(progress))
            await running.run()
    account(report, running.results)
    if curves := running.results.curves:
        shown = {name: [(point.rate, point.latency_ms) for point in points] for name, points in curves.items()}
        plot_curves(folder / "latency.png", shown)
        report.image("latency.png")
    report.write(folder)
    return report


def is_wanted(name: str, only: str) -> bool:
    words = [word.strip().lower() for word in only.split(",") if word.strip()]
    return not words or name.startswith("Tidegate") or any(word in name.lower() for word in words)


_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)
