"""`python -m load serve`: each figure beside its target, and nothing met that was not measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from load.commands.serve import account, measure
from load.engine_rate import EngineRate
from load.http import measuring
from load.http.asking import Full, Steady
from load.http.measuring import Extent, Idle, Measured
from load.report import Report
from load.session import Setup

EXTENT = Extent(seconds=15, rounds=2, connections=64, idle=10_000, has_kafka=True)


def steady(**milliseconds: float) -> Steady:
    """A hundred answers by path, all after so long."""
    found = Steady()
    for path, latency in milliseconds.items():
        for _ in range(100):
            found.add(path, 200, latency)
    return found


GOOD = Measured(
    engine=[EngineRate(1000, rate, 30.0, 2000.0, 1.1) for rate in (400.0, 400.0, 200.0)],
    full=[Full(360.0, 2500.0, 300.0, Counter()), Full(270.0, 2500.0, 300.0, Counter())],
    alone_ms=4.0,
    half_rate=157.5,
    half=steady(moderations=8.5),
    idle=Idle(10_000, 10_000, 10_000, 350.0, 520.0),
    coral=steady(analyze=20.0, suggest=40.0),
)


def told(found: Measured, extent: Extent = EXTENT) -> tuple[dict[str, Any], str]:
    report = Report("HTTP", "python -m load serve", {})
    account(report, extent, found)
    return report.data, "\n".join(map(str, report._parts))


def test_each_turn_is_compared_with_the_engine_beside_it() -> None:
    """The machine was half as fast in the second turn, and the share is the same."""
    data, page = told(GOOD)

    assert data["shares_of_engine"] == [0.9, 0.9]
    assert data["share_of_engine"] == 0.9
    assert "| share of the bare engine | 90.0% | 85% | met |" in page


def test_all_targets_are_met() -> None:
    data, page = told(GOOD)

    assert [data[name] for name in ("share_met", "over_engine_met", "idle_met", "coral_met")] == [True] * 4
    assert data["over_engine_ms"] == pytest.approx(4.5, abs=0.01)
    assert data["idle_mb"] == 170.0
    assert page.count("| met |") == 4
    assert "missed" not in page
    assert "other than 200" not in page


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({"full": [Full(300.0, 1.0, 1.0, Counter()), Full(200.0, 1.0, 1.0, Counter())]}, "share_met"),
        ({"half": steady(moderations=9.5)}, "over_engine_met"),
        ({"idle": Idle(10_000, 10_000, 10_000, 350.0, 651.0)}, "idle_met"),
        ({"idle": Idle(10_000, 4_000, 4_000, 350.0, 400.0)}, "idle_met"),
        ({"idle": Idle(10_000, 10_000, 9_999, 350.0, 400.0)}, "idle_met"),
        ({"coral": steady(analyze=20.0, suggest=301.0)}, "coral_met"),
        ({"coral": Steady()}, "coral_met"),
    ],
)
def test_a_target_that_is_missed_is_called_missed(changes: dict[str, Any], missed: str) -> None:
    data, page = told(replace(GOOD, **changes))

    assert [name for name in ("share_met", "over_engine_met", "idle_met", "coral_met") if not data[name]] == [missed]
    assert page.count("| missed |") == 1


def test_answers_other_than_200_are_told_and_coral_forgives_none() -> None:
    coral = steady(analyze=20.0)
    coral.add("suggest", 429, 1.0)
    full = [replace(one, others=Counter({429: 3})) for one in GOOD.full]
    data, page = told(replace(GOOD, coral=coral, full=full))

    assert data["other_answers"] == {429: 6}
    assert data["coral_other_answers"] == {429: 1}
    assert data["coral_met"] is False
    assert "at full load {429: 6}, at half {}, of Coral {429: 1}" in page


def test_a_text_that_nobody_can_assess_is_no_failure_of_the_server() -> None:
    coral = steady(analyze=20.0)
    coral.add("analyze", 400, 1.0)

    assert told(replace(GOOD, coral=coral))[0]["coral_met"] is True


def test_a_system_that_allows_fewer_connections_is_named() -> None:
    _, page = told(replace(GOOD, idle=Idle(10_000, 4_000, 4_000, 350.0, 400.0)))

    assert "4,000 connections and not the 10,000" in page


async def test_the_whole_measurement_in_small(
    tiny_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WARM_UP_S", "SETTLE_S"):
        monkeypatch.setattr(measuring, name, 0.2)
    extent = Extent(seconds=0.4, rounds=1, connections=3, idle=20, has_kafka=False)
    setup = Setup(artifact=tiny_artifact, threads=1)
    report = await measure(setup, extent, 1, tmp_path, "python -m load serve")

    assert sorted(file.name for file in tmp_path.glob("serve-*/*")) == ["report.json", "report.md"]  # noqa: ASYNC240
    assert report.data["environment"]["broker"] == "none"
    assert (report.data["idle_left"], report.data["idle_asked"]) == (20, 20)
    assert set(report.data["coral_latency_ms"]) <= {"/v1alpha1/comments:analyze"}
    assert set(report.data["coral_other_answers"]) <= {400}, "words that the look-up table does not know"
    assert report.data["other_answers"] == {}
