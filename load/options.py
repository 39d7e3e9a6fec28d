"""What the commands of `python -m load` have in common: their options, and how they end."""

import asyncio
import json
import logging
import shlex
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from load.report import Report
from load.scenarios import SCENARIOS
from load.session import Setup
from models.folders import RELEASE
from streams.cli.terminal import reporting

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
Folder = Annotated[Path | None, typer.Option("--report", help="the report's folder; default: a new one")]
Json = Annotated[bool, typer.Option("--json", help="print report.json instead of a table")]
Extra = Annotated[list[str] | None, typer.Option("--set", help="a worker setting, such as max_batch_rows=32")]


@dataclass(frozen=True, slots=True)
class Bed:
    """Options of what is measured, and on what: all but how many workers and partitions."""

    brokers: Brokers = None
    artifact: ArtifactPath = RELEASE
    device: Device = "cpu"
    threads: Threads = None
    seed: Seed = 1

    def setup(self, workers: int, partitions: int, extra: list[str] | None) -> Setup:
        """Raises typer.BadParameter: a setting without a value."""
        settings = settings_of(extra)
        return Setup(self.brokers, workers, partitions, self.artifact, self.device, self.threads, settings)


@dataclass(frozen=True, slots=True)
class ReportedBed(Bed):
    """The same, where the report's folder goes, and what workers are set to besides."""

    reports: Reports = Path("reports")
    as_json: Json = False
    extra: Extra = None


def settings_of(extra: list[str] | None) -> dict[str, str]:
    """Raises typer.BadParameter: a setting without a value."""
    pairs = [setting.partition("=") for setting in extra or []]
    if any(not equals for _, equals, _ in pairs):
        raise typer.BadParameter("--set takes name=value")
    return {name.lower(): value for name, _, value in pairs}


def known(scenario: str) -> None:
    """Raises typer.BadParameter: there is no such scenario."""
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"{scenario!r} is not one of {', '.join(SCENARIOS)}")


def finish(work: Coroutine[Any, Any, Report], as_json: bool) -> Report:
    """Runs a measurement and shows its report; ends the program where it could not be made."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a topic's first second has no leader
    with reporting():
        report = asyncio.run(work)
        if as_json:
            typer.echo(json.dumps(report.data, indent=2))
        else:
            report.show()
    return report


def command_line() -> str:
    return "python -m load " + shlex.join(sys.argv[1:])
