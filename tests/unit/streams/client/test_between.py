"""Reading a topic between two moments, and records by where they lie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from models.labels import POST_LABELS
from streams.client.between import following, open_places, read_between
from streams.client.replay import from_lines, from_topic
from streams.errors import ClientError
from streams.kafka.embedded_broker import EmbeddedBroker
from streams.kafka.topics import create_topics
from streams.settings import Settings


def verdict(offset: int) -> dict[str, Any]:
    return {"id": str(offset), "lang": "en", "action": "allow", "labels": [],
            "scores": dict.fromkeys(POST_LABELS, 0.0), "source": {"topic": "here.posts", "partition": 1,
            "offset": offset}}  # fmt: skip


POSTS: list[dict[str, Any]] = [
    {"id": "p0", "text": "the first post", "author": "ann", "kind": "reply", "author_since": "1970-01-01T00:00:10Z"},
    {"id": "p1", "text": "c.a.s.i.n.o"},
    {"text": "no id"},
]


@pytest.fixture
async def here() -> AsyncIterator[Settings]:
    """Posts and their verdicts, one a second from second 100 on."""
    async with EmbeddedBroker() as broker:
        settings = Settings(brokers=broker.address, topic_prefix="here")
        await create_topics(settings)
        producer = AIOKafkaProducer(bootstrap_servers=broker.address)
        await producer.start()
        for number, post in enumerate(POSTS):
            await producer.send_and_wait("here.posts", orjson.dumps(post), key=b"key", partition=1)
            value = orjson.dumps(verdict(number))
            await producer.send_and_wait(
                "here.labels", value, key=b"key", partition=1, timestamp_ms=(100 + number) * 1000
            )
        await producer.send_and_wait("here.labels", b"nonsense", partition=2, timestamp_ms=109_000)
        await producer.stop()
        yield settings


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


async def ids(settings: Settings, since: datetime | None, until: datetime | None) -> list[str]:
    batches = [batch async for batch in from_topic(settings, since, until, with_posts=False)]
    return [str(stored.get("id")) for batch in batches for stored, _ in batch if stored]


async def test_a_stretch_begins_and_ends_at_its_moments(here: Settings) -> None:
    assert await ids(here, None, None) == ["0", "1", "2"]
    assert await ids(here, at(101), None) == ["1", "2"]
    assert await ids(here, None, at(101)) == ["0"]
    assert await ids(here, at(101), at(102)) == ["1"]
    assert await ids(here, at(200), None) == []


async def test_verdicts_bring_their_time_and_key(here: Settings) -> None:
    known = [known async for batch in from_topic(here, None, None, False) for stored, known in batch if stored]
    assert [(one.sent_at, one.who, one.texts) for one in known] == [(100.0 + n, b"key", None) for n in range(3)]


async def test_posts_are_read_by_the_place_that_their_verdict_names(here: Settings) -> None:
    known = [known async for batch in from_topic(here, None, None, True) for stored, known in batch if stored]

    assert [one.texts for one in known] == [("the first post",), ("c.a.s.i.n.o", "casino"), None]
    assert [(one.kind, one.author) for one in known] == [("reply", "ann"), ("", "key"), (None, None)]
    assert [one.account_age_s for one in known] == [90.0, None, None]


async def test_a_post_that_came_by_the_backfill_is_read_from_there(here: Settings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=here.brokers)
    await producer.start()
    value = orjson.dumps({"id": "old", "text": "the post from long ago"})
    await producer.send_and_wait("here.posts-backfill", value, key=b"key", partition=1, timestamp_ms=110_000)
    for offset, topic in enumerate(("here.posts-backfill", "elsewhere.posts")):
        again = verdict(0) | {"id": f"again{offset}", "source": {"topic": topic, "partition": 1, "offset": 0}}
        await producer.send_and_wait("here.labels", orjson.dumps(again), partition=3, timestamp_ms=110_000)
    await producer.stop()

    known = {stored["id"]: one.texts async for batch in from_topic(here, at(110), None, True) for stored, one in batch}
    assert known == {"again0": ("the post from long ago",), "again1": None}


async def test_places_that_the_topic_does_not_hold_are_left_out(here: Settings) -> None:
    async with open_places(here, "posts") as places:
        found = await places.values([(1, 1), (1, 99), (3, 0), (77, 0)])
        assert {place: message.offset for place, message in found.items()} == {(1, 1): 1}
        assert await places.values([]) == {}


async def test_what_lies_behind_the_ends_is_left_to_the_next_look(here: Settings) -> None:
    """A broker brings what came since they were asked for, too."""
    producer, partition = AIOKafkaProducer(bootstrap_servers=here.brokers), TopicPartition("here.labels", 0)
    await producer.start()
    batch = producer.create_batch()
    for number in range(3):
        batch.append(key=None, value=orjson.dumps(verdict(number)), timestamp=110_000)
    await (await producer.send_batch(batch, "here.labels", partition=0))
    await producer.stop()
    async with following(here, "labels", at(0)) as topic:
        looks = [topic.look({partition: end}) for end in (1, 3)]
        assert [[message.offset async for batch in look for message in batch] for look in looks] == [[0], [1, 2]]


async def test_a_broker_that_is_not_there_is_told_in_one_sentence() -> None:
    with pytest.raises(ClientError, match="No broker answered"):
        async for _ in read_between(Settings(brokers="127.0.0.1:1"), "labels"):
            pass


def test_lines_may_say_what_is_known_of_the_post() -> None:
    plain = orjson.dumps(verdict(0))
    rich = orjson.dumps(verdict(1) | {"time": "1970-01-01T00:01:40", "author": "ann", "text": "c.a.s.i.n.o",
                                      "author_since": 10, "kind": "sms"})  # fmt: skip
    (_, nothing), (_, all_of_it), (broken, _) = from_lines([plain, b"\n", rich, b"{", b""])

    assert (nothing.sent_at, nothing.who, nothing.texts, nothing.kind) == (None, None, None, None)
    assert (all_of_it.sent_at, all_of_it.who, all_of_it.author) == (100.0, "ann", "ann")
    assert (all_of_it.texts, all_of_it.kind, all_of_it.account_age_s) == (("c.a.s.i.n.o", "casino"), "sms", 90.0)
    assert broken == {}


def test_a_line_whose_text_is_none_is_a_verdict_all_the_same() -> None:
    ((stored, known),) = from_lines([orjson.dumps(verdict(0) | {"text": ""})])
    assert stored["id"] == "0"
    assert known.texts is None
