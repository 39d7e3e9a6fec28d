"""Records that go through the service once more: dead letters, and a stretch of a topic behind the live ones."""

from __future__ import annotations

from typing import Any

import pytest

from streams.client import Client
from streams.client.backfill import Backfilled, Stretch, backfill
from streams.client.dead_letters import Count, replay
from streams.client.done_offsets import DoneOffsets
from streams.settings import Settings
from tests.support.bench import Bench
from tests.support.records import posts
from tests.support.traffic import Draft, Output

pytestmark = pytest.mark.timeout(180)


def settings_of(bench: Bench) -> Settings:
    return Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix, group=bench.prefix, data_dir=bench.folder)


async def read_count(bench: Bench, kind: str, count: int) -> list[Output]:
    return await bench.read([kind], until=lambda outputs: len(outputs) >= count, within_s=60)


async def test_a_replayed_letter_fails_again_with_all_of_its_bytes(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    worker = await bench.start_worker()
    headers = (("trace", b"\x00\xff"), ("reason", b"their own"))
    drafts = [Draft(bench.topic("posts"), b"{%d" % n, b"k%d" % n, headers, n % 2) for n in range(6)]
    await bench.send(drafts)
    await read_count(bench, "dead-letters", 6)

    def progress() -> DoneOffsets:
        return DoneOffsets.open(bench.folder / "replayed.json", bench.topic("dead-letters"))

    assert (await replay(settings_of(bench), done=progress())).total == Count(sent=6)
    letters = await read_count(bench, "dead-letters", 12)
    again = [letter for letter in letters if letter.header("attempts") == "2"]
    assert sorted((one.key, one.value, one.partition) for one in again) == sorted(
        (draft.key, draft.value, draft.partition) for draft in drafts
    )
    assert all(one.headers[:2] == headers for one in again)
    assert (await replay(settings_of(bench), done=progress())).total == Count(sent=6, before=6)  # the second failures
    assert worker.stop() == 0


async def test_a_post_that_is_edited_away_and_back_is_heard_of_three_times(bench: Bench) -> None:
    """And once more after a backfill: the client takes none of them for a repeat."""
    await bench.create_topics()
    worker = await bench.start_worker()
    async with Client(settings=settings_of(bench)) as client:
        for text in ("get lost, all of you", "good morning", "get lost, all of you"):
            await client.send_post({"id": "1", "author": "river_09", "text": text})
        await read_count(bench, "labels", 3)
        done = DoneOffsets.open(bench.folder / "backfilled.json", bench.topic("posts"))
        await backfill(settings_of(bench), Stretch(bench.topic("posts"), "posts", 2), 1000, done)
        await read_count(bench, "labels", 4)
        first, clean, back, again = [one async for one in client.verdicts(from_beginning=True, timeout_s=2)]
    assert first.id == back.id == again.id != clean.id
    assert again.source is not None
    assert again.source.topic == bench.topic("posts-backfill")
    assert worker.stop() == 0


async def test_a_backfill_is_judged_as_the_live_records_were(bench: Bench) -> None:
    await bench.create_topics(partitions=2)
    worker = await bench.start_worker()
    places = await bench.send(posts(bench.topic("posts"), 40, partitions=2))
    (await bench.answers(places)).assert_exactly_once()

    stretch = Stretch(bench.topic("posts"), "posts", 5, 15)
    done = DoneOffsets.open(bench.folder / "backfilled.json", stretch.topic)
    assert await backfill(settings_of(bench), stretch, 1000, done) == Backfilled(sent=20)
    labels = await read_count(bench, "labels", 60)

    def decided(label: Output) -> tuple[Any, ...]:
        return tuple(label.body[name] for name in ("id", "post_id", "action", "scores", "lang")), label.partition

    first: dict[str, tuple[Any, ...]] = {}
    second: dict[str, tuple[Any, ...]] = {}
    for label in labels:
        live = label.source[0] == stretch.topic
        (first if live else second)[label.body["post_id"]] = decided(label)
    assert len(second) == 20
    assert second.items() <= first.items()
    assert worker.stop() == 0
