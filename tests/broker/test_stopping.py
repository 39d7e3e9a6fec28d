"""SIGTERM, SIGKILL, and what makes a worker stop by itself."""

import asyncio
import os
import signal
import time

import pytest

from load.kafka.admin import delete_topic
from tests.support.bench import Bench
from tests.support.policies import write_policy
from tests.support.records import bad_values, posts, symptom_records
from tests.support.traffic import Draft

pytestmark = pytest.mark.timeout(180)


async def test_sigterm_drains_and_nothing_committed_comes_back(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    first = await bench.start_worker(drain_s=5)  # on a busy machine what is in flight takes longer than 2 s
    sending = asyncio.create_task(bench.send_steadily(posts(bench.topic("posts"), 6_000, partitions=2), 1_500))
    await asyncio.sleep(2)

    asked_at = time.monotonic()
    first.process.send_signal(signal.SIGTERM)
    status = await asyncio.to_thread(first.wait_exit, 10)

    assert status == 0
    assert time.monotonic() - asked_at < 8
    committed = await bench.committed()
    halfway = await bench.all_answers([])
    assert halfway.outputs, "it had not begun"
    places = await sending
    unanswered = set(places) - set(halfway.answers)
    assert unanswered, "it was stopped after the work"
    assert all(place[2] >= committed[place[:2]] for place in unanswered), "committed ahead of its output"
    await bench.start_worker()
    answers = await bench.answers(places)
    answers.assert_exactly_once()


async def test_kill_9_leaves_nothing_committed_without_its_answer(bench: Bench) -> None:
    """One worker, killed in full flow. That the rest comes back is shown with a group of two."""
    await bench.create_topics(partitions=2)
    drafts = posts(bench.topic("posts"), 6_000, partitions=2)
    drafts += symptom_records(bench.topic("symptoms"), 500, partitions=2)
    places = await bench.send(drafts)
    worker = await bench.start_worker(commit_interval_s=0.05)
    await bench.wait_first_commit()
    worker.kill()

    committed = await bench.committed()
    answers = await bench.all_answers(places)
    released = {place for place in places if place[2] < committed.get(place[:2], 0)}
    assert answers.lost, "it was killed after the work"
    assert released, "it was killed before the work"
    assert not released.intersection(answers.lost), "committed ahead of its output"
    answers.assert_no_contradictions()


async def test_dead_letter_limit_stops_the_worker_and_loses_nothing(bench: Bench) -> None:
    await bench.create_topics()
    values = bad_values()
    places = await bench.send(Draft(bench.topic("posts"), next(values)) for _ in range(2_000))
    first = bench.begin_worker(dead_letter_max_consecutive=20)

    status = await asyncio.to_thread(first.wait_exit, 60)

    assert status not in (0, -signal.SIGKILL)
    assert "row" in first.tail()
    halfway = await bench.all_answers(places)
    assert len(halfway.outputs) < 1_000, "it drained the topic"
    await bench.start_worker(dead_letter_max_consecutive=0, dead_letter_max_ratio=0)
    answers = await bench.answers(places)
    answers.assert_at_least_once()


@pytest.mark.real_broker("it cannot delete a topic")
async def test_sigterm_is_bounded_when_nothing_can_be_published(bench: Bench) -> None:
    """Promise 4: the verdicts' topic is gone; what is in flight is given up in time, and comes back."""
    await bench.create_topics()
    worker = await bench.start_worker(drain_s=1)
    await bench.answers(await bench.send(posts(bench.topic("posts"), 20, name="before")))
    await delete_topic(bench.bootstrap, bench.topic("labels"))
    places = await bench.send(posts(bench.topic("posts"), 300))
    await asyncio.sleep(1)

    asked_at = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(worker.wait_exit, 25)

    took_s = time.monotonic() - asked_at
    assert took_s < 18, f"{took_s:.1f} s"
    assert (await bench.committed())[bench.topic("posts"), 0] == 20
    await bench.create_topics()
    await bench.start_worker()
    answers = await bench.answers(places)
    assert not answers.lost


async def test_a_state_folder_that_hangs_ends_the_worker(bench: Bench) -> None:
    """Whoever writes into a pipe that nobody reads hangs as at a network disk that does not answer: first the
    checkpoint, then what is given up with the partition, then Python, which waits for the thread.
    """
    await bench.create_topics()
    policy = write_policy(bench.folder, action="limit")
    worker = await bench.start_worker(policy=policy, stuck_after_s=3)
    folder = bench.folder / "data" / f"state-{bench.prefix}" / "posts"
    os.mkfifo(folder / f"authors-0.json.{worker.process.pid}.part")
    topic = bench.topic("posts")
    sending = asyncio.create_task(bench.send_steadily(posts(topic, 400), 8))  # for longer than to the first checkpoint

    status = await asyncio.to_thread(worker.wait_exit, 120)

    assert status == 1
    assert "nothing moves" in worker.tail()
    assert "a thread hangs" in worker.tail()
    places = await sending
    await bench.start_worker(policy=policy)
    answers = await bench.answers(places)
    answers.assert_at_least_once()
