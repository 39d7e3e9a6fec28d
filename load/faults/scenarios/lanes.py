"""A backfill beside the live load."""

from __future__ import annotations

import asyncio
import time

from load.faults.scenario import SURVIVES, Account, Claim, Scenario, Size
from load.faults.world import World
from streams.client.backfill import Stretch, backfill
from streams.client.done_offsets import DoneOffsets
from streams.settings import Settings

_WARM_S = 5.0
_RATE = 200.0
"""Records of the backfill a second. With 500 two cores have no time to spare, and live records wait for a processor."""


async def _judge_again(world: World) -> None:
    """Everything that has come so far, again and again; the same live load was alone for as long before."""
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(_WARM_S)
        with world.diary.stretch("alone"):
            await asyncio.sleep(world.size.seconds)
        world.diary.note("a backfill begins")
        with world.diary.stretch("beside"):
            await _send_for(world, world.size.seconds)
        world.diary.note("no more of it is sent")


async def _send_for(world: World, seconds: float) -> None:
    settings = Settings(brokers=world.bootstrap, topic_prefix=world.prefix)
    stretch = Stretch(world.topic("posts"), "posts", since=0)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        nothing_done = DoneOffsets(world.folder / "backfilled.json", stretch.topic)
        result = await backfill(settings, stretch, _RATE, nothing_done)
        world.diary.add("backfilled", result.sent)


def _at_most_doubles(account: Account) -> bool:
    alone, beside = (account.facts.get(f"p99_{name}_s") for name in ("alone", "beside"))
    return alone is not None and beside is not None and beside <= 2 * alone


SCENARIOS = (
    Scenario(
        "backfill",
        "All that has come so far is judged again and again, behind the live load.",
        _judge_again,
        short=Size(records=1_500, rate=60, seconds=20),
        full=Size(records=10_000, rate=60, seconds=120),
        claims=(SURVIVES, Claim("the p99 of live records at most doubles", _at_most_doubles)),
        workers=2,
        settings={"cache_size": 0},  # or what is judged again would not come to the engine
    ),
)
