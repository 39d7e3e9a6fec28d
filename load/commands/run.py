"""`run`: the account of an open-loop run."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from load.environment import describe_environment
from load.openloop import Run, run_open_loop
from load.options import Partitions, ReportedBed, Scenario, Seconds, Workers, command_line, finish, known
from load.plots import plot_latency
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Setup, sessions
from streams.cli.options import expanded


@expanded
def run(
    scenario: Scenario = "steady",
    rate: Annotated[float, typer.Option(min=0.1, help="records a second")] = 100.0,
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 3.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """Open loop: records are due at fixed moments, latency counts from those. Exit 1 if a record was lost."""
    known(scenario)
    setup = bed.setup(workers, partitions, bed.extra)
    work = measure(setup, scenario, rate, seconds, warm_up, bed.seed, bed.reports, command_line())
    report = finish(work, bed.as_json)
    raise typer.Exit(1 if report.data["lost"] else 0)


async def measure(
    setup: Setup,
    scenario: str,
    rate: float,
    seconds: float,
    warm_up_s: float,
    seed: int,
    reports: Path,
    command: str,
) -> Report:
    setup = replace(setup, extra={**SCENARIOS[scenario].settings, **setup.extra})
    report = Report(f"Open loop: {scenario}, {rate:g} a second", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        done = await run_open_loop(session, scenario, rate, seconds, warm_up_s=warm_up_s, seed=seed)
    _report_run(report, done)
    folder = new_folder(reports, f"run-{scenario}-{rate:g}")
    if len(done.measurement.latency):
        over_time = done.measurement.over_time()
        plot_latency(folder / "latency.png", report.title, over_time, done.measurement.latency)
        report.image("latency.png")
    report.write(folder)
    return report


def _report_run(report: Report, done: Run) -> None:
    measured, sent = done.measurement, done.sent
    counts = {
        "sent": sent.records,
        "refused_by_broker": sent.refused,
        "answered": measured.answered,
        "lost": measured.lost - sent.refused,
        "duplicates": measured.duplicates,
        "degraded": measured.degraded,
        "unknown": measured.unknown,
    }
    stages = {stage: histogram.summary() for stage, histogram in measured.stages.items()}
    report.data |= counts | {
        "rate": done.plan.rate,
        "seconds": done.plan.seconds - done.warm_up_s,
        "warm_up_s": done.warm_up_s,
        "throughput_per_s": round(measured.throughput, 1),
        "answers": dict(measured.kinds),
        "latency_ms": measured.latency.summary(),
        "beside_pictures_ms": measured.beside_pictures.summary(),
        "stages_ms": stages,
        "sender_late_ms": {"p50": round(sent.late_ms_p50, 3), "max": round(sent.late_ms_max, 3)},
        "worker_exit_statuses": list(done.exit_statuses),
    }
    report.table(["", "records"], [(name.replace("_", " "), count) for name, count in counts.items()])
    report.say(
        f"Throughput {measured.throughput:,.1f} answers a second at {done.plan.rate:g} records a second. Latency is "
        "from the moment a record was due to the moment its answer was read from its topic, in milliseconds; the "
        "stages are the worker's own account of the same records."
    )
    names = list(measured.latency.summary())
    rows = [("latency", measured.latency.summary())]
    if len(measured.beside_pictures) < len(measured.latency):
        rows.append(("of records without pictures", measured.beside_pictures.summary()))
    rows += stages.items()
    report.table(["ms", *names], [(name, *values.values()) for name, values in rows if values])
