"""`python -m load simulate`: p99 and workers for loads that nobody can measure here, from the report of a bench."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from load.arrivals import constant
from load.bench.contestants import ONE
from load.bench.curve import WARM_UP_S
from load.options import Folder, Json
from load.report import Report, new_folder
from load.simulation import Checked, Worker, best_load, calibrate, poisson, predict

TOTALS = (1_000, 10_000, 100_000, 1_000_000)
LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
TOLERANCE = 0.15
RECORDS = 20_000
"""In each simulated run."""


def simulate(
    bench: Annotated[Path | None, typer.Option(help="report.json of a bench; default: of the newest")] = None,
    target: Annotated[
        list[float] | None, typer.Option(min=0.1, help="p99 in ms that has to be held; may be repeated")
    ] = None,
    folder: Folder = None,
    seed: Annotated[int, typer.Option(help="the same seed draws the same")] = 1,
    as_json: Json = False,
) -> None:
    """p99 and workers needed, up to a million posts a second, checked against what was measured."""
    path = bench or _newest(Path("reports"))
    try:
        data = json.loads(path.read_text("utf-8"))
        worker = calibrate(data, ONE, seed=seed)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    report = Report("Simulation", f"python -m load simulate --bench {path}", data["environment"])
    _check(report, check(data["latency"][ONE], worker, data["point_seconds"]))
    _forecast(report, worker, target or [50.0, 100.0, 250.0], seed)
    report.write(folder or new_folder(Path("reports"), "simulation"))
    if as_json:
        typer.echo(json.dumps(report.data, indent=2))
    else:
        report.show()


def check(points: Sequence[Mapping[str, Any]], worker: Worker, seconds: float) -> list[Checked]:
    """Every measured point, sent again in the simulation: the same rate, for as long."""
    found = []
    for point in points:
        arrivals = constant(point["rate"], WARM_UP_S + seconds)
        predicted = predict(arrivals, worker, warm_up_s=WARM_UP_S)
        found.append(Checked(point["share"], point["rate"], point["latency_ms"]["p99"], predicted))
    return found


def workers_needed(total: float, rate: float) -> int:
    """So many that none gets more than `rate`."""
    return math.ceil(total / rate)


def _check(report: Report, checked: Sequence[Checked]) -> None:
    rows = [
        [f"{one.share:.0%}", one.rate, one.measured, one.predicted, f"{one.error:+.0%}", _verdict(one)]
        for one in checked
    ]
    report.table(["load", "posts/s", "p99 measured (ms)", "p99 simulated (ms)", "off by", ""], rows)
    inside = sum(one.is_within(TOLERANCE) for one in checked)
    report.say(
        f"{inside} of {len(checked)} measured points are met within {TOLERANCE:.0%}. The lowest load and the highest "
        "rate are what the simulation was set by; the others are its test."
        + ("" if inside == len(checked) else " What follows is no better than the points that were missed.")
    )
    report.data |= {
        "tolerance": TOLERANCE,
        "within_tolerance": inside == len(checked),
        "checked": [
            {"share": one.share, "rate": one.rate, "measured_ms": one.measured, "predicted_ms": one.predicted}
            for one in checked
        ],
    }


def _verdict(one: Checked) -> str:
    return "within" if one.is_within(TOLERANCE) else f"not within {TOLERANCE:.0%}"


def _forecast(report: Report, worker: Worker, targets: Sequence[float], seed: int) -> None:
    p99 = [predict(poisson(load * worker.capacity, RECORDS, seed), worker) for load in LOADS]
    report.table(
        ["load of a worker", "posts/s", "p99 (ms)"],
        [(f"{load:.0%}", load * worker.capacity, ms) for load, ms in zip(LOADS, p99, strict=True)],
    )
    rows, plans = [], []
    for target in targets:
        load = best_load(LOADS, p99, target)
        rate = None if load is None else load * worker.capacity
        needed = ["not reached"] * len(TOTALS) if rate is None else [workers_needed(total, rate) for total in TOTALS]
        lag = "" if rate is None else round(rate * target / 1e3)
        rows.append([f"{target:g} ms", "" if load is None else f"{load:.0%}", lag, *needed])
        plans.append({"target_ms": target, "load": load, "rate": rate, "lag": lag or None, "workers": needed})
    report.table(["p99 at most", "load of a worker", "its lag then", *(f"{total:,} posts/s" for total in TOTALS)], rows)
    report.say(
        "Workers for so many posts a second in all, of many independent senders, spread evenly over partitions, each "
        "worker on a machine like the measured one with broker and sender beside it. Lag: the posts that a worker "
        "answers within the target; a scaler that adds one worker for each such lag keeps it."
    )
    report.data |= {"capacity_per_worker": worker.capacity, "loads": LOADS, "p99_ms": p99, "totals": TOTALS}
    report.data["plans"] = plans


def _newest(root: Path) -> Path:
    found = sorted(root.glob("bench-*/report.json"))
    if not found:
        raise typer.BadParameter(f"no bench in {root}/: run `python -m load bench`, or give --bench")
    return found[-1]
