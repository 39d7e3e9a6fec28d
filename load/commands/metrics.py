"""`metrics`: what the port for operators costs a worker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import aiohttp
import typer

from load.bench.compare import ratios, spread
from load.capacity import Drained, summarise_drain
from load.environment import describe_environment
from load.options import Partitions, ReportedBed, Scenario, command_line, finish, known
from load.report import Report, new_folder
from load.session import Sessions, Setup, sessions
from load.stepping import drain, drained_once
from streams.cli.options import expanded

MOST_COST = 0.01
_LOOK_S = 0.05


@dataclass(slots=True)
class Scrapes:
    """How often a worker was asked, and how much it said the last time."""

    count: int = 0
    size: int = 0


@expanded
def metrics(
    scenario: Scenario = "short",
    records: Annotated[int, typer.Option(min=500, help="in each backlog")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="pairs of drains, without the port and with it")] = 4,
    every: Annotated[float, typer.Option(min=0.1, help="seconds from scrape to scrape")] = 5.0,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """What the port for operators costs: a worker's throughput without it and with it, scraped, in turns."""
    known(scenario)
    setup = bed.setup(1, partitions, bed.extra)
    finish(measure(setup, scenario, records, rounds, every, bed.seed, bed.reports, command_line()), bed.as_json)


async def measure(
    setup: Setup, scenario: str, records: int, rounds: int, every_s: float, seed: int, reports: Path, command: str
) -> Report:
    report = Report("The cost of metrics", command, describe_environment(setup))
    without: dict[int, Drained] = {}
    with_port: dict[int, Drained] = {}
    scrapes: list[Scrapes] = []
    async with sessions(setup) as opened:
        await drained_once(opened, scenario, records, seed)  # a broker's first is its slowest
        for number in range(rounds):
            for is_on in in_order(number):
                if is_on:
                    with_port[number], scraped = await _drained_and_scraped(opened, scenario, records, seed, every_s)
                    scrapes.append(scraped)
                else:
                    without[number] = await drained_once(opened, scenario, records, seed)
    account(report, without, with_port, scrapes, every_s)
    report.write(new_folder(reports, "metrics"))
    return report


def in_order(number: int) -> tuple[bool, bool]:
    """Whether the port is on in the first and in the second drain of a round: neither always comes after the other."""
    return (False, True) if number % 2 == 0 else (True, False)


async def _drained_and_scraped(
    opened: Sessions, scenario: str, records: int, seed: int, every_s: float
) -> tuple[Drained, Scrapes]:
    async with opened.open() as session:
        port_file = session.folder / "metrics.port"
        async with scraping(port_file, every_s) as scrapes:
            settings = {"metrics_port": "0", "metrics_port_file": str(port_file)}
            samples = await drain(session, scenario, records, seed, **settings)
    return summarise_drain(samples), scrapes


@asynccontextmanager
async def scraping(port_file: Path, every_s: float) -> AsyncIterator[Scrapes]:
    """Asks for the metrics of the process that writes its port to a file, as soon as it has, until the block ends.

    Raises:
        RuntimeError: nobody was asked within the block.
        aiohttp.ClientError: the process did not answer.
    """
    scrapes = Scrapes()
    task = asyncio.create_task(_scrape(partial(_port, port_file), every_s, scrapes))
    try:
        yield scrapes
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=10)
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
    if scrapes.count == 0:
        raise RuntimeError("the worker was done before it could be scraped: take more records")


def _port(file: Path) -> int | None:
    """None until the process has written it."""
    written = file.read_text() if file.exists() else ""
    return int(written) if written.endswith("\n") else None


async def _scrape(ask_port: Callable[[], int | None], every_s: float, scrapes: Scrapes) -> None:
    while (port := ask_port()) is None:  # noqa: ASYNC110  a process writes it
        await asyncio.sleep(_LOOK_S)
    url = f"http://127.0.0.1:{port}/metrics"
    async with aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=30)) as http:
        while True:
            async with http.get(url) as response:
                scrapes.size = len(await response.read())
            scrapes.count += 1
            await asyncio.sleep(every_s)


def account(
    report: Report, without: dict[int, Drained], with_port: dict[int, Drained], scrapes: list[Scrapes], every_s: float
) -> None:
    """Ratios are taken within a round, and then their median."""
    rate = spread(ratios(_rates(with_port), _rates(without)))
    cpu = spread([with_port[number].cpu_us / without[number].cpu_us for number in sorted(without)])
    met = rate.median >= 1 - MOST_COST
    report.data |= {
        "without_per_s": [round(one.rate, 1) for one in without.values()],
        "with_per_s": [round(one.rate, 1) for one in with_port.values()],
        "without_cpu_us": [round(one.cpu_us, 1) for one in without.values()],
        "with_cpu_us": [round(one.cpu_us, 1) for one in with_port.values()],
        "scrapes": [one.count for one in scrapes],
        "scrape_bytes": max(one.size for one in scrapes),
        "rate_ratio": rate.as_json(),
        "cpu_ratio": cpu.as_json(),
        "target_ratio": 1 - MOST_COST,
        "target_met": met,
    }
    report.table(
        ["round", "records a second without", "with", "ratio", "processor time (us) without", "with", "scrapes"],
        [_row(number, without[number], with_port[number], scrapes[number]) for number in sorted(without)],
    )
    report.say(
        f"Throughput with the port, scraped every {every_s:g} s, to that without it: {rate.median:.3f} ({rate.low:.3f} "
        f"to {rate.high:.3f}); processor time a record: {cpu.median:.3f} ({cpu.low:.3f} to {cpu.high:.3f}). "
        f"Target: at least {1 - MOST_COST:.2f} of the throughput, {'met' if met else 'missed'}. What is counted is "
        "counted either way; the port is what listens, looks once a second, and writes it down when it is asked."
    )


def _rates(drained: dict[int, Drained]) -> dict[int, float]:
    return {number: one.rate for number, one in drained.items()}


def _row(number: int, without: Drained, with_port: Drained, scrapes: Scrapes) -> tuple[object, ...]:
    return (
        number + 1, without.rate, with_port.rate, f"{with_port.rate / without.rate:.3f}", without.cpu_us,
        with_port.cpu_us, scrapes.count,
    )  # fmt: skip
