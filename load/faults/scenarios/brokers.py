"""Brokers go away, stand still, or are lost."""

from __future__ import annotations

import asyncio
import time

from load.faults.scenario import SURVIVES, Scenario, Size, equal
from load.faults.world import World

_AROUND_S = 4.0
"""Of load before and after."""
_ALL_TAKEN = equal("unacknowledged", 0, "every record is acknowledged")
"""Or there would be nothing to catch up with."""


async def _start_again(world: World, *nodes: int) -> None:
    world.brokers.launch(*nodes)
    await asyncio.to_thread(world.brokers.await_listening, *nodes)
    world.diary.note(f"broker {nodes[0]} is back")


async def _restart(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_AROUND_S)
        world.diary.note("broker 1 stops")
        back_at = time.monotonic() + world.size.seconds
        await asyncio.to_thread(world.brokers.stop, 1)
        await asyncio.sleep(back_at - time.monotonic())
        await _start_again(world, 1)
        await asyncio.sleep(_AROUND_S)


async def _freeze(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_AROUND_S)
        world.brokers.freeze(1)
        world.diary.note("broker 1 stands still")
        await asyncio.sleep(world.size.seconds)
        world.brokers.thaw(1)
        world.diary.note("broker 1 goes on")
        await asyncio.sleep(_AROUND_S)


async def _fail_over(world: World) -> None:
    """Each broker leads a third of the partitions; one after the other is killed and comes back."""
    await world.fleet.start(world.scenario.workers)
    nodes = [node.id for node in world.brokers.nodes]
    async with world.load():
        for turn in range(world.size.times):
            await asyncio.sleep(_AROUND_S)
            node = nodes[turn % len(nodes)]
            world.diary.note(f"kill -9 broker {node}")
            world.brokers.kill(node)
            await asyncio.sleep(world.size.seconds)
            await _start_again(world, node)
        await asyncio.sleep(_AROUND_S)


async def _lose(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_AROUND_S)
        node = world.rng.choice(world.brokers.nodes).id
        world.diary.note(f"broker {node} is lost for good")
        world.brokers.kill(node)
        await asyncio.sleep(world.size.seconds)


SCENARIOS = (
    Scenario(
        "broker-restart",
        "The only broker stops, stays away, and comes back with its data.",
        _restart,
        short=Size(records=1_500, rate=100, seconds=40),
        full=Size(records=10_000, rate=100, seconds=240),
        claims=(SURVIVES, _ALL_TAKEN),
        workers=2,
    ),
    Scenario(
        "broker-frozen",
        "The only broker stands still (SIGSTOP); its connections stay open.",
        _freeze,
        short=Size(records=1_500, rate=100, seconds=35),
        full=Size(records=10_000, rate=100, seconds=120),
        claims=(SURVIVES, _ALL_TAKEN),
        workers=2,
    ),
    Scenario(
        "leader-fail-over",
        "Of three brokers one after the other is killed and comes back.",
        _fail_over,
        short=Size(records=2_000, rate=60, times=1, seconds=15),
        full=Size(records=20_000, rate=100, times=6, seconds=30),
        claims=(SURVIVES, _ALL_TAKEN),
        brokers=3,
        workers=2,
    ),
    Scenario(
        "broker-lost",
        "Of three brokers one is killed and never comes back; the producer asks for acks=all.",
        _lose,
        short=Size(records=2_000, rate=60, seconds=20),
        full=Size(records=20_000, rate=100, seconds=120),
        claims=(SURVIVES, _ALL_TAKEN),
        brokers=3,
        workers=2,
    ),
)
