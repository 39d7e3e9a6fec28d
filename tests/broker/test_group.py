"""Several workers in one consumer group."""

import asyncio
from itertools import takewhile

import pytest

from tests.support.bench import Bench
from tests.support.records import posts, symptom_records

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.real_broker("it has no consumer groups of more than one member"),
]


async def test_kill_9_of_one_of_two_workers_under_load_loses_nothing(bench: Bench) -> None:
    await bench.create_topics(partitions=4)
    first, second = bench.begin_worker(), bench.begin_worker()
    first.wait_ready(), second.wait_ready()
    await bench.wait_members(2)
    drafts = posts(bench.topic("posts"), 8_000, partitions=4)
    drafts += symptom_records(bench.topic("symptoms"), 1_000, partitions=4)
    sending = asyncio.create_task(bench.send_steadily(drafts, 1_500))
    await asyncio.sleep(2)

    second.kill()
    places = await sending

    answers = await bench.answers(places)
    answers.assert_at_least_once()
    assert first.process.poll() is None
    await bench.wait_committed(places)


async def test_a_worker_that_joins_and_leaves_under_load_loses_and_repeats_nothing(bench: Bench) -> None:
    """Leaving politely commits first, so not even duplicates come of it."""
    await bench.create_topics(partitions=4)
    await bench.start_worker()
    has_left = asyncio.Event()
    drafts = takewhile(lambda _: not has_left.is_set(), posts(bench.topic("posts"), 40_000, partitions=4))
    sending = asyncio.create_task(bench.send_steadily(drafts, 300))
    await asyncio.sleep(1)
    second = await bench.start_worker()
    await bench.wait_members(2)
    more = await bench.send(posts(bench.topic("posts"), 4_000, partitions=4, name="more"))  # both have all they may

    assert await asyncio.to_thread(second.stop) == 0

    assert not sending.done(), "it left after the load"
    has_left.set()
    places = [*await sending, *more]
    answers = await bench.answers(places)
    answers.assert_at_least_once()
    assert len(answers.repeated) < len(places) / 20
    await bench.wait_committed(places)
