"""A topic is given more partitions while it is read: nobody has to be restarted, and nothing on them is passed over."""

import asyncio
import time

import pytest

from load.kafka.admin import add_partitions
from schemas import Reason
from streams.client import Client
from streams.client.messages import Letter
from streams.client.subscription import Subscription
from streams.pipeline.failures import Failure, dead_letter
from streams.record import RawRecord
from streams.settings import Settings
from tests.support.bench import Bench
from tests.support.records import posts
from tests.support.traffic import Draft

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.real_broker("it cannot add partitions"),
]

LOOK_UP_S = 5.0


async def test_a_worker_reads_new_partitions_from_their_beginning(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    worker = await bench.start_worker(metadata_max_age_s=LOOK_UP_S)
    topic = bench.topic("posts")
    before = await bench.send(posts(topic, 40, partitions=2, name="before"))
    await bench.answers(before)

    await add_partitions(bench.bootstrap, topic, 4)
    added_at = time.monotonic()
    after = await bench.send(posts(topic, 40, partitions=4, name="after"))
    assert {place[1] for place in after} == {0, 1, 2, 3}

    answers = await bench.answers([*before, *after])
    answers.assert_exactly_once()
    assert time.monotonic() - added_at < LOOK_UP_S + 15
    assert worker.process.poll() is None
    await bench.wait_committed(after)


def test_by_default_a_new_partition_is_noticed_in_less_than_a_minute() -> None:
    assert Settings.model_fields["metadata_max_age_s"].default <= 30


@pytest.mark.parametrize("from_beginning", [True, False])
@pytest.mark.parametrize("group", [None, "readers"])
async def test_a_client_goes_on_where_it_was_and_reads_the_new_partitions(
    bench: Bench, group: str | None, from_beginning: bool
) -> None:
    await bench.create_topics()
    topic = bench.topic("dead-letters")
    settings = Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix, metadata_max_age_s=4)
    async with Client(settings=settings) as client:
        letters = client.dead_letters(group=group and bench.prefix + group, from_beginning=from_beginning, timeout_s=10)
        await letters.open()
        reading = asyncio.create_task(_values(letters))
        await asyncio.sleep(1)
        await bench.send([_letter(topic, "first", 0)])
        await asyncio.sleep(1)

        await add_partitions(bench.bootstrap, topic, 2)
        await bench.send([_letter(topic, "second", 0), _letter(topic, "third", 1)])

        assert sorted(await reading) == [b"first", b"second", b"third"]


async def _values(letters: Subscription[Letter]) -> list[bytes]:
    return [letter.record.value or b"" async for letter in letters]


def _letter(topic: str, value: str, partition: int) -> Draft:
    raw = RawRecord("moderation.posts", 0, 0, b"k", value.encode())
    letter = dead_letter(raw, Failure(Reason.INVALID_JSON, "the record is not JSON", "decode"))
    return Draft(topic, letter.value, letter.key, letter.headers, partition)
