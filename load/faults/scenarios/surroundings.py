"""Clocks that are wrong, a folder of state that is none, and a long time."""

from __future__ import annotations

import asyncio
import shutil
import time

from load.faults.faulty_worker import command
from load.faults.scenario import SURVIVES, Scenario, Size, below, equal
from load.faults.world import World
from load.kafka.admin import set_topic

_YEAR_MS = 31_536_000_000
_SOON_MS = 50 * 60 * 1000  # a broker refuses what is an hour ahead

_TOGETHER = 300


def _odd_time_ms(number: int) -> int:
    """Zero, some years ago, soon, and now, some seconds of each: less of it would be late for too short a time."""
    now = int(time.time() * 1000)
    return (0, now - 5 * _YEAR_MS, now + _SOON_MS, now)[number // _TOGETHER % 4]


async def _stamp_oddly(world: World) -> None:
    for kind in ("posts", "symptoms"):
        await set_topic(world.bootstrap, world.topic(kind), retention_ms=-1)  # or the broker deletes what is old
    world.sender.timestamp_ms = _odd_time_ms
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        pass


async def _turn_back(world: World) -> None:
    await world.fleet.start(world.scenario.workers, *command("clock-back"))
    async with world.load():
        pass


async def _have_no_folder(world: World) -> None:
    """From the start on: where the folder should be stands a file."""
    (world.folder / "data").write_text("not a folder")
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        pass
    _count_silent(world)


async def _take_the_folder(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(world.size.seconds)
        shutil.rmtree(world.folder / "data", ignore_errors=True)
        (world.folder / "data").write_text("not a folder")
        world.diary.note("the folder of state is gone")
        await asyncio.sleep(world.size.seconds)
        for worker in world.fleet.running[:1]:  # its partitions change hands, and what is remembered with them
            await world.fleet.stop(worker)
    _count_silent(world)


def _count_silent(world: World) -> None:
    """Workers whose log says nothing about the folder."""
    logs = [worker.log.read_text("utf-8", "replace") for worker in world.fleet.workers]
    world.diary.facts["silent"] = sum(str(world.folder / "data") not in log for log in logs)


async def _go_on(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(world.size.seconds)


SCENARIOS = (
    Scenario(
        "odd-time-stamps",
        "Producers' time stamps are zero, years old, or ahead.",
        _stamp_oddly,
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES, equal("degraded", 0, "no wrong degradation")),
        workers=2,
        settings={"degrade_after_s": 30},
    ),
    Scenario(
        "clock-back",
        "The workers' clock is an hour behind that of the producers.",
        _turn_back,
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES, equal("degraded", 0, "no wrong degradation")),
        workers=2,
        settings={"degrade_after_s": 30},
    ),
    Scenario(
        "no-state-folder",
        "Where the folder of state should be nothing can be written.",
        _have_no_folder,
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES, equal("silent", 0, "each worker says so")),
        workers=2,
    ),
    Scenario(
        "state-folder-gone",
        "The folder of state is taken away while it is used.",
        _take_the_folder,
        short=Size(records=1_500, rate=100, seconds=8),
        full=Size(records=20_000, rate=150, seconds=60),
        claims=(SURVIVES, below("silent", 2, "the worker that has something to save says so")),
        workers=2,
    ),
    Scenario(
        "soak",
        "A steady load for a long time.",
        _go_on,
        short=Size(records=1_000, rate=100, seconds=600),
        full=Size(records=1_000, rate=150, seconds=3_600),
        claims=(
            SURVIVES,
            below("slope_mb_per_minute", 2, "memory grows by less than 2 MB a minute"),
            below("most_lag", 2_000, "lag bounded"),
            equal("repeats", 0, "redelivered 0"),
        ),
        workers=2,
    ),
)
