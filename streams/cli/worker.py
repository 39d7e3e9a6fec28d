"""`tidegate worker`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.terminal import Brokers, Prefix, reporting, settings_from

if TYPE_CHECKING:
    from streams.settings import Settings


def worker(
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes, all in the same consumer group.")] = 1,
    brokers: Brokers = None,
    prefix: Prefix = None,
    group: Annotated[str | None, typer.Option(help="Consumer group.", show_default=False)] = None,
    artifact: Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default=False)] = None,
    threads: Annotated[int | None, typer.Option(help="For inference, each process.", show_default=False)] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where state is kept.", show_default=False)] = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING, ERROR.", show_default=False)] = None,
) -> None:
    """Read posts and symptom records, write verdicts. Runs until SIGTERM or Ctrl-C, then drains."""
    given = {
        "brokers": brokers,
        "topic_prefix": prefix,
        "group": group,
        "artifact": artifact,
        "policy": policy,
        "device": device,
        "threads": threads,
        "data_dir": data_dir,
        "log_level": log_level,
    }
    with reporting(interrupted=0):
        settings = settings_from(**given)
        code = _run_one(settings) if workers == 1 else _run_several(workers, settings, given)
    raise typer.Exit(code)


def _run_one(settings: Settings) -> int:
    from streams.worker.life import run_worker

    return run_worker(settings)


def _run_several(count: int, settings: Settings, given: dict[str, Any]) -> int:
    """The settings were checked once, here; the children read the same sources and the same command line."""
    from models.serving.cores import default_threads
    from streams.health.processes import scraped_together
    from streams.worker.supervisor import LEAVE_WITHIN_S, Supervisor

    if settings.threads is None:
        given = {**given, "threads": default_threads(count)}

    async def supervise() -> int:
        with scraped_together(settings, count) as environments:
            return await Supervisor([command(given)] * count, environments, settings.drain_s + LEAVE_WITHIN_S).run()

    return asyncio.run(supervise())


def command(given: dict[str, Any]) -> list[str]:
    """The command line of one child."""
    names = {"topic_prefix": "prefix"}
    arguments = [
        argument
        for name, value in given.items()
        if value is not None
        for argument in (f"--{names.get(name, name).replace('_', '-')}", str(value))
    ]
    return [sys.executable, "-m", "streams.cli", "worker", *arguments]
