"""The report of a fault run: a table, a timeline for each scenario, and what it was run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from load.environment import describe_environment
from load.faults.rows import Row, picture_of
from load.faults.scenarios import SCENARIOS
from load.report import Report
from load.session import Setup

HEADS = ("scenario", "", "form", "records", "lost", "repeats", "p99 (s)", "recovery (s)", "took (s)", "seed")


def write_report(folder: Path, rows: Sequence[Row], command: str) -> Report:
    """Writes report.md and report.json, and returns what can be shown; the pictures lie in the folder already.

    What all rows were run on stands once, below; what differs stands beside each.
    """
    rows = sorted(rows, key=_place)
    common = _common([row.environment for row in rows])
    report = Report("Faults on a real Kafka", command, common)
    report.data["scenarios"] = [row.model_dump(mode="json") for row in rows]
    report.say(summary(rows))
    report.table(HEADS, [_cells(row) for row in rows])
    for row in rows:
        if not row.passed:
            report.say(f"{row.scenario} missed: {'; '.join(filter(None, (*row.missed, row.found)))}.")
        if (folder / picture_of(row.scenario)).exists():
            report.image(picture_of(row.scenario))
    differing = list(dict.fromkeys(name for row in rows for name in row.environment if name not in common))
    heads = ("scenario", "date (UTC)", *(name.replace("_", " ") for name in differing), "pass line")
    report.table(
        heads,
        [(row.scenario, row.date, *(row.environment.get(name, "") for name in differing), row.passes) for row in rows],
    )
    report.write(folder)
    return report


def environment(artifact: Path) -> Mapping[str, object]:
    """Workers and partitions are each scenario's own."""
    described = describe_environment(Setup(artifact=artifact, threads=1))
    return {name: value for name, value in described.items() if name not in ("workers", "partitions")}


def _common(environments: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """What is the same in all of them."""
    first, *others = environments or [{}]
    return {name: value for name, value in first.items() if all(each.get(name) == value for each in others)}


def _place(row: Row) -> int:
    """In the order of docs/faults.md; a scenario that there is no longer comes last."""
    names = list(SCENARIOS)
    return names.index(row.scenario) if row.scenario in names else len(names)


def summary(rows: Sequence[Row]) -> str:
    passed = sum(row.passed for row in rows)
    records = sum(int(row.facts.get("records", 0)) for row in rows)
    lost = sum(row.wrong.get("lost", 0) for row in rows)
    return f"{passed} of {len(rows)} scenarios passed; {records:,} records, {lost} lost."


def _cells(row: Row) -> Sequence[object]:
    facts = row.facts
    return (
        row.scenario,
        "passed" if row.passed else "MISSED",
        row.form,
        int(facts.get("records", 0)),
        row.wrong.get("lost", 0),
        int(facts.get("repeats", 0)),
        _rounded(facts.get("p99_s")),
        _rounded(facts.get("recovery_s")),
        round(row.took_s),
        row.seed,
    )


def _rounded(value: float | None) -> object:
    return "" if value is None else round(value, 2)
