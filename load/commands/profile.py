"""`profile`: where a record's processor time goes, stage by stage, at full load."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from load.environment import describe_environment
from load.memory import keep_backlog
from load.options import Bed, Extra, Folder, Json, Partitions, Scenario, Seconds, command_line, finish, known
from load.report import Report, new_folder
from load.sampler import EVERY_S, Account, complete, read_account
from load.session import Session, Setup, sessions
from load.watching import Progress
from streams.cli.options import expanded


@expanded
def profile(
    scenario: Scenario = "steady",
    seconds: Seconds = 30.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 5.0,
    partitions: Partitions = 4,
    *,
    bed: Bed,
    folder: Folder = None,
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Where a record's processor time goes, stage by stage: looks into a worker at full load."""
    known(scenario)
    setup = bed.setup(1, partitions, extra)
    folder = folder or new_folder(Path("reports"), "profile")
    finish(measure(setup, scenario, seconds, warm_up, bed.seed, folder, command_line()), as_json)


async def measure(
    setup: Setup, scenario: str, seconds: float, warm_up_s: float, seed: int, folder: Path, command: str
) -> Report:
    report = Report("Where a record's time goes", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        output = session.folder / "account.json"
        session.start_workers([sys.executable, "-m", "load.sampled_worker", str(output)])
        feeding = asyncio.create_task(keep_backlog(session, seed, scenario))
        try:
            await asyncio.sleep(max(1.0, warm_up_s))
            rate, account = await _sample(session, output, seconds)
            if feeding.done():
                feeding.result()
        finally:
            feeding.cancel()
            await asyncio.wait({feeding}, timeout=10)
        session.stop_workers()
    _say(report, scenario, rate, account)
    report.write(folder)
    return report


async def _sample(session: Session, output: Path, seconds: float) -> tuple[float, Account]:
    """Answers a second, and the account of so many seconds.

    Raises:
        RuntimeError: the worker wrote no account, or answered nothing.
    """
    async with Progress(session.bootstrap, session.prefix) as progress:
        try:
            first, before = read_account(output), await progress.count()
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)
            session.check()
            answered, took_s = await progress.count() - before, asyncio.get_running_loop().time() - began
            account = read_account(output).since(first)
        except FileNotFoundError:
            raise RuntimeError("the worker wrote no account of its time") from None
    if answered == 0 or account.at <= 0:
        raise RuntimeError("the worker answered nothing")
    return answered / took_s, complete(account)


def _say(report: Report, scenario: str, rate: float, account: Account) -> None:
    records = rate * account.at
    stages = _microseconds(account.stages(), records)
    threads = _microseconds(account.threads, records)
    total = 1e6 * account.process_s / records
    report.data |= {
        "scenario": scenario,
        "answers_per_s": round(rate, 1),
        "cpu_us": round(total, 1),
        "stages_us": stages,
        "threads_us": threads,
    }
    for what, parts in (("stage", stages), ("thread", threads)):
        rows = [(name, us, f"{us / total:.1%}") for name, us in parts.items()]
        report.table([what, "processor time a record (us)", "share"], [*rows, ("all", total, "100.0%")])
    report.say(
        f"One worker at full load, {scenario} posts, {rate:,.0f} a second over {account.at:.0f} s. Every "
        f"{1e3 * EVERY_S:g} ms the processor time that each thread has used since goes to the innermost stage of its "
        "stack; what it used before it waited is shared out as its other looks were. A thread that waits for the "
        "interpreter lock is seen where it waits. Looking takes that lock for a moment, so the rate is a little lower "
        "than without."
    )


def _microseconds(parts: Mapping[str, float], records: float) -> dict[str, float]:
    """A record's, the largest first."""
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return {name: round(1e6 * seconds / records, 1) for name, seconds in ordered if seconds > 0}
