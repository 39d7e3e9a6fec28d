"""The network between workers and brokers is cut, slow or lossy."""

from __future__ import annotations

import asyncio

from load.faults.network import Way
from load.faults.scenario import SURVIVES, Scenario, Size
from load.faults.world import World

_BETWEEN_S = 6.0


async def _cut(world: World) -> None:
    """Both ways, then only on the way there, then only on the way back."""
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        for ways in ((), (Way.OUT,), (Way.BACK,))[: world.size.times]:
            await asyncio.sleep(_BETWEEN_S)
            world.network.cut(*ways)
            world.diary.note("cut " + (ways[0].value if ways else "both ways"))
            await asyncio.sleep(world.size.seconds)
            world.network.heal()
            world.diary.note("healed")
        await asyncio.sleep(_BETWEEN_S)


async def _delay(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_BETWEEN_S)
        world.network.delay_s = 0.2
        world.diary.note("200 ms later, each way")
        await asyncio.sleep(world.size.seconds)
        world.network.heal()
        world.diary.note("healed")


async def _lose(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_BETWEEN_S)
        world.network.loss = 0.05
        world.diary.note("5 % loss")
        await asyncio.sleep(world.size.seconds)
        world.network.heal()
        world.diary.note("healed")


SCENARIOS = (
    Scenario(
        "network-cut",
        "Nothing passes between workers and broker: both ways, one way, the other way.",
        _cut,
        short=Size(records=3_000, rate=60, times=3, seconds=20),
        full=Size(records=10_000, rate=100, times=3, seconds=60),
        claims=(SURVIVES,),
        workers=2,
        proxied=True,
    ),
    Scenario(
        "network-delay",
        "Everything takes 200 ms longer, each way.",
        _delay,
        short=Size(records=1_500, rate=60, seconds=20),
        full=Size(records=10_000, rate=100, seconds=120),
        claims=(SURVIVES,),
        workers=2,
        proxied=True,
    ),
    Scenario(
        "network-loss",
        "One chunk in twenty is lost and comes late, with all behind it.",
        _lose,
        short=Size(records=1_500, rate=60, seconds=20),
        full=Size(records=10_000, rate=100, seconds=120),
        claims=(SURVIVES,),
        workers=2,
        proxied=True,
    ),
)
