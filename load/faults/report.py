"""The report of a fault run: a table, a timeline for each scenario, and what it was run on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from load.environment import describe_environment
from load.faults.running import Result
from load.faults.timeline import draw_timeline
from load.report import Report
from load.session import Setup

HEADS = ("scenario", "", "records", "lost", "repeats", "p99 (s)", "recovery (s)", "took (s)", "seed")


def write_report(folder: Path, results: Sequence[Result], artifact: Path, command: str) -> Report:
    """Writes report.md, report.json and the pictures, and returns what can be shown."""
    environment = {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), **_environment(artifact)}
    report = Report("Faults on a real Kafka", command, environment)
    report.data["scenarios"] = [account_of(result) for result in results]
    report.say(summary(results))
    report.table(HEADS, [row(result) for result in results])
    for result in results:
        if not result.passed:
            reasons = [*result.missed, str(result.account.findings)]
            report.say(f"{result.scenario.name} missed: {'; '.join(filter(None, reasons))}.")
        picture = f"{result.scenario.name}.png"
        draw_timeline(result, folder / picture)
        if (folder / picture).exists():
            report.image(picture)
    report.table(("scenario", "pass line"), [(result.scenario.name, result.scenario.passes) for result in results])
    report.write(folder)
    return report


def _environment(artifact: Path) -> Mapping[str, object]:
    """Workers and partitions are each scenario's own."""
    described = describe_environment(Setup(artifact=artifact, threads=1))
    return {name: value for name, value in described.items() if name not in ("workers", "partitions")}


def summary(results: Sequence[Result]) -> str:
    passed = sum(result.passed for result in results)
    records = sum(int(result.account.facts.get("records", 0)) for result in results)
    lost = sum(len(result.account.findings.lost) for result in results)
    return f"{passed} of {len(results)} scenarios passed; {records:,} records, {lost} lost."


def row(result: Result) -> Sequence[object]:
    facts = result.account.facts
    return (
        result.scenario.name,
        "passed" if result.passed else "MISSED",
        int(facts.get("records", 0)),
        len(result.account.findings.lost),
        int(facts.get("repeats", 0)),
        _rounded(facts.get("p99_s")),
        _rounded(facts.get("recovery_s")),
        round(result.took_s),
        result.seed,
    )


def account_of(result: Result) -> dict[str, Any]:
    """For programs."""
    size = result.size
    return {
        "scenario": result.scenario.name,
        "passed": result.passed,
        "missed": list(result.missed),
        "wrong": result.account.findings.wrong,
        "facts": {name: round(float(value), 4) for name, value in result.account.facts.items()},
        "size": {"records": size.records, "rate": size.rate, "times": size.times, "seconds": size.seconds},
        "seed": result.seed,
        "took_s": round(result.took_s, 1),
        "events": [{"at": round(event.at, 1), "what": event.what} for event in result.diary.events],
    }


def _rounded(value: float | None) -> object:
    return "" if value is None else round(value, 2)
