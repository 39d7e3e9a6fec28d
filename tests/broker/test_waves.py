"""Waves are counted over all workers of a group, whichever of them judged the posts."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from load.kafka.admin import committed
from schemas import Sighting
from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import post
from tests.support.traffic import Draft, Output

pytestmark = [pytest.mark.timeout(240), pytest.mark.real_broker("it has no consumer groups of more than one member")]

TEXT = "Hello friend, earn money quickly from home with this trusted method, click below and join us today"
BAR = 8


def shared(bench: Bench, host: str) -> dict[str, Any]:
    """Settings of a worker on a host of its own."""
    key: Path = bench.folder / "author.key"
    key.write_bytes(b"a secret of all the workers of a group\n")
    policy = write_policy(bench.folder, wave_authors=BAR)
    return {"shared_waves": "on", "author_key_file": key, "policy": policy, "data_dir": bench.folder / host}


def same_text(bench: Bench, first: int, count: int) -> list[Draft]:
    """From as many authors, one after the other to each of two partitions."""
    topic = bench.topic("posts")
    authors = [f"author-{number}" for number in range(first, first + count)]
    return [
        Draft(topic, post(f"p-{name}", TEXT, author=name), name.encode(), (), i % 2) for i, name in enumerate(authors)
    ]


async def waves(bench: Bench, count: int) -> list[Output]:
    found = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= count)
    return [each for each in found if each.body["kind"] == "spam_wave"]


async def wait_counted(bench: Bench, count: int) -> None:
    """Until all posts are committed, and all that the workers saw of them: nothing of it comes again after a kill."""
    wanted = {bench.topic("posts"): bench.prefix, bench.topic("waves"): f"{bench.prefix}-waves"}
    done: list[int] = []
    for _ in range(150):
        done = [sum((await committed(bench.bootstrap, group, [topic])).values()) for topic, group in wanted.items()]
        if done == [count] * len(wanted):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{done} of {count} were committed and counted")


async def test_a_wave_over_two_workers_raises_one_alert_and_goes_on_with_another_when_both_are_killed(
    bench: Bench,
) -> None:
    await bench.create_topics(partitions=2)
    workers = [bench.begin_worker(**shared(bench, host)) for host in ("one", "two")]
    await asyncio.gather(*(asyncio.to_thread(worker.wait_ready) for worker in workers))
    await bench.wait_members(2)

    places = await bench.send(same_text(bench, 0, BAR))
    (await bench.answers(places)).assert_exactly_once()
    assert Counter(partition for _, partition, _ in places) == {0: BAR // 2, 1: BAR // 2}, "each is below the bar alone"
    assert [each.body["count"] for each in await waves(bench, 1)] == [BAR]

    seen = await bench.read(["waves"], until=lambda outputs: len(outputs) >= BAR)
    assert len(seen) == BAR
    assert len({each.key for each in seen}) == 1
    assert {Sighting.model_validate_json(each.value or b"").kind for each in seen} == {"text"}
    everything = b"".join((each.key or b"") + (each.value or b"") for each in seen)
    assert b"money" not in everything
    assert not any(f'"author-{number}"'.encode() in everything for number in range(BAR))

    await wait_counted(bench, BAR)
    for worker in workers:
        worker.kill()
    await bench.start_worker(**shared(bench, "three"))
    places += await bench.send(same_text(bench, BAR, BAR))
    (await bench.answers(places)).assert_exactly_once()
    found = await waves(bench, 2)
    assert sorted(each.body["count"] for each in found) == [BAR, 2 * BAR], "whoever counts now knows of those before"
    assert len({each.body["id"] for each in found}) == 2
