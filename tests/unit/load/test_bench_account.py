"""The report says what was measured, what was not, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from load.bench.account import account
from load.bench.contestants import ENGINE, ONE, ONE_CASCADE, UNIQUE, Group
from load.bench.curve import Point
from load.bench.results import Entry, Results
from load.capacity import Drained
from load.report import Report

PEER, GONE = "a loop", "a server"


def _entry(name: str, group: Group, *rates: float, workers: int = 1) -> Entry:
    entry = Entry(name, group, workers)
    for number, rate in enumerate(rates):
        entry.add(UNIQUE, number, Drained(rate, 700.0, 200.0, 50.0))
    return entry


@pytest.fixture
def results() -> Results:
    entries = [
        _entry(ENGINE, Group.LIMIT, 2_000.0, 2_000.0, 1_000.0),
        _entry(ONE, Group.TIDEGATE, 1_500.0, 1_200.0),
        Entry(ONE_CASCADE, Group.TIDEGATE, absent="the policy forbids it"),
        _entry("two", Group.TIDEGATE, 3_000.0, 1_500.0, workers=2),
        _entry(PEER, Group.PEER, 1_000.0, 1_300.0),
        Entry(GONE, Group.PEER, absent="not installed: mosec"),
    ]
    return Results({one.name: one for one in entries}, cores=2, rounds=2)


def _written(results: Results, folder: Path) -> tuple[str, dict[str, Any]]:
    report = Report("Bench", "command", {})
    account(report, results)
    report.write(folder)
    return (folder / "report.md").read_text(), json.loads((folder / "report.json").read_text())


def test_ratios_are_to_the_engine_of_the_round_and_once_a_worker(results: Results) -> None:
    assert results.engine_ratio(results.entries[ONE], UNIQUE).low == pytest.approx(0.75)
    assert results.engine_ratio(results.entries[ONE], UNIQUE).high == pytest.approx(0.8)
    assert results.engine_ratio(results.entries["two"], UNIQUE).high == pytest.approx(0.75)


def test_a_tie_is_called_one(results: Results, tmp_path: Path) -> None:
    said, data = _written(results, tmp_path)

    (comparison,) = data["comparisons"][UNIQUE]
    assert (comparison["ours"], comparison["theirs"]) == (ONE, PEER)
    assert comparison["order"].startswith("a tie")
    assert "a tie: the order depends on the round" in said


def test_who_did_not_take_part_is_in_the_report_with_the_reason(results: Results, tmp_path: Path) -> None:
    said, data = _written(results, tmp_path)

    assert f"| {GONE} | not installed: mosec |" in said
    assert f"| {ONE_CASCADE} | the policy forbids it |" in said
    assert {one["name"]: one["absent"] for one in data["contestants"]}[GONE] == "not installed: mosec"


def test_the_share_of_others_is_told_and_taken_off(results: Results, tmp_path: Path) -> None:
    """At 1,350 a second 250 us of broker and sender are 0.17 of two cores."""
    said, _ = _written(results, tmp_path)
    share = 1_350 * 250e-6 / 2

    assert results.others_share(results.entries[ONE], UNIQUE) == pytest.approx(share)
    assert results.ratio_without_others(results.entries[ONE], UNIQUE) == pytest.approx(0.775 / (1 - share))
    assert f"| 700 | 200 | 50 | {share:.1%} |" in said


def test_latency_is_compared_with_bare_engine_and_bare_hop(results: Results, tmp_path: Path) -> None:
    def point(share: float, p50: float) -> Point:
        return Point(share, 100.0, 100.0, {"p50": p50, "p95": 20.0, "p99": 30.0, "p99.9": 40.0}, {}, 0, 0.1)

    results.curves[ONE] = [point(0.1, 9.0), point(0.5, 10.0)]
    results.hop = point(0.0, 3.0)
    results.turn_ms = {1: 2.0, 64: 30.0}

    said, data = _written(results, tmp_path)

    assert "p50 is 10.0 ms: +5.0 ms beside" in said
    assert "p99 is 3.0 times p50" in said
    assert [point["share"] for point in data["latency"][ONE]] == [0.1, 0.5]


def test_the_best_alternative_is_the_one_with_the_highest_median(results: Results) -> None:
    results.entries["slow"] = _entry("slow", Group.PEER, 2_000.0, 10.0)
    results.entries["slow"].add(UNIQUE, 2, Drained(10.0, 1.0))

    best = results.best_peer(UNIQUE)
    assert best is not None
    assert best.name == PEER
    assert results.best_peer("realistic") is None
