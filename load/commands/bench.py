"""`bench`: everybody in turns; without Kafka the pipeline fed from memory."""

import asyncio
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from load.bench.account import account
from load.bench.contestants import contestants
from load.bench.curve import FEW_SHARES, SHARES
from load.bench.limits import Limits
from load.bench.running import Bar, Bench, Extent
from load.environment import describe_environment
from load.plots import plot_curves
from load.report import Report
from load.session import Setup, sessions
from models.serving.cores import default_threads

FULL = Extent(rounds=3, seconds=2.5, point_seconds=4.0, shares=SHARES, minutes=14.0)
QUICK = Extent(rounds=1, seconds=1.0, point_seconds=2.0, shares=FEW_SHARES, minutes=5.0)


async def bench(
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
