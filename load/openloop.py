"""`run`: constant or bursty arrivals for a while, then the account."""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from load.generator import Generator, Plan, Sent
from load.measure import Measurement
from load.session import Session
from load.watching import Watcher

LEAD_S = 2.0
"""For the watcher to connect before the first record is due."""
PATIENCE_S = 30.0
"""A run ends when everything was answered, or when for so long nothing was."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished open-loop run."""

    plan: Plan
    warm_up_s: float
    sent: Sent
    measurement: Measurement
    exit_statuses: Sequence[int] = ()
    """Of the workers, where they were stopped."""


async def run_open_loop(
    session: Session, scenario: str, rate: float, seconds: float, *, warm_up_s: float, seed: int
) -> Run:
    """Starts the workers, sends for `warm_up_s` and `seconds`, waits for the answers, stops the workers."""
    session.start_workers()
    run = await send_open_loop(session, scenario, rate, seconds, warm_up_s=warm_up_s, seed=seed)
    return replace(run, exit_statuses=session.stop_workers())


async def send_open_loop(
    session: Session, scenario: str, rate: float, seconds: float, *, warm_up_s: float, seed: int,
    settle_s: float = math.inf,
) -> Run:  # fmt: skip
    """The same to workers that run, and go on running.

    Args:
        settle_s: what was not answered so long after the last record was sent is not waited for.
    """
    plan = Plan(session.bootstrap, session.prefix, session.setup.partitions, scenario, rate, warm_up_s + seconds, seed)
    generator = Generator(plan)
    try:
        await generator.prepare()
        starts_at = time.time() + LEAD_S
        measurement = Measurement(plan.schedule(), starts_at, warm_up_s)
        async with Watcher(session.bootstrap, session.prefix, measurement.add) as watcher:
            generator.begin(starts_at)
            sent = await generator.account(within_s=plan.seconds + 120)
            await settle(session, measurement, watcher, settle_s)
    finally:
        generator.close()
    return Run(plan, warm_up_s, sent, measurement)


async def settle(session: Session, measurement: Measurement, watcher: Watcher, settle_s: float = math.inf) -> None:
    """Waits for what is still to come, as long as anything does, and no longer than `settle_s`."""
    began = time.monotonic()
    while measurement.lost and time.monotonic() - max(began, watcher.last_at) < PATIENCE_S:
        if time.monotonic() - began > settle_s:
            break
        session.check()
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)  # for duplicates
