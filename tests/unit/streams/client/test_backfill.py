"""A stretch of a topic goes to the backfill topic: untouched, in order, each record once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner

from streams.cli.app import build_app
from streams.cli.backfill import edge
from streams.client.backfill import Backfilled, Pace, Stretch, _edges, backfill
from streams.client.done_offsets import DoneOffsets
from streams.kafka.embedded_broker import EmbeddedBroker
from streams.kafka.topics import create_topics
from streams.settings import Settings

HEADERS = [("trace", b"\x00\xff"), ("empty", None), ("trace", b"again")]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        settings = Settings(brokers=broker.address, topic_prefix="here", data_dir=tmp_path)
        await create_topics(settings)
        producer = AIOKafkaProducer(bootstrap_servers=broker.address)
        await producer.start()
        for number in range(250):
            value = b"\xff%d" % number
            await producer.send("here.posts", value, key=b"k%d" % (number % 2), headers=HEADERS, partition=number % 2)
        await producer.stop()
        yield settings


def progress(settings: Settings) -> DoneOffsets:
    return DoneOffsets.open(settings.data_dir / "done.json", "here.posts")


async def arrived(settings: Settings) -> list[Any]:
    consumer = AIOKafkaConsumer("here.posts-backfill", bootstrap_servers=settings.brokers, auto_offset_reset="earliest")
    await consumer.start()
    records: list[Any] = []
    async with asyncio.timeout(60):
        count = sum((await consumer.end_offsets(consumer.assignment())).values())
        while len(records) < count:
            batches = await consumer.getmany(timeout_ms=300)
            records += [record for batch in batches.values() for record in batch]
    await consumer.stop()
    return records


async def test_a_stretch_arrives_untouched_in_order_and_once(here: Settings) -> None:
    seen: list[tuple[int, int]] = []
    report = lambda at, total: seen.append((at, total))  # noqa: E731
    first = await backfill(here, Stretch("here.posts", "posts", 10, 20), 1e6, progress(here), report)
    assert (first, seen[-1]) == (Backfilled(sent=20), (20, 20))
    everything = await backfill(here, Stretch("here.posts", "posts", 5), 1e6, progress(here))
    assert everything == Backfilled(sent=220, before=20)
    assert await backfill(here, Stretch("here.posts", "posts", 0, 300), 1e6, progress(here)) == Backfilled(
        sent=10, before=240
    )
    records = await arrived(here)
    assert len(records) == 250
    for partition in (0, 1):
        of_it = [record for record in records if record.partition == partition]
        assert {record.key for record in of_it} == {b"k%d" % partition}
        assert all(list(record.headers) == HEADERS for record in of_it)
        first_values = [int(record.value[1:]) for record in of_it][:10]
        assert first_values == [2 * offset + partition for offset in range(10, 20)]


async def test_it_sends_few_at_once_where_few_a_second_are_wanted(here: Settings) -> None:
    told: list[int] = []
    stretch = Stretch("here.posts", "posts", 0, 20)
    await backfill(here, stretch, 200.0, progress(here), lambda sent, _: told.append(sent))
    assert told == [10, 20, 30, 40, 40]


def test_it_sends_so_many_a_second_at_most() -> None:
    pace = Pace(50)
    assert pace.delay_s(100, now=1000.0) == 0
    assert pace.delay_s(100, now=1000.5) == pytest.approx(1.5)
    assert pace.delay_s(1, now=1003.9) == pytest.approx(0.1)
    assert pace.delay_s(100, now=1060.0) == 0
    assert pace.delay_s(1, now=1061.0) == pytest.approx(1.0), "what was not used is not saved up"


async def test_the_edges_stay_within_what_the_topic_holds() -> None:
    left, right = TopicPartition("t", 0), TopicPartition("t", 1)

    class Consumer:
        def assignment(self) -> set[TopicPartition]:
            return {left, right}

        async def beginning_offsets(self, partitions: object) -> dict[TopicPartition, int]:
            return {left: 3, right: 0}

        async def end_offsets(self, partitions: object) -> dict[TopicPartition, int]:
            return {left: 9, right: 4}

        async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, Any]:
            assert set(times.values()) == {1_790_000_000_000}
            return {left: SimpleNamespace(offset=5), right: None}

    when = datetime.fromtimestamp(1_790_000_000, UTC)
    assert await _edges(Consumer(), Stretch("t", "posts", 0)) == ({left: 3, right: 0}, {left: 9, right: 4})
    assert await _edges(Consumer(), Stretch("t", "posts", 7, 5)) == ({left: 7, right: 4}, {left: 7, right: 4})
    assert await _edges(Consumer(), Stretch("t", "posts", when)) == ({left: 5, right: 4}, {left: 9, right: 4})
    assert await _edges(Consumer(), Stretch("t", "posts", 0, when)) == ({left: 3, right: 0}, {left: 9, right: 4})


async def test_times_are_compared_record_by_record(here: Settings) -> None:
    """One from a clock that is ahead stands before hundreds that are not."""
    when = datetime.now(UTC)
    producer = AIOKafkaProducer(bootstrap_servers=here.brokers)
    await producer.start()
    for ahead_s in (3600, -60, -60, 7200, -60):
        at = int((when.timestamp() + ahead_s) * 1000)
        await producer.send_and_wait("here.posts", b"%d" % ahead_s, partition=0, timestamp_ms=at)
    await producer.stop()
    until = when.replace(microsecond=0) + timedelta(minutes=30)
    assert await backfill(here, Stretch("here.posts", "posts", 0, until), 1e6, progress(here)) == Backfilled(sent=253)


def test_an_edge_is_an_offset_or_a_time() -> None:
    assert edge("17") == 17
    assert edge("2026-11-24T09:15:00+01:00") == datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
    assert edge("2026-11-24") == datetime(2026, 11, 24, tzinfo=UTC)
    with pytest.raises(typer.BadParameter, match="no ISO 8601 time"):
        edge("yesterday")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--topic", "posts", "--from", "9", "--to", "9"], "must be later than --from"),
        (["--topic", "posts", "--from", "2026-11-24", "--to", "2026-11-23"], "must be later than --from"),
        (["--topic", "posts", "--from", "0", "--task", "symptoms"], "is for a topic by its full name"),
        (["--topic", "moderation.posts-backfill", "--from", "0", "--task", "posts"], "where its own records would go"),
    ],
)
def test_options_that_contradict_each_other_are_wrong_usage(options: list[str], reason: str) -> None:
    result = CliRunner().invoke(build_app(), ["backfill", *options], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert reason in result.output


@pytest.mark.parametrize("topic", ["archive", "../../etc", "a/b"])
def test_a_topic_whose_task_nobody_knows_is_wrong_usage(topic: str) -> None:
    result = CliRunner().invoke(build_app(), ["backfill", "--topic", topic, "--from", "0"])
    assert result.exit_code == 2
    assert "posts or symptoms" in result.output or "letters, digits" in result.output
