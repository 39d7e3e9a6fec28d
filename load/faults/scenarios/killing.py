"""Workers come, go and die under load."""

from __future__ import annotations

import asyncio

from load.faults.scenario import SURVIVES, Scenario, Size, below, equal
from load.faults.world import World

_BETWEEN_S = 8.0
_TAKEN_OVER = below("recovery_s", 15, "each recovery under 15 s")


async def _kill(world: World) -> None:
    """One after the other, each time another of them, and as an orchestrator does it a new one takes the place."""
    size, fleet = world.size, world.fleet
    await fleet.start(world.scenario.workers)
    async with world.load(), fleet.kept():
        for _ in range(size.times):
            await asyncio.sleep(size.seconds)
            fleet.kill(world.rng.choice(fleet.running))
        await asyncio.sleep(size.seconds)


async def _freeze(world: World) -> None:
    """One after the other stands still until others have its partitions, and then goes on with what it held."""
    size, fleet = world.size, world.fleet
    await fleet.start(world.scenario.workers)
    async with world.load():
        for _ in range(size.times):
            await asyncio.sleep(_BETWEEN_S)
            worker = world.rng.choice(fleet.running)
            fleet.freeze(worker)
            await asyncio.sleep(size.seconds)
            fleet.thaw(worker)
        await asyncio.sleep(_BETWEEN_S)


async def _join_and_leave(world: World) -> None:
    fleet = world.fleet
    await fleet.start(2)
    async with world.load():
        for _ in range(world.size.times):
            (joined,) = await fleet.start(1)
            world.diary.note(f"{joined.name} joined")
            await asyncio.sleep(world.size.seconds)
            await fleet.stop(joined)
            await asyncio.sleep(world.size.seconds)


async def _deploy(world: World) -> None:
    """One at a time is stopped and replaced."""
    fleet = world.fleet
    await fleet.start(world.scenario.workers)
    async with world.load():
        for worker in fleet.running:
            await asyncio.sleep(world.size.seconds)
            await fleet.stop(worker)
            await fleet.replace(worker)
        await asyncio.sleep(world.size.seconds)


async def _terminate(world: World) -> None:
    """All but the last are told to end while they are busy; a new one does the rest."""
    fleet = world.fleet
    for _ in range(world.size.times):
        (worker,) = await fleet.start(1)
        async with world.load():
            await asyncio.sleep(world.size.seconds)
            await fleet.stop(worker)
    await fleet.start(1)


SCENARIOS = (
    Scenario(
        "kill-9",
        "Workers are killed one after the other under load, and replaced.",
        _kill,
        short=Size(records=6_000, rate=150, times=2, seconds=15),
        full=Size(records=200_000, rate=250, times=20, seconds=38),
        claims=(_TAKEN_OVER, equal("ended_unasked", 0, "no other worker ends")),
    ),
    Scenario(
        "worker-frozen",
        "A worker stands still (SIGSTOP) until others have its partitions, and goes on.",
        _freeze,
        short=Size(records=1_500, rate=60, times=1, seconds=20),
        full=Size(records=20_000, rate=100, times=4, seconds=40),
        claims=(_TAKEN_OVER, SURVIVES),
    ),
    Scenario(
        "join-leave",
        "A third worker joins and leaves, again and again.",
        _join_and_leave,
        short=Size(records=3_000, rate=150, times=3, seconds=3),
        full=Size(records=20_000, rate=150, times=18, seconds=5),
        claims=(below("redelivered", 0.01, "redelivered under 1 %"), SURVIVES),
    ),
    Scenario(
        "rolling-restart",
        "Three workers are stopped and replaced one after the other, as a deploy does it.",
        _deploy,
        short=Size(records=2_000, rate=80, seconds=3),
        full=Size(records=20_000, rate=100, seconds=20),
        claims=(
            below("redelivered", 0.001, "redelivered under 0.1 %"),
            below("p99_s", 2, "p99 under 2 s"),
            equal("bad_exits", 0, "each exits with 0"),
        ),
    ),
    Scenario(
        "sigterm",
        "The only worker is told to end in full flow.",
        _terminate,
        short=Size(records=1_000, rate=150, times=2, seconds=3),
        full=Size(records=4_000, rate=150, times=5, seconds=10),
        claims=(
            below("exit_s", 5, "exits within 5 s"),
            equal("repeats", 0, "redelivered 0"),
            equal("bad_exits", 0, "exits with 0"),
        ),
        workers=1,
    ),
)
