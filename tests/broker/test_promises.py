"""What one worker promises while nothing goes wrong."""

import asyncio
import random

import pytest

from load.kafka.admin import delete_topic
from tests.support.bench import Bench, decision
from tests.support.records import bad_values, post, posts, symptom_records, unique_text
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(180)
NO_LIMIT = {"dead_letter_max_consecutive": 0, "dead_letter_max_ratio": 0}


def _mixed(bench: Bench, count: int, partitions: int) -> list[Draft]:
    """Posts, symptom records and bad records, shuffled; about one in ten is bad."""
    values = bad_values()
    bad = [Draft(bench.topic("posts"), next(values), key=b"bad", partition=i % partitions) for i in range(count // 10)]
    drafts = posts(bench.topic("posts"), count * 7 // 10, partitions=partitions)
    drafts += symptom_records(bench.topic("symptoms"), count * 2 // 10, partitions=partitions)
    return random.Random(5).sample(drafts + bad, len(drafts) + len(bad))


async def test_every_record_ends_exactly_once_as_verdict_or_dead_letter(bench: Bench) -> None:
    await bench.create_topics(partitions=4)
    await bench.start_worker(**NO_LIMIT)

    places = await bench.send(_mixed(bench, 4_000, partitions=4))

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    await bench.wait_committed(places)


@pytest.mark.real_broker("it cannot delete a topic")
async def test_offsets_wait_for_the_acknowledgement_of_their_output(bench: Bench) -> None:
    """The verdicts' topic goes away: the broker takes input, commits and dead letters, but no verdict.

    The dead letter stands behind the verdicts on its partition, so its offset has to wait for theirs.
    """
    await bench.create_topics()
    worker = await bench.start_worker()
    topic = bench.topic("posts")
    before = await bench.send(posts(topic, 50, name="before"))
    await bench.answers(before)
    await bench.wait_committed(before)

    await delete_topic(bench.bootstrap, bench.topic("labels"))
    held = await bench.send(posts(topic, 50, name="held"))
    await asyncio.sleep(0.5)
    held += await bench.send([Draft(topic, b"{")])
    await bench.read(["dead-letters"], until=lambda letters: len(letters) == 1)
    await asyncio.sleep(2)  # four commit intervals

    assert (await bench.committed())[topic, 0] == len(before)
    assert worker.process.poll() is None or worker.process.returncode != 0
    await bench.create_topics()
    if worker.process.poll() is not None:
        await bench.start_worker()
    answers = await bench.answers(held)
    assert not answers.lost
    await bench.wait_committed(held)


async def test_same_content_gets_same_verdict(bench: Bench) -> None:
    """Alone, in a crowd, on another partition, from another process: neither id nor decision changes."""
    await bench.create_topics(partitions=2)
    topic = bench.topic("posts")
    probes = [post(f"same{i}", unique_text(random.Random(i), 12)) for i in range(20)]
    worker = await bench.start_worker(cache_size=0)
    alone = []
    for value in probes:
        alone += await bench.send([Draft(topic, value)])
    crowd = posts(topic, 1_000)
    for i, value in enumerate(probes):
        crowd.insert(i * 50, Draft(topic, value, partition=1))
    crowded = [place for place in await bench.send(crowd) if place[1] == 1]
    await bench.answers([*alone, *crowded])
    worker.stop()
    await bench.start_worker(cache_size=0, max_batch_rows=4)
    again = await bench.send([Draft(topic, value) for value in probes])

    answers = await bench.answers([*alone, *crowded, *again])

    for places in zip(alone, crowded, again, strict=True):
        first, *others = (decision(answers[place]) for place in places)
        assert others == [first, first]


async def test_redelivery_gives_the_same_verdicts(bench: Bench) -> None:
    """A second group reads what the first had read."""
    await bench.create_topics()
    places = await bench.send(posts(bench.topic("posts"), 300) + symptom_records(bench.topic("symptoms"), 100))
    worker = await bench.start_worker()
    await bench.answers(places)
    worker.stop()
    await bench.start_worker(group=f"{bench.prefix}-again")

    await bench.read(until=lambda outputs: len(outputs) >= 2 * len(places), within_s=60)

    answers = await bench.all_answers(places)
    answers.assert_at_least_once()
    assert len(answers.repeated) == len(places)


async def test_verdicts_of_one_key_keep_their_order(bench: Bench) -> None:
    """Also where long and short posts alternate and would suit different batches."""
    await bench.create_topics(partitions=2)
    await bench.start_worker()
    rng = random.Random(3)
    drafts = [
        Draft(
            bench.topic("posts"),
            post(f"{i}", unique_text(rng, 120 if i % 3 == 0 else 3), author=f"author-{i % 4}"),
            key=f"author-{i % 4}".encode(),
            partition=i % 2,
        )
        for i in range(800)
    ]

    answers = await bench.answers(await bench.send(drafts))

    answers.assert_exactly_once()
    for author in range(4):
        of_key = [each for each in answers.outputs if each.key == f"author-{author}".encode()]
        assert len({each.partition for each in of_key}) == 1
        ids = [int(each.body["post_id"]) for each in sorted(of_key, key=lambda each: each.offset)]
        assert ids == sorted(ids)


@pytest.mark.real_broker("it cannot delete a topic")
async def test_an_input_topic_that_is_made_anew_is_read_from_its_beginning(bench: Bench) -> None:
    """Its offsets begin at 0 again, below those that the worker has read."""
    await bench.create_topics()
    worker = await bench.start_worker(metadata_max_age_s=2)
    topic = bench.topic("posts")
    await bench.answers(await bench.send(posts(topic, 50, name="before")))

    await delete_topic(bench.bootstrap, topic)
    await bench.create_topics()
    places = await bench.send(posts(topic, 20, name="after"))

    outputs = await bench.read(["labels"], until=lambda outputs: len(outputs) >= 70)
    assert [each.body["post_id"] for each in outputs[50:]] == [f"after{i}" for i in range(len(places))]
    assert worker.process.poll() is None
