"""Records that can only become dead letters: some, and nothing else."""

from __future__ import annotations

import asyncio

from load.faults.history import BAD
from load.faults.scenario import SURVIVES, Scenario, Size, below, equal
from load.faults.world import World
from load.kafka.admin import ends
from load.texts import Payload, Writer

_LIMIT = 100


class BrokenWriter(Writer):
    """Its bad posts are no records: what people write does not count towards the limit."""

    def bad(self, number: int) -> Payload:
        return Payload("posts", BAD + str(number).encode(), b"{")


async def _some(world: World) -> None:
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        pass


async def _nothing_else(world: World) -> None:
    """The limit stops the worker; then the operator lets the poison pass."""
    (worker,) = await world.fleet.start(1, dead_letter_max_consecutive=_LIMIT)
    async with world.load():
        status = await asyncio.to_thread(worker.wait_exit, 60)
    world.diary.note(f"{worker.name} stopped ({status})")
    world.diary.facts["stopped_with"] = status
    written = await ends(world.bootstrap, [world.topic("dead-letters")])
    world.diary.facts["letters_at_the_stop"] = sum(written.values())
    await world.fleet.start(1)


_NO_LIMIT = {"dead_letter_max_consecutive": 0, "dead_letter_max_ratio": 0}

SCENARIOS = (
    Scenario(
        "poison-1-percent",
        "One record in a hundred can only become a dead letter.",
        _some,
        short=Size(records=3_000, rate=150),
        full=Size(records=50_000, rate=200),
        claims=(SURVIVES, equal("repeats", 0, "redelivered 0")),
        workers=2,
        bad_share=0.01,
        settings=_NO_LIMIT,
    ),
    Scenario(
        "poison-100-percent",
        "Nothing but poison: the limit stops the worker; without it every record becomes a dead letter.",
        _nothing_else,
        short=Size(records=1_000, rate=100),
        full=Size(records=10_000, rate=200),
        claims=(
            equal("stopped_with", 1, "the limit stops the worker"),
            below("letters_at_the_stop", _LIMIT + 1, f"after {_LIMIT} dead letters at the most"),
        ),
        workers=1,
        partitions=1,
        bad_share=1.0,
        writer=BrokenWriter,
        settings=_NO_LIMIT,
    ),
)
