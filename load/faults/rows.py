"""The rows of a fault report, one for each scenario: made of what was played, or taken from former reports."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from load.faults.diary import Event
from load.faults.running import Result
from load.faults.scenario import Scenario, Size

_PATH = re.compile(r"/(?:[^/\s:]+/)+([^/\s:]+)")
"""A path, of which a report keeps the last name: a worker's last line may name a file of this machine."""


class Row(BaseModel):
    """What came of a scenario, when, and on what: report.json keeps it, and all of report.md can be written of it.

    `form`: full, short, or bounded by the command line. `wrong`: what the checker found, how often; `found`: the same
    in words. `date` (UTC) and `environment` are those of the moment at which it was over.
    """

    model_config = ConfigDict(frozen=True)

    scenario: str
    passed: bool
    form: str
    missed: tuple[str, ...]
    wrong: dict[str, int]
    found: str
    facts: dict[str, float]
    size: Size
    seed: int
    took_s: float
    passes: str
    date: str
    environment: dict[str, Any]
    events: tuple[Event, ...]


class _Report(BaseModel):
    scenarios: list[Row]


def row_of(result: Result, environment: Mapping[str, object]) -> Row:
    return Row(
        scenario=result.scenario.name,
        passed=result.passed,
        form=form_of(result.scenario, result.size),
        missed=result.missed,
        wrong=result.account.findings.wrong,
        found=str(result.account.findings),
        facts={name: round(float(value), 4) for name, value in result.account.facts.items()},
        size=result.size,
        seed=result.seed,
        took_s=round(result.took_s, 1),
        passes=result.scenario.passes,
        date=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        environment=dict(environment),
        events=tuple(Event(round(event.at, 1), _PATH.sub(r"\1", event.what)) for event in result.diary.events),
    )


def form_of(scenario: Scenario, size: Size) -> str:
    return {scenario.full: "full", scenario.short: "short"}.get(size, "bounded")


def picture_of(scenario: str) -> str:
    """The name of its timeline in the report's folder."""
    return f"{scenario}.png"


def gather(folder: Path, reports: Iterable[Path]) -> list[Row]:
    """The rows of these reports, the last of each scenario; `folder` gets the pictures of those that are elsewhere.

    Raises:
        OSError: there is no report.
        ValueError: it is none of this kind.
    """
    found = sorted(((row, report) for report in reports for row in read_rows(report)), key=lambda each: each[0].date)
    last = {row.scenario: (row, report) for row, report in found}
    for row, report in last.values():
        _take_picture(picture_of(row.scenario), report, folder)
    return [row for row, _ in last.values()]


def read_rows(report: Path) -> list[Row]:
    return _Report.model_validate_json((report / "report.json").read_bytes()).scenarios


def _take_picture(name: str, source: Path, folder: Path) -> None:
    if source.resolve() == folder.resolve():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).unlink(missing_ok=True)  # of an earlier run
    if (source / name).exists():  # where nothing was sent there is none
        shutil.copy(source / name, folder)
