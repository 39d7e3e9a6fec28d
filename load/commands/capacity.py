"""`capacity`: the service beside the bare engine, on the same texts, in turns."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from load.capacity import Drained, Verdict, engine_shares, highest_sustained, search
from load.engine_rate import EngineRate, measure_engine
from load.environment import describe_environment
from load.options import Partitions, ReportedBed, Scenario, Workers, command_line, finish, known
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Sessions, Setup, sessions
from load.stepping import drained_once, hold
from streams.cli.options import expanded
from streams.settings import Settings

ENGINE_SHARE = 0.85
"""The target: what queues, broker and policy may cost is the rest."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The bare engine before and after each drain, and the rates that were tried then."""

    workers: int
    engine: list[EngineRate]
    drained: list[Drained]
    tried: list[Verdict]

    @property
    def engine_rates(self) -> list[float]:
        """As many engines as there are workers."""
        return [each.rate * self.workers for each in self.engine]

    @property
    def bare_rate(self) -> float:
        return float(np.median(self.engine_rates))

    @property
    def drained_rate(self) -> float:
        return float(np.median([each.rate for each in self.drained]))

    @property
    def shares(self) -> list[float]:
        """Of each drain: its part of the engine beside it."""
        return engine_shares(self.engine_rates, [each.rate for each in self.drained])

    @property
    def share(self) -> float:
        return float(np.median(self.shares))


@expanded
def capacity(
    scenario: Scenario = "short",
    records: Annotated[int, typer.Option(min=500, help="in the backlog and for the bare engine")] = 6_000,
    seconds: Annotated[float, typer.Option(min=3, help="of each open-loop step")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="drains, each between two runs of the bare engine")] = 3,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """The highest rate with no growing lag, beside the bare engine's rate on the same texts."""
    known(scenario)
    setup = bed.setup(workers, partitions, bed.extra)
    finish(measure(setup, scenario, records, seconds, rounds, bed.seed, bed.reports, command_line()), bed.as_json)


async def measure(
    setup: Setup, scenario: str, records: int, seconds: float, rounds: int, seed: int, reports: Path, command: str
) -> Report:
    report = Report(f"Capacity: {scenario}", command, describe_environment(setup))
    async with sessions(setup) as opened:
        engine = [await _bare_engine(setup, scenario, records, seed)]
        drained: list[Drained] = []
        for _ in range(rounds):
            drained.append(await drained_once(opened, scenario, records, seed))
            engine.append(await _bare_engine(setup, scenario, records, seed))
        estimate = float(np.median([each.rate for each in drained]))
        tried = await _steps(opened, scenario, estimate, seconds, seed)
    account(report, Turns(setup.workers, engine, drained, tried))
    report.write(new_folder(reports, f"capacity-{scenario}"))
    return report


async def _bare_engine(setup: Setup, scenario: str, records: int, seed: int) -> EngineRate:
    payloads = list(SCENARIOS[scenario].payloads(records, seed))
    settings = Settings.load(artifact=setup.artifact, device=setup.device, threads=setup.threads, **setup.extra)
    return await asyncio.to_thread(measure_engine, settings, payloads)


async def _steps(opened: Sessions, scenario: str, estimate: float, seconds: float, seed: int) -> list[Verdict]:
    async with opened.open() as session:
        session.start_workers()
        seeds = iter(range(seed + 1, seed + 100))  # other texts each time: the workers remember
        return await search(estimate, lambda rate: hold(session, scenario, rate, seconds, next(seeds)))


def account(report: Report, turns: Turns) -> None:
    """Figures for programs, and what people read."""
    report.data |= _figures(turns)
    share, bare, sustained = turns.share, turns.bare_rate, highest_sustained(turns.tried)
    engine_us = float(np.median([each.cpu_us for each in turns.engine]))
    drained_us = float(np.median([each.cpu_us for each in turns.drained]))
    report.table(
        ["median", "records a second", "share of the bare engine", "processor time a record (us)"],
        [
            (f"bare engine x {turns.workers}", bare, 1.0, engine_us),
            ("end to end, draining a backlog", turns.drained_rate, share, drained_us),
            ("end to end, highest open-loop rate held", sustained, sustained / bare, ""),
        ],
    )
    report.say(
        "The bare engine runs the same texts with the same tokenizer, batches and threads, before and after each "
        f"drain: {', '.join(f'{each:,.1f}' for each in turns.engine_rates)} a second. The drains gave "
        f"{', '.join(f'{each.rate:,.1f}' for each in turns.drained)}, each compared with the engine beside it: "
        f"{', '.join(f'{each:.1%}' for each in turns.shares)}. Target: {ENGINE_SHARE:.0%}, "
        f"{'met' if share >= ENGINE_SHARE else 'missed'} with {share:.1%}."
    )
    report.table(
        ["tried rate", "lag grows by (records/s)", "lag at the end", ""],
        [(v.rate, v.lag_growth, v.last_lag, "held" if v.sustained else "fell behind") for v in turns.tried],
    )


def _figures(turns: Turns) -> dict[str, Any]:
    engine, drained, sustained = turns.engine, turns.drained, highest_sustained(turns.tried)
    return {
        "engine_per_s": [round(each.rate, 1) for each in engine],
        "engine_cpu_us": [round(each.cpu_us, 1) for each in engine],
        "engine_mean_rows": round(engine[0].mean_rows, 1),
        "engine_padding": round(engine[0].padding, 3),
        "drain_per_s": [round(each.rate, 1) for each in drained],
        "drain_cpu_us": [round(each.cpu_us, 1) for each in drained],
        "steps": [
            {"rate": round(v.rate, 1), "sustained": v.sustained, "lag_growth_per_s": round(v.lag_growth, 2)}
            for v in turns.tried
        ],
        "sustained_per_s": round(sustained, 1),
        "shares_of_engine": [round(each, 3) for each in turns.shares],
        "share_of_engine": round(turns.share, 3),
        "sustained_share_of_engine": round(sustained / turns.bare_rate, 3),
        "target_share": ENGINE_SHARE,
        "target_met": turns.share >= ENGINE_SHARE,
    }
