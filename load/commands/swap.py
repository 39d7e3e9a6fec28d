"""`swap`: what records pay while another policy and another model are put to work."""

from pathlib import Path
from typing import Annotated

import typer

from load.environment import describe_environment
from load.options import Partitions, ReportedBed, Scenario, Workers, command_line, finish, known
from load.plots import plot_latency
from load.report import Report, new_folder
from load.session import Setup, sessions
from load.swapping import SETTLED_S, STEADY, Price, Swap, swap_under_load
from streams.cli.options import expanded

TIMES = 2.0


@expanded
def swap(
    scenario: Scenario = "steady",
    rate: Annotated[float, typer.Option(min=0.1, help="records a second; full load: just under `capacity`")] = 100.0,
    seconds: Annotated[float, typer.Option(min=5, help="before the first change, and after each")] = 20.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 5.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """Another policy, then another model, put to work under load: p99 and throughput. Exit 1 if a record was lost."""
    known(scenario)
    setup = bed.setup(workers, partitions, bed.extra)
    work = measure(setup, scenario, rate, seconds, warm_up, bed.seed, bed.reports, command_line())
    report = finish(work, bed.as_json)
    raise typer.Exit(1 if report.data["lost"] else 0)


async def measure(
    setup: Setup, scenario: str, rate: float, seconds: float, warm_up_s: float, seed: int, reports: Path, command: str
) -> Report:
    report = Report(f"Swaps under load: {scenario}, {rate:g} a second", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        done = await swap_under_load(session, scenario, rate, seconds, warm_up_s, seed)
    measured = done.measurement
    lost = measured.lost - done.refused
    accounts = {kind: account(*found) for kind, found in done.prices.items()}
    report.data |= {
        "rate": rate,
        "answered": measured.answered,
        "lost": lost,
        "duplicates": measured.duplicates,
        "swaps": accounts,
        "target_times": TIMES,
        "target_back_s": SETTLED_S,
        "target_met": not lost and all(each["met"] for each in accounts.values()),
    }
    names = ("p99_before_ms", "p99_swap_ms", "times", "p99_since_asked_ms", "asked_to_new_s", "back_s", "megabytes")
    report.table(
        ["swap", *(name.replace("_", " ") for name in names)],
        [(kind, *(each[name] for name in names)) for kind, each in accounts.items()],
    )
    met = "met" if report.data["target_met"] else "missed"
    report.say(
        f"{lost} records lost, {measured.duplicates} answered twice. p99 of the swap is that of the worst second "
        f"around it; throughput is back when every second has {STEADY:.0%} of the answers of those before, or as many "
        f"as the lowest of them. Target: at most {TIMES:g} times the p99 before, and back within {SETTLED_S:g} s: "
        f"{met}. Megabytes are those of all workers: before, at most, and shortly before the next change."
    )
    folder = new_folder(reports, f"swap-{scenario}-{rate:g}")
    plot_latency(folder / "latency.png", report.title, measured.over_time(), measured.latency)
    report.image("latency.png")
    report.write(folder)
    return report


def account(swap: Swap, price: Price) -> dict[str, object]:
    times = price.p99_swap / price.p99_before
    return {
        "p99_before_ms": round(price.p99_before, 1),
        "p99_swap_ms": round(price.p99_swap, 1),
        "times": round(times, 2),
        "p99_since_asked_ms": round(price.p99_asked, 1),
        "asked_to_new_s": round(swap.new_s - swap.asked_s, 2),
        "back_s": round(price.back_s, 2),
        "megabytes": " / ".join(f"{each:.0f}" for each in swap.megabytes),
        "met": times <= TIMES and price.back_s <= SETTLED_S,
    }
