"""What of a letter goes back to the input topic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas import DeadLetter, Reason
from schemas.wire import Header
from streams.client.dead_letters import Count, Wanted, original_headers, read_letters, replay
from streams.client.done_offsets import DoneOffsets
from streams.kafka.embedded_broker import EmbeddedBroker
from streams.kafka.topics import create_topics
from streams.pipeline.failures import Failure, dead_letter
from streams.record import Outgoing, RawRecord
from streams.settings import Settings

OWN: list[Header] = [("trace", b"\x00\xff"), ("reason", b"their own"), ("empty", None), ("trace", b"again")]
FAILURE = Failure(Reason.INVALID_JSON, "the record is not JSON", "decode")


def fail(headers: list[Header]) -> list[Header]:
    raw = RawRecord("moderation.posts", 1, 7, b"key", b"value", tuple(headers))
    return list(dead_letter(raw, FAILURE, datetime(2026, 5, 1, tzinfo=UTC)).headers)


def test_only_our_headers_are_taken_off() -> None:
    assert original_headers(fail(OWN)) == [*OWN, ("tidegate-attempts", b"1")]
    assert original_headers(fail([])) == [("tidegate-attempts", b"1")]


def test_attempts_rise_with_each_round_and_headers_do_not_pile_up() -> None:
    headers = OWN
    for attempt in (1, 2, 3):
        letter = fail(headers)
        assert DeadLetter.from_headers(letter).attempts == attempt
        headers = original_headers(letter)
        assert headers[:-1] == OWN


TOMBSTONE = RawRecord("here.posts", 2, 5, None, None, tuple(OWN))
BROKEN = RawRecord("here.posts", 1, 7, b"river", b"\xff{", ())
FOREIGN = RawRecord("elsewhere.secrets", 0, 1, b"k", b"v", ())


async def put(address: str, *letters: Outgoing) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    for letter in letters:
        batch = producer.create_batch()
        batch.append(timestamp=None, key=letter.key, value=letter.value, headers=list(letter.headers))
        await (await producer.send_batch(batch, "here.dead-letters", partition=letter.partition))
    await producer.stop()


async def everything_in(address: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="earliest")
    await consumer.start()
    records: list[Any] = []
    while batches := await consumer.getmany(timeout_ms=300):
        records += [record for batch in batches.values() for record in batch]
    await consumer.stop()
    return records


def letter_of(raw: RawRecord, reason: Reason, day: int = 1) -> Outgoing:
    return dead_letter(raw, Failure(reason, "a sentence", "decode"), datetime(2026, 5, day, tzinfo=UTC))


@pytest.fixture
async def here() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        settings = Settings(brokers=broker.address, topic_prefix="here")
        await create_topics(settings)
        await put(
            broker.address,
            letter_of(TOMBSTONE, Reason.NULL_VALUE),
            letter_of(BROKEN, Reason.INVALID_JSON),
            letter_of(FOREIGN, Reason.INVALID_JSON),
            Outgoing("dead-letters", b"no", b"letter at all"),
        )
        yield settings


async def test_letters_are_read_up_to_now_by_reason_and_limit(here: Settings) -> None:
    async def read(*reasons: str, limit: int | None = None) -> set[tuple[str, int]]:
        letters = [letter async for letter in read_letters(here, Wanted(frozenset(reasons)), limit)]
        return {(letter.why.original_topic, letter.why.original_offset) for letter in letters}

    everything = {("here.posts", 5), ("here.posts", 7), ("elsewhere.secrets", 1)}
    assert await read() == everything
    assert await read("null_value") == {("here.posts", 5)}
    assert len(await read(limit=2)) == 2


async def test_reading_ends_although_more_keeps_coming(here: Settings) -> None:
    async with asyncio.timeout(20):
        async for _ in read_letters(here):
            await put(here.brokers, letter_of(BROKEN, Reason.INVALID_JSON))


async def test_a_replay_gives_back_every_byte_to_the_place_it_came_from(here: Settings) -> None:
    assert (await replay(here, dry_run=True)).total == Count(sent=2, foreign=1)
    assert await everything_in(here.brokers, "here.posts") == []
    assert (await replay(here)).total == Count(sent=2, foreign=1)
    records = {record.partition: record for record in await everything_in(here.brokers, "here.posts")}
    assert set(records) == {1, 2}
    for raw in (TOMBSTONE, BROKEN):
        record = records[raw.partition]
        assert (record.key, record.value) == (raw.key, raw.value)
        assert list(record.headers) == [*raw.headers, ("tidegate-attempts", b"1")]
    assert await everything_in(here.brokers, "elsewhere.secrets") == []


async def test_a_batch_that_cannot_be_read_is_no_record_to_send(here: Settings) -> None:
    await put(here.brokers, letter_of(BROKEN, Reason.UNREADABLE_BATCH))
    replayed = await replay(here, Wanted(frozenset({"unreadable_batch"})))
    assert replayed.total == Count(foreign=1)


async def test_what_was_replayed_is_not_sent_again(here: Settings, tmp_path: Path) -> None:
    def progress() -> DoneOffsets:
        return DoneOffsets.open(tmp_path / "deep" / "replayed.json", "here.dead-letters")

    assert (await replay(here, limit=1, done=progress())).total.sent == 1
    dry = await replay(here, dry_run=True, done=progress())
    assert (dry.total.sent, dry.total.before) == (1, 1)
    assert (await replay(here, done=progress())).total == Count(sent=1, before=1, foreign=1)
    assert (await replay(here, done=progress())).total == Count(before=2, foreign=1)
    assert len(await everything_in(here.brokers, "here.posts")) == 2

    await put(here.brokers, letter_of(BROKEN, Reason.INVALID_JSON))
    again = await replay(here, Wanted(frozenset({"invalid_json"})), done=progress())
    assert again.by_reason == {"invalid_json": Count(sent=1, before=1, foreign=1)}


async def test_letters_are_chosen_by_the_time_at_which_they_failed(here: Settings) -> None:
    await put(here.brokers, *(letter_of(BROKEN, Reason.INFERENCE_FAILED, day) for day in (10, 11, 12)))
    wanted = Wanted(since=datetime(2026, 5, 11, tzinfo=UTC), until=datetime(2026, 5, 12, tzinfo=UTC))
    assert [letter.why.failed_at.day async for letter in read_letters(here, wanted)] == [11]
    assert (await replay(here, wanted, dry_run=True)).total == Count(sent=1)


def test_a_header_of_the_producer_that_is_called_attempts_stays() -> None:
    own: list[Header] = [("trace", b"1"), ("attempts", b"3")]
    assert original_headers(fail(own)) == [*own, ("tidegate-attempts", b"1")]
