"""The queue against what formulas say of it, and the forecast against what it was set by."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from load.__main__ import app
from load.arrivals import constant
from load.bench.contestants import ONE
from load.simulate import check, workers_needed
from load.simulation import Checked, Worker, best_load, calibrate, drawn, poisson, predict, run, turn_times


def _no_way(count: int) -> NDArray[np.float64]:
    return np.zeros(count)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_at_a_time_with_equal_times_is_m_d_1(load: float) -> None:
    """Mean wait: load / (2 mu (1 - load)) (Pollaczek and Khinchine, no variance)."""
    worker = Worker(lambda _: 0.01, _no_way, most_rows=1)

    inside = run(poisson(100 * load, 30_000, seed=2), worker)

    assert inside.mean() - 0.01 == pytest.approx(load / (2 * 100 * (1 - load)), rel=0.1)


@pytest.mark.parametrize("load", [0.4, 0.7])
def test_one_at_a_time_with_exponential_times_is_m_m_1(load: float) -> None:
    """Time inside is exponential with rate mu - lambda: mean and p99 are known."""
    chance = np.random.default_rng(3)
    worker = Worker(lambda _: float(chance.exponential(0.01)), _no_way, most_rows=1)

    inside = run(poisson(100 * load, 60_000, seed=4), worker)

    assert inside.mean() == pytest.approx(1 / (100 - 100 * load), rel=0.1)
    assert np.percentile(inside, 99) == pytest.approx(np.log(100) / (100 - 100 * load), rel=0.15)


def test_what_waits_goes_together_up_to_a_turn() -> None:
    """Five come at once: one alone begins a turn of 1 s, then four wait and go in turns of two."""
    worker = Worker(lambda rows: 1.0, _no_way, most_rows=2)

    assert run(np.array([0.0, 0.1, 0.1, 0.1, 0.1]), worker) == pytest.approx([1.0, 1.9, 1.9, 2.9, 2.9])


def test_everything_that_arrives_is_finished_in_order() -> None:
    worker = Worker(lambda rows: 0.002 * rows, _no_way, most_rows=7)
    arrivals = poisson(400, 2_000, seed=5)

    finished = arrivals + run(arrivals, worker)

    assert (np.diff(finished) >= -1e-9).all()
    assert (finished > arrivals).all()


def test_more_than_the_capacity_grows_by_the_difference() -> None:
    """At 110 % for 10 s the last record waits for a second of work, less what one turn takes."""
    worker = Worker(lambda rows: rows / 100, _no_way, most_rows=10)

    assert run(constant(110, 10), worker)[-1] == pytest.approx(1.0, abs=0.15)


def test_turns_between_the_measured_ones_lie_on_lines() -> None:
    turn_s = turn_times({1: 0.004, 3: 0.008, 64: 0.1}, more_s=0.001)

    assert turn_s(2) == pytest.approx(0.006 + 0.002)
    assert turn_s(128) == pytest.approx(0.2 + 0.128)


def test_what_is_drawn_has_the_percentiles_that_were_given() -> None:
    draws = drawn({50.0: 1.0, 95.0: 2.0, 99.0: 5.0, 100.0: 9.0}, seed=6)(200_000)

    assert np.percentile(draws, (50, 95, 99)) == pytest.approx([1.0, 2.0, 5.0], rel=0.05)
    assert draws.min() == 1.0
    assert draws.max() <= 9.0


def _point(share: float, rate: float, p99: float) -> dict[str, Any]:
    latency = {"p50": 8.0, "p95": 9.0, "p99": p99, "p99.9": 12.0, "max": 13.0}
    return {"share": share, "rate": rate, "latency_ms": latency}


def _bench(rate: float = 1_000.0) -> dict[str, Any]:
    return {
        "contestants": [{"name": ONE, "streams": {"unique": {"median": rate}}}],
        "turn_ms": {"1": 2.0, "64": 32.0},
        "latency": {ONE: [_point(0.5, 500.0, 30.0), _point(0.1, 100.0, 10.0)]},
    }


def test_a_worker_is_set_by_the_rate_and_the_lowest_load() -> None:
    worker = calibrate(_bench(), ONE)

    assert worker.capacity == pytest.approx(1_000)
    assert predict(constant(10, 100), worker) == pytest.approx(10.0, rel=0.1)


def test_an_engine_that_is_slower_than_the_service_adds_nothing() -> None:
    assert calibrate(_bench(rate=5_000.0), ONE).capacity == pytest.approx(2_000)


@pytest.mark.parametrize("missing", ["contestants", "turn_ms", "latency"])
def test_a_report_that_lacks_a_figure_is_refused(missing: str) -> None:
    bench = _bench()
    del bench[missing]

    with pytest.raises(ValueError, match="no turn times, no rate or no latency"):
        calibrate(bench, ONE)


def test_points_are_sent_again_and_a_wrong_one_is_told() -> None:
    worker = calibrate(_bench(), ONE)
    right = predict(constant(500.0, 6.0), worker, warm_up_s=1.0)

    good, bad = check([_point(0.5, 500.0, right), _point(0.5, 500.0, 2 * right)], worker, 5.0)

    assert good.is_within(0.15)
    assert not bad.is_within(0.15)
    assert Checked(0.5, 1.0, measured=100.0, predicted=84.0).error == pytest.approx(-0.16)


def test_the_best_load_is_below_every_one_that_misses() -> None:
    assert best_load([0.1, 0.5, 0.9], [10.0, 20.0, 90.0], 50.0) == 0.5
    assert best_load([0.1, 0.5, 0.9], [10.0, 60.0, 40.0], 50.0) == 0.1
    assert best_load([0.1, 0.5], [60.0, 70.0], 50.0) is None


def test_workers_share_a_load_and_none_gets_too_much() -> None:
    assert workers_needed(1_000_000, 700.0) == 1_429
    assert workers_needed(1_000, 1_000.0) == 1


def test_the_command_says_which_points_it_misses_and_how_many_workers(tmp_path: Path) -> None:
    bench = _bench() | {"environment": {"cores": 2}, "point_seconds": 5.0}
    source = tmp_path / "report.json"
    source.write_text(json.dumps(bench))
    command = [
        "simulate",
        "--bench",
        str(source),
        "--report",
        str(tmp_path / "out"),
        "--target",
        "5",
        "--target",
        "100",
    ]

    result = CliRunner().invoke(app, [*command, "--json"])

    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    tight, loose = report["plans"]
    assert tight["load"] is None
    assert tight["workers"] == ["not reached"] * 4
    assert loose["workers"] == [workers_needed(total, loose["rate"]) for total in report["totals"]]
    assert report["within_tolerance"] == all(
        abs(one["predicted_ms"] / one["measured_ms"] - 1) <= 0.15 for one in report["checked"]
    )
    said = (tmp_path / "out" / "report.md").read_text()
    assert "not within 15%" in said
    assert "better than the points that were missed" in said


def test_a_report_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")

    result = CliRunner().invoke(app, ["simulate", "--bench", str(tmp_path / "report.json")])

    assert result.exit_code == 2
    assert "no turn times" in result.output
