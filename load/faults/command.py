"""`python -m load faults`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from load.faults.diary import Diary
from load.faults.report import environment, write_report
from load.faults.rows import Row, gather, picture_of, row_of
from load.faults.running import Result, play, unplayed
from load.faults.scenario import Scenario, Size
from load.faults.scenarios import SCENARIOS
from load.faults.timeline import draw_timeline
from load.options import Json, command_line
from load.report import new_folder
from models.folders import RELEASE


def faults(
    scenario: Annotated[
        list[str] | None, typer.Option(help=f"{' | '.join(SCENARIOS)}; default: all, or none beside --add")
    ] = None,
    full: Annotated[bool, typer.Option("--full/--short", help="how much of each")] = False,
    records: Annotated[int | None, typer.Option(min=100, help="sent in each, at the least")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="that a fault lasts, or lies from the next")] = None,
    seed: Annotated[int, typer.Option(help="the same seed sends and breaks the same")] = 1,
    artifact: Annotated[Path, typer.Option(help="model folder")] = RELEASE,
    as_json: Json = False,
    report: Annotated[Path | None, typer.Option(help="folder of the report; default: a new one in reports/")] = None,
    add: Annotated[list[Path] | None, typer.Option(help="folder of a former report, whose rows are kept")] = None,
) -> None:
    """Breaks workers, brokers and the network between them. Exit 1 if a pass line is missed."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is what is wanted here
    chosen = [] if add and not scenario else _chosen(scenario)
    sizes = [_size(one, full, records, seconds) for one in chosen]
    folder = report or new_folder(Path("reports"), "faults")
    rows = {row.scenario: row for row in _former(folder, add or [])}

    def keep(result: Result) -> None:
        """Written after each, so that a night that is cut off has something to tell."""
        name = result.scenario.name
        draw_timeline(result, folder / picture_of(name))
        rows[name] = row_of(result, environment(artifact))
        write_report(folder, [*rows.values()], command_line())

    asyncio.run(_play_all(chosen, sizes, seed, artifact, keep))
    written = write_report(folder, [*rows.values()], command_line())
    if as_json:
        typer.echo(json.dumps(written.data, indent=2))
    else:
        written.show()
    raise typer.Exit(0 if all(row.passed for row in rows.values()) else 1)


def _former(folder: Path, reports: Sequence[Path]) -> list[Row]:
    """Raises typer.BadParameter: one of them has no report that can be read."""
    try:
        return gather(folder, reports)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"--add: {error}") from None


def _chosen(names: Sequence[str] | None) -> list[Scenario]:
    for name in names or ():
        if name not in SCENARIOS:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(SCENARIOS)}")
    return [SCENARIOS[name] for name in names or SCENARIOS]


def _size(scenario: Scenario, full: bool, records: int | None, seconds: float | None) -> Size:
    size = scenario.full if full else scenario.short
    if records is not None:
        size = replace(size, records=records)
    return size if seconds is None else replace(size, seconds=seconds)


async def _play_all(
    chosen: Sequence[Scenario],
    sizes: Sequence[Size],
    seed: int,
    artifact: Path,
    keep: Callable[[Result], None],
) -> None:
    """A scenario that cannot be played to its end counts as missed, and the others are played all the same.

    Args:
        keep: called with the result of each as soon as it is there.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        for one, size in zip(chosen, sizes, strict=True):
            task = bar.add_task(one.name, total=size.records, now="")
            try:
                result = await play(one, size, seed, artifact=artifact, show=partial(_show, bar, task))
            except Exception as error:  # noqa: BLE001  a defect of ours, too, costs this one and not all of a night
                result = unplayed(one, size, seed, error)
            bar.update(task, now="passed" if result.passed else "MISSED")
            keep(result)


def _show(bar: Progress, task: TaskID, diary: Diary) -> None:
    if diary.samples:
        last = diary.samples[-1]
        now = f"sent {last.stored:,} settled {last.committed:,} lag {last.lag:,}"
        bar.update(task, completed=last.committed, total=max(last.stored, bar.tasks[task].total or 0), now=now)
