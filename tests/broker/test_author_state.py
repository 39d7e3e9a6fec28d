"""What is known of authors moves with a partition, to whichever host; and the workers of a group share a quota."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas import Strike
from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import post
from tests.support.traffic import Draft, Output

pytestmark = pytest.mark.timeout(240)

NAMES = ("jane.roe", "wilhelmina")


def shared(bench: Bench, policy: Path, host: str) -> dict[str, Any]:
    """Settings of a worker on a host of its own."""
    key = bench.folder / "author.key"
    key.write_bytes(b"a secret of all the workers of a group\n")
    return {"author_state": "topic", "author_key_file": key, "policy": policy, "data_dir": bench.folder / host}


def offences(bench: Bench, *numbers: int, partitions: int = 1) -> list[Draft]:
    """Posts of one author in each partition; all are acted on."""
    topic = bench.topic("posts")
    return [
        Draft(topic, post(f"o{n}-{where}", f"number {n} of them in {where}", author=name), name.encode(), (), where)
        for n in numbers
        for where, name in enumerate(NAMES[:partitions])
    ]


async def alerts(bench: Bench, count: int) -> list[tuple[str, int]]:
    found = await bench.read(["alerts"], until=lambda outputs: len(outputs) >= count)
    return sorted((each.body["subject"], each.body["count"]) for each in found)


async def test_a_worker_on_another_host_goes_on_where_a_killed_one_was(bench: Bench) -> None:
    await bench.create_topics()
    policy = write_policy(bench.folder, action="limit", offender_posts=3)
    first = await bench.start_worker(**shared(bench, policy, "one"))
    places = await bench.send(offences(bench, 1, 2))
    await bench.answers(places)
    first.kill()

    await bench.start_worker(**shared(bench, policy, "another"))
    await bench.answers(await bench.send(offences(bench, 3)))

    assert await alerts(bench, 1) == [("jane.roe", 3)]
    written = await bench.read(["authors"])
    assert len({each.key for each in written}) == 3
    assert [Strike.model_validate_json(each.value or b"").count for each in written][-1] == 3
    everything = b"".join((each.key or b"") + (each.value or b"") for each in written)
    assert not any(name.encode() in everything for name in NAMES)


async def test_strikes_that_are_over_are_taken_back(bench: Bench) -> None:
    await bench.create_topics()
    policy = write_policy(bench.folder, action="limit", offender_posts=3, offender_window_s=3)
    await bench.start_worker(**shared(bench, policy, "one"))
    await bench.answers(await bench.send(offences(bench, 1, 2)))
    await asyncio.sleep(4)
    later = Draft(bench.topic("posts"), post("later", "of somebody else", author="other"), b"other")
    await bench.answers(await bench.send([later]))

    def last(outputs: list[Output]) -> dict[bytes | None, bytes | None]:
        return {each.key: each.value for each in outputs}

    written = await bench.read(["authors"], until=lambda outputs: len(outputs) >= 5)
    assert sorted(value is None for value in last(written).values()) == [False, True, True]


@pytest.mark.real_broker("it has no consumer groups of more than one member")
async def test_of_two_workers_one_is_killed_and_the_other_knows_its_authors(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    policy = write_policy(bench.folder, action="limit", offender_posts=3)
    first = bench.begin_worker(**shared(bench, policy, "one"))
    second = bench.begin_worker(**shared(bench, policy, "two"))
    await asyncio.gather(asyncio.to_thread(first.wait_ready), asyncio.to_thread(second.wait_ready))
    await bench.wait_members(2)
    places = await bench.send(offences(bench, 1, 2, partitions=2))
    (await bench.answers(places)).assert_exactly_once()
    await bench.wait_committed(places)

    second.kill()
    places += await bench.send(offences(bench, 3, partitions=2))
    (await bench.answers(places)).assert_exactly_once()
    assert await alerts(bench, 2) == [("jane.roe", 3), ("wilhelmina", 3)], "one of them was the killed one's"
    assert first.process.poll() is None
    third = await bench.start_worker(**shared(bench, policy, "three"))
    await bench.wait_members(2)
    assert await asyncio.to_thread(first.stop) == 0
    places += await bench.send(offences(bench, 4, 5, 6, partitions=2))
    (await bench.answers(places)).assert_exactly_once()
    assert await alerts(bench, 4) == [(name, count) for name in sorted(NAMES) for count in (3, 6)]
    assert third.process.poll() is None


@pytest.mark.real_broker("it has no consumer groups of more than one member")
async def test_two_workers_share_a_quota(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    policy = write_policy(bench.folder, action="remove", limit=30)
    first, second = bench.begin_worker(policy=policy), bench.begin_worker(policy=policy)
    await asyncio.gather(asyncio.to_thread(first.wait_ready), asyncio.to_thread(second.wait_ready))
    await bench.wait_members(2)

    answers = await bench.answers(await bench.send(offences(bench, *range(50), partitions=2)))

    answers.assert_exactly_once()
    removed = [each.source[1] for each in answers.outputs if each.body["action"] == "remove"]
    assert (removed.count(0), removed.count(1)) == (15, 15)
    assert sum("quota" in each.body["reasons"] for each in answers.outputs) == 70
