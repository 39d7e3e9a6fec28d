"""Something breaks inside a worker: the worker is started with the fault put in."""

from __future__ import annotations

import asyncio
from functools import partial

import orjson

from load.faults.faulty_worker import MARK, SLOW_FILE, command
from load.faults.history import BAD
from load.faults.scenario import SURVIVES, Account, Claim, Scenario, Size, below
from load.faults.world import World
from load.texts import Payload, Writer

_NO_LIMIT = {"dead_letter_max_consecutive": 0, "dead_letter_max_ratio": 0}


class MarkedWriter(Writer):
    """Its bad posts are good ones in words that every model knows, on which a faulty worker fails."""

    def bad(self, number: int) -> Payload:
        body = {"id": str(number), "text": f"what a day {MARK} {number}"}
        return Payload("posts", BAD + str(number).encode(), orjson.dumps(body))


async def _fail(fault: str, world: World) -> None:
    """Every worker has the fault."""
    await world.fleet.start(world.scenario.workers, *command(fault))
    async with world.load():
        pass


async def _die(fault: str, world: World) -> None:
    """The first workers have the fault and end; those that take their places do not have it."""
    await world.fleet.start(world.scenario.workers, *command(fault))
    async with world.fleet.kept():
        async with world.load():
            pass
        await world.until(
            lambda: len(world.fleet.ended_unasked) == world.scenario.workers, 60, "every faulty worker ends"
        )
        world.diary.facts["faulty_ended"] = len(world.fleet.ended_unasked)


async def _overload(world: World) -> None:
    """Ten times what the slow engine can do."""
    flag = world.folder / "data" / SLOW_FILE
    flag.parent.mkdir(parents=True, exist_ok=True)
    flag.touch()
    await world.fleet.start(world.scenario.workers, *command("slow-engine"))
    async with world.load():
        await asyncio.sleep(world.size.seconds / 4)
        before = await world.look()
        await asyncio.sleep(world.size.seconds * 3 / 4)
        after = await world.look()
        flag.unlink()
        world.diary.note("the engine is as fast as before")
    if before is not None and after is not None:
        world.diary.facts["growth_mb"] = after.resident_mb - before.resident_mb


def _dying(name: str, does: str) -> Scenario:
    return Scenario(
        name,
        does,
        partial(_die, name),
        short=Size(records=2_000, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(
            Claim("each such process ends", lambda account: account.facts.get("faulty_ended", 0) == 2),
            below("recovery_s", 60, "its supervisor restarts it"),
        ),
        workers=2,
        settings={"stuck_after_s": 600},  # it has to be noticed at once, not because nothing moves any more
    )


def _degraded(account: Account) -> bool:
    return account.facts["degraded"] > 0


def _raising(name: str, does: str) -> Scenario:
    return Scenario(
        name,
        does,
        partial(_fail, name),
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES,),
        workers=2,
        bad_share=0.02,
        writer=MarkedWriter,
        settings=_NO_LIMIT,
    )


SCENARIOS = (
    _raising("engine-raises", "The engine raises an exception on marked texts; only they become dead letters."),
    _raising("decision-raises", "The decision raises an exception on marked texts; only they become dead letters."),
    _dying("engine-killed", "The engine's thread dies after some batches."),
    _dying("decision-killed", "The thread that decides dies after some records."),
    Scenario(
        "little-memory",
        "The engine has no memory for more than four rows at once; no record becomes a dead letter.",
        partial(_fail, "little-memory"),
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES,),
        workers=2,
    ),
    Scenario(
        "slow-engine",
        "An engine that takes half a second for a batch, under ten times what it can do; then it is fast again.",
        _overload,
        short=Size(records=1_000, rate=300, seconds=40),
        full=Size(records=1_000, rate=300, seconds=300),
        claims=(
            SURVIVES,
            below("growth_mb", 60, "memory flat"),
            Claim("degraded as declared", _degraded),
        ),
        workers=1,
        settings={"degrade_after_s": 5, "max_batch_rows": 16, "cache_size": 0},
    ),
)
