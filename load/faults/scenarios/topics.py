"""Topics change under the workers: one is away, one has too few partitions, one is given more."""

from __future__ import annotations

import asyncio
import time

import orjson

from load.faults.history import BAD
from load.faults.scenario import SURVIVES, Scenario, Size, below, equal
from load.faults.world import World
from load.kafka.admin import add_partitions, committed, delete_topic, set_topic
from load.texts import Payload, Writer

_MORE = 4
_LABEL_BYTES = 4_000
_LOOK_EVERY_S = 0.2
_PATIENCE_S = 120.0


async def _delete_output(world: World) -> None:
    """Before a record comes, so that no outcome goes with the topic; its deletion is what the producer meets."""
    await world.fleet.start(world.scenario.workers)
    await delete_topic(world.bootstrap, world.topic("labels"))
    world.diary.note("the topic of verdicts is deleted")
    async with world.load():
        await asyncio.sleep(world.size.seconds)
        world.diary.facts["released_early"] = sum(await _committed(world, "posts"))
        before = await world.look()
        await world.create_topics()
        world.diary.note("it is made again")
    after = await world.look()
    if before is not None and after is not None:
        world.diary.facts["growth_mb"] = after.resident_mb - before.resident_mb


class LongKeyWriter(Writer):
    """Its bad posts are good ones, with a key that makes their verdicts larger than the topic takes."""

    def bad(self, number: int) -> Payload:
        body = {"id": str(number), "text": self.text(number)}
        return Payload("posts", BAD + str(number).encode() + b"-" * _LABEL_BYTES, orjson.dumps(body))


async def _have_a_small_output(world: World) -> None:
    """Most batches of verdicts are too large as well, and are sent in parts."""
    await set_topic(world.bootstrap, world.topic("labels"), max_message_bytes=_LABEL_BYTES)
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        pass


async def _committed(world: World, kind: str, first: int = 0) -> list[int]:
    """Offsets of the partitions from `first` on."""
    offsets = await committed(world.bootstrap, world.prefix, [world.topic(kind)])
    return [offset for (_, partition), offset in offsets.items() if partition >= first]


async def _have_too_many_workers(world: World) -> None:
    """Those without a partition are idle, and take over when others end: in the end one has both."""
    workers = await world.fleet.start(world.scenario.workers)
    async with world.load():
        for worker in workers[: world.size.times]:
            await asyncio.sleep(world.size.seconds)
            await world.fleet.stop(worker)
        await asyncio.sleep(world.size.seconds)


async def _add_partitions(world: World) -> None:
    first_new = world.scenario.partitions
    await world.fleet.start(world.scenario.workers)
    async with world.load():
        await asyncio.sleep(world.size.seconds)
        for kind in ("posts", "symptoms"):
            await add_partitions(world.bootstrap, world.topic(kind), first_new + _MORE)
        world.diary.note(f"{_MORE} partitions more")
        world.diary.facts["read_after_s"] = await _until_committed(world, first_new)


async def _until_committed(world: World, first: int) -> float:
    """Seconds until something of each of the new partitions was committed; `_PATIENCE_S` at the most."""
    began = time.monotonic()
    while (waited_s := time.monotonic() - began) < _PATIENCE_S:
        if len(await _committed(world, "posts", first)) == _MORE:
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    return waited_s


SCENARIOS = (
    Scenario(
        "output-deleted",
        "The topic of verdicts is deleted while posts come, and made again.",
        _delete_output,
        short=Size(records=1_500, rate=60, seconds=45),
        full=Size(records=10_000, rate=100, seconds=200),
        claims=(
            SURVIVES,
            equal("released_early", 0, "no offset of a post is released meanwhile"),
            below("growth_mb", 100, "memory bounded"),
        ),
        workers=2,
    ),
    Scenario(
        "output-too-small",
        "The topic of verdicts takes no large ones: only their records become dead letters.",
        _have_a_small_output,
        short=Size(records=1_500, rate=100),
        full=Size(records=20_000, rate=150),
        claims=(SURVIVES, equal("repeats", 0, "redelivered 0")),
        workers=2,
        bad_share=0.02,
        writer=LongKeyWriter,
        settings={"dead_letter_max_consecutive": 0, "dead_letter_max_ratio": 0},
    ),
    Scenario(
        "too-many-workers",
        "Four workers for two partitions: of posts, live and backfill.",
        _have_too_many_workers,
        short=Size(records=1_500, rate=60, times=3, seconds=4),
        full=Size(records=10_000, rate=100, times=3, seconds=20),
        claims=(SURVIVES, equal("bad_exits", 0, "each exits with 0")),
        workers=4,
        partitions=1,
        symptoms_share=0.0,
        settings={"tasks": "posts"},
    ),
    Scenario(
        "partitions-added",
        "The input topics are given more partitions while they are read.",
        _add_partitions,
        short=Size(records=1_500, rate=60, seconds=4),
        full=Size(records=10_000, rate=100, seconds=30),
        claims=(SURVIVES, below("read_after_s", 60, "the new ones are read within a minute")),
        workers=2,
        partitions=3,
    ),
)
