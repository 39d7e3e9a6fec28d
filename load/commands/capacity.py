"""`capacity`: the service beside the bare engine, on the same texts, in turns."""

import asyncio
from pathlib import Path

import numpy as np

from load.capacity import Drained, Verdict, engine_shares, highest_sustained, search, summarise_drain
from load.engine_rate import EngineRate, measure_engine
from load.environment import describe_environment
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Sessions, Setup, sessions
from load.stepping import drain, hold
from streams.settings import Settings

ENGINE_SHARE = 0.85
"""The target: what queues, broker and policy may cost is the rest."""


async def capacity(
    setup: Setup, scenario: str, records: int, seconds: float, rounds: int, seed: int, reports: Path, command: str
) -> Report:
    report = Report(f"Capacity: {scenario}", command, describe_environment(setup))
    async with sessions(setup) as opened:
        engine = [await _bare_engine(setup, scenario, records, seed)]
        drained: list[Drained] = []
        for _ in range(rounds):
            drained.append(await _drained(opened, scenario, records, seed))
            engine.append(await _bare_engine(setup, scenario, records, seed))
        estimate = float(np.median([each.rate for each in drained]))
        tried = await _steps(opened, scenario, estimate, seconds, seed)
    _report_capacity(report, setup, engine, drained, tried)
    report.write(new_folder(reports, f"capacity-{scenario}"))
    return report


async def _bare_engine(setup: Setup, scenario: str, records: int, seed: int) -> EngineRate:
    payloads = list(SCENARIOS[scenario].payloads(records, seed))
    settings = Settings.load(artifact=setup.artifact, device=setup.device, threads=setup.threads, **setup.extra)
    return await asyncio.to_thread(measure_engine, settings, payloads)


async def _drained(opened: Sessions, scenario: str, records: int, seed: int) -> Drained:
    async with opened.open() as session:
        return summarise_drain(await drain(session, scenario, records, seed))


async def _steps(opened: Sessions, scenario: str, estimate: float, seconds: float, seed: int) -> list[Verdict]:
    async with opened.open() as session:
        session.start_workers()
        seeds = iter(range(seed + 1, seed + 100))  # other texts each time: the workers remember
        return await search(estimate, lambda rate: hold(session, scenario, rate, seconds, next(seeds)))


def _report_capacity(
    report: Report, setup: Setup, engine: list[EngineRate], drained: list[Drained], tried: list[Verdict]
) -> None:
    all_workers = [each.rate * setup.workers for each in engine]
    shares = engine_shares(all_workers, [each.rate for each in drained])
    share, bare = float(np.median(shares)), float(np.median(all_workers))
    rate, sustained = float(np.median([each.rate for each in drained])), highest_sustained(tried)
    report.data |= {
        "engine_per_s": [round(each.rate, 1) for each in engine],
        "engine_cpu_us": [round(each.cpu_us, 1) for each in engine],
        "engine_mean_rows": round(engine[0].mean_rows, 1),
        "engine_padding": round(engine[0].padding, 3),
        "drain_per_s": [round(each.rate, 1) for each in drained],
        "drain_cpu_us": [round(each.cpu_us, 1) for each in drained],
        "steps": [
            {"rate": round(v.rate, 1), "sustained": v.sustained, "lag_growth_per_s": round(v.lag_growth, 2)}
            for v in tried
        ],
        "sustained_per_s": round(sustained, 1),
        "shares_of_engine": [round(each, 3) for each in shares],
        "share_of_engine": round(share, 3),
        "sustained_share_of_engine": round(sustained / bare, 3),
        "target_share": ENGINE_SHARE,
        "target_met": share >= ENGINE_SHARE,
    }
    cpu_us = float(np.median([each.cpu_us for each in engine])), float(np.median([each.cpu_us for each in drained]))
    report.table(
        ["median", "records a second", "share of the bare engine", "processor time a record (us)"],
        [
            (f"bare engine x {setup.workers}", bare, 1.0, cpu_us[0]),
            ("end to end, draining a backlog", rate, share, cpu_us[1]),
            ("end to end, highest open-loop rate held", sustained, sustained / bare, ""),
        ],
    )
    report.say(
        "The bare engine runs the same texts with the same tokenizer, batches and threads, before and after each "
        f"drain: {', '.join(f'{each:,.1f}' for each in all_workers)} a second. The drains gave "
        f"{', '.join(f'{each.rate:,.1f}' for each in drained)}, each compared with the engine beside it: "
        f"{', '.join(f'{each:.1%}' for each in shares)}. Target: {ENGINE_SHARE:.0%}, "
        f"{'met' if share >= ENGINE_SHARE else 'missed'} with {share:.1%}."
    )
    report.table(
        ["tried rate", "lag grows by (records/s)", "lag at the end", ""],
        [(v.rate, v.lag_growth, v.last_lag, "held" if v.sustained else "fell behind") for v in tried],
    )
