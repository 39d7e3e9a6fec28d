"""Plays a scenario and judges what it left behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

from load.faults.checker import check
from load.faults.diary import Diary
from load.faults.history import RunHistory
from load.faults.measuring import measure
from load.faults.network import Network
from load.faults.observing import read_everything
from load.faults.scenario import Account, Scenario, Size
from load.faults.world import Ground, World
from load.kafka.cluster import LocalKafka
from models.errors import TidegateError


@dataclass(frozen=True, slots=True)
class Result:
    """One played scenario. `missed`: the claims that do not hold, in words."""

    scenario: Scenario
    size: Size
    seed: int
    took_s: float
    account: Account
    missed: tuple[str, ...]
    history: RunHistory
    diary: Diary

    @property
    def passed(self) -> bool:
        return not self.missed


async def play(
    scenario: Scenario,
    size: Size,
    seed: int,
    *,
    artifact: Path,
    ground: Ground | None = None,
    show: Callable[[Diary], None] = lambda _: None,
) -> Result:
    """Plays it on `ground`, or on brokers of its own. What ends it before its time is a claim that does not hold.

    Args:
        show: called once a second, for people who wait.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidegate-faults-") as folder:
        async with _standing_on(scenario, seed, ground) as here:
            world = World(scenario, size, seed, ground=here, artifact=artifact, folder=Path(folder))
            try:
                failures = await _play_in(world, show)
                history = await _read(world, failures)
            finally:
                world.fleet.close()
    account = Account(check(history), _facts(history, world))
    missed = tuple(claim.says for claim in scenario.pass_line if not claim.holds(account))
    took_s = time.monotonic() - began
    return Result(scenario, size, seed, took_s, account, (*missed, *failures), history, world.diary)


def unplayed(scenario: Scenario, size: Size, seed: int, error: Exception) -> Result:
    """Of a scenario of which nothing is known, as its brokers did not start or could not be read."""
    history = RunHistory(frozenset(), [], [])
    missed = (f"could not be played: {type(error).__name__}: {error}",)
    return Result(scenario, size, seed, 0.0, Account(check(history), {}), missed, history, Diary())


async def _play_in(world: World, show: Callable[[Diary], None]) -> list[str]:
    """What ended it before its time."""
    await world.create_topics()
    failures: list[str] = []
    async with world.watched(show):
        try:
            await world.scenario.play(world)
            await world.settle()
        except (TidegateError, KafkaError, OSError) as error:
            failures.append(f"could not be played to its end: {error}")
    world.diary.note("over")
    world.fleet.tell_ended_unasked()
    await world.fleet.stop_all()
    return failures


async def _read(world: World, failures: list[str]) -> RunHistory:
    """Topics that cannot be read have vanished, with all that was acknowledged: one more of `failures`."""
    try:
        inputs, outcomes = await read_everything(world.bootstrap, world.prefix)
    except (KafkaError, OSError) as error:  # a timeout is an OSError
        failures.append(f"its topics cannot be read when it is over: {error}")
        acknowledged = frozenset(world.sender.acknowledged)
        return RunHistory(acknowledged, [], [], len(acknowledged))
    last = await world.look()
    left = len(inputs) if last is None else last.lag
    return RunHistory(frozenset(world.sender.acknowledged), inputs, outcomes, left)


def _facts(history: RunHistory, world: World) -> Mapping[str, float]:
    sender = world.sender
    return {
        "sent": sender.sent,
        "unacknowledged": sender.refused,
        **measure(history, world.diary),
        **world.diary.facts,
    }


@asynccontextmanager
async def _standing_on(scenario: Scenario, seed: int, ground: Ground | None) -> AsyncIterator[Ground]:
    if ground is not None:
        yield ground
        return
    with ExitStack() as stack:
        brokers = stack.enter_context(LocalKafka(scenario.brokers, behind_proxies=scenario.proxied))
        if not scenario.proxied:
            yield Ground(brokers.bootstrap, brokers)
            return
        network = Network(seed)
        await network.open(brokers.links)
        try:
            yield Ground(brokers.bootstrap, brokers, network)
        finally:
            await network.close()
