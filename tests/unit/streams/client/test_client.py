"""The client: what it sends, and how it reads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any, ClassVar

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from schemas import Alert, Post, PostVerdict, TimingsMs
from schemas.examples import ALERT
from streams.client import Client, Message, Receipt
from streams.client import client as client_module
from streams.client.messages import decoder, line_message, post_message, symptoms_message
from streams.client.subscription import Recent, Subscription
from streams.errors import (
    BrokerUnreachableError,
    ClientError,
    InvalidRecordError,
    NotAcknowledgedError,
    NotAuthorisedError,
    TopicMissingError,
    translate,
)
from streams.record import RawRecord
from streams.settings import Settings

SETTINGS = Settings(brokers="127.0.0.1:1")


def test_a_post_is_checked_and_keyed_by_its_author() -> None:
    message = post_message({"id": 7, "text": "hello", "author": "river_09", "unknown": True})
    assert (message.kind, message.key) == ("posts", b"river_09")
    assert orjson.loads(message.value or b"") == {"schema_version": 1, "id": "7", "text": "hello", "author": "river_09"}
    assert post_message(Post(id="7", text="hello", author="river_09")) == message
    assert symptoms_message({"id": "s", "symptoms": ["cough"], "patient": "pt"}).key == b"pt"


@pytest.mark.parametrize("post", [{}, {"id": "1"}, {"id": "1", "text": ""}, {"id": "1", "text": 5}])
def test_a_post_that_does_not_fit_is_refused_before_it_is_sent(post: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecordError) as refused:
        post_message(post)
    assert "Not a valid Post" in str(refused.value)


@pytest.mark.parametrize(
    "fields", [{"sex": "tall"}, {"vitals": {"temperature": 98.6}}, {"age": 400}, {"time": "soon"}, {"symptoms": [5]}]
)
def test_what_the_service_would_guess_or_leave_out_is_refused_before_it_is_sent(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecordError, match="Not a valid SymptomRecord"):
        symptoms_message({"id": "1", "text": "cough", **fields})


def test_other_words_are_sent_in_those_of_the_schema() -> None:
    message = symptoms_message({"id": "1", "text": "cough", "sex": "F", "age": "6 months", "hr": "118 bpm"})
    sent = orjson.loads(message.value or b"")
    assert (sent["sex"], sent["age"], sent["vitals"]) == ("female", 0.5, {"heart_rate": 118.0})


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":"1","text":"half \\ud83d","author":"river_09"}',
        b'\xef\xbb\xbf{"id":"1","text":"hi","author":"river_09"}',
        b'{"id":"1","text":"caf\xe9","author":"river_09","x":NaN}',
    ],
)
def test_a_line_that_is_only_damaged_keeps_its_key(line: bytes) -> None:
    assert line_message(line, "posts") == Message("posts", b"river_09", line)


def test_the_error_does_not_quote_the_text() -> None:
    with pytest.raises(InvalidRecordError) as refused:
        post_message({"id": "1", "text": ["my secret"]})
    assert "secret" not in str(refused.value)


class FakeProducer:
    """Answers each message as its value says."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.waiting: deque[asyncio.Future[Any]] = deque()

    async def send(self, topic: str, value: bytes, *, key: bytes | None, headers: Iterable[Any]) -> Any:
        if value == b"too large":
            raise MessageSizeTooLargeError
        if value == b"no topic":
            raise UnknownTopicOrPartitionError
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.sent.append(value)
        if value == b"lost":
            answer.set_exception(KafkaTimeoutError())
        elif value == b"later":
            self.waiting.append(answer)
        else:
            answer.set_result(SimpleNamespace(topic=topic, partition=0, offset=len(self.sent) - 1))
        return answer

    async def stop(self) -> None:
        for answer in self.waiting:
            answer.cancel()


def sending(producer: FakeProducer) -> Client:
    client = Client(settings=SETTINGS)
    client._producer = producer
    return client


def posts(*values: bytes) -> list[Message]:
    return [Message("posts", None, value) for value in values]


async def test_one_result_for_each_message_in_order_whatever_happens_to_it() -> None:
    async with sending(FakeProducer()) as client:
        results = [result async for result in client.send_many(posts(b"a", b"too large", b"lost", b"b"))]
    assert results[0] == Receipt("moderation.posts", 0, 0)
    assert isinstance(results[1], ClientError)
    assert isinstance(results[2], NotAcknowledgedError)
    assert results[3] == Receipt("moderation.posts", 0, 2)


async def test_a_missing_topic_ends_the_sending_and_is_named() -> None:
    async with sending(FakeProducer()) as client:
        with pytest.raises(TopicMissingError, match=r"moderation\.posts"):
            [result async for result in client.send_many(posts(b"no topic"))]


async def test_no_more_than_the_window_is_on_the_way() -> None:
    producer = FakeProducer()
    async with sending(producer) as client:
        results = client.send_many(posts(*[b"later"] * 10), in_flight=3)
        first = asyncio.ensure_future(anext(results))
        await asyncio.sleep(0.01)
        assert len(producer.sent) == 3
        producer.waiting.popleft().set_result(SimpleNamespace(topic="t", partition=0, offset=0))
        assert await first == Receipt("t", 0, 0)
        await results.aclose()


async def test_a_single_send_raises_what_went_wrong() -> None:
    class Losing(FakeProducer):
        async def send(self, topic: str, value: bytes, **how: Any) -> Any:
            return await super().send(topic, b"lost", **how)

    async with sending(Losing()) as client:
        with pytest.raises(NotAcknowledgedError):
            await client.send_post({"id": "1", "text": "hello"})


async def test_a_review_goes_to_its_topic() -> None:
    async with sending(FakeProducer()) as client:
        review = {"verdict_id": "v", "post_id": "p", "action": "remove"}
        assert await client.send_review(review) == Receipt("moderation.reviews", 0, 0)


class SlowProducer:
    """Never comes to the end of its start."""

    made: ClassVar[list[SlowProducer]] = []

    def __init__(self, **_: Any) -> None:
        self.stopped = False
        self.made.append(self)

    async def start(self) -> None:
        await asyncio.sleep(60)

    async def stop(self) -> None:
        self.stopped = True


async def test_a_caller_who_gives_up_while_it_connects_leaves_no_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "AIOKafkaProducer", SlowProducer)
    async with Client(settings=SETTINGS) as client:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.send_post({"id": "1", "text": "hello"})
    assert [producer.stopped for producer in SlowProducer.made] == [True, True]


def test_what_was_seen_is_bounded_and_keeps_what_is_used() -> None:
    recent = Recent(size=2)
    assert [recent.seen(one) for one in ("a", "b", "a", "c", "a", "b")] == [False, False, True, False, True, False]


class FakeConsumer:
    """One partition with the given values."""

    def __init__(self, values: Iterable[bytes]) -> None:
        self.partition = TopicPartition("moderation.labels", 0)
        self.messages = [
            SimpleNamespace(topic=self.partition.topic, partition=0, offset=offset, key=b"k", value=value, headers=())
            for offset, value in enumerate(values)
        ]
        self.commits: list[int] = []
        self.stopped = False

    def __call__(self, *_: Any, **options: Any) -> FakeConsumer:
        assert options["enable_auto_commit"] is False
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopped = True

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0} if topic == self.partition.topic else set()

    def assignment(self) -> set[TopicPartition]:
        return {self.partition}

    async def position(self, partition: TopicPartition) -> int:
        return 0

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        some, self.messages = self.messages[:2], self.messages[2:]
        if not some:
            await asyncio.sleep(0.01)
        return {self.partition: some} if some else {}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.commits.append(offsets[self.partition])


def verdict(identity: str, offset: int | None = None, topic: str = "moderation.posts") -> bytes:
    """Of the record at this offset; None: outside of Kafka."""
    scores = ("toxicity", "insult", "hate", "threat", "sexual", "self_harm", "profanity", "spam")
    return orjson.dumps(
        {
            "id": identity,
            "source": None if offset is None else {"topic": topic, "partition": 0, "offset": offset},
            "model_version": "m",
            "policy_version": "p",
            "degraded": False,
            "timings_ms": dict.fromkeys(TimingsMs.model_fields, 1),
            "task": "posts",
            "post_id": f"post {identity}",
            "lang": "en",
            "scores": dict.fromkeys(scores, 0.5),
            "labels": [],
            "spans": [],
            "sentiment": None,
            "action": "allow",
            "reasons": [],
        }
    )


def reading(
    consumer: FakeConsumer, topic: str = "moderation.labels", group: str | None = "g", **how: Any
) -> Subscription[PostVerdict]:
    how |= {"group": group, "timeout_s": 0.05, "make_consumer": consumer}
    return Subscription(SETTINGS, topic, decoder(PostVerdict), **how)


async def ids(subscription: AsyncIterator[PostVerdict]) -> list[str]:
    return [item.id async for item in subscription]


async def test_repeats_are_dropped_and_typed_items_come_out() -> None:
    consumer = FakeConsumer(map(verdict, "abacb"))
    async with reading(consumer) as subscription:
        assert await ids(subscription) == ["a", "b", "c"]
    assert consumer.commits[-1] == 5
    assert consumer.stopped


async def test_a_post_that_is_edited_away_and_back_is_heard_of_again() -> None:
    """Its third verdict has the id of the first: same content, same model, same policy."""
    abuse, clean, again = verdict("abuse", 1), verdict("clean", 2), verdict("abuse", 3)
    async with reading(FakeConsumer([abuse, clean, abuse, again, clean, again])) as subscription:
        assert [item.source.offset async for item in subscription if item.source] == [1, 2, 3]


async def test_what_a_backfill_judges_once_more_is_no_repeat() -> None:
    """Another policy may have said otherwise in between, and was rolled back."""
    old, once, twice = verdict("old", 1), verdict("new", 1, "t-backfill"), verdict("old", 2, "t-backfill")
    async with reading(FakeConsumer([old, once, once, twice, old])) as subscription:
        assert await ids(subscription) == ["old", "new", "old"]


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ({"topic": "a", "partition": 1, "offset": 12}, {"topic": "a", "partition": 11, "offset": 2}),
        ({"topic": "a", "partition": 1, "offset": 12}, {"topic": "b", "partition": 1, "offset": 12}),
    ],
)
def test_alerts_of_other_places_are_other_alerts(source: dict[str, Any], other: dict[str, Any]) -> None:
    decode = decoder(Alert)

    def identity(place: dict[str, Any] | None) -> str | None:
        return decode(SimpleNamespace(value=orjson.dumps({**ALERT, "source": place})))[1]

    assert identity(source) == identity(dict(source)) != identity(other)
    assert identity(None) == ALERT["id"]


async def test_an_item_is_committed_only_after_the_next_was_asked_for() -> None:
    consumer = FakeConsumer(map(verdict, "abc"))
    async with reading(consumer) as subscription:
        assert (await anext(subscription)).id == "a"
        assert (await anext(subscription)).id == "b"
    assert consumer.commits[-1] == 1


async def test_a_reader_may_say_that_its_last_item_is_handled() -> None:
    consumer = FakeConsumer(map(verdict, "abc"))
    async with reading(consumer) as subscription:
        await anext(subscription)
        await subscription.commit()
        assert consumer.commits == [1]


async def test_without_a_group_nothing_is_committed() -> None:
    consumer = FakeConsumer(map(verdict, "ab"))
    async with reading(consumer, group=None) as subscription:
        assert await ids(subscription) == ["a", "b"]
    assert consumer.commits == []


async def test_a_cancelled_reader_stops_whenever_it_is_cancelled() -> None:
    """`asyncio.wait_for` forgets that it was cancelled when what it waits for is done at the same moment."""

    class Silent(FakeConsumer):
        async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
            await asyncio.sleep(0)
            return {}

    subscription = Subscription(SETTINGS, "moderation.labels", decoder(PostVerdict), make_consumer=Silent([]))
    async with subscription:
        for steps in range(12):
            reader = asyncio.ensure_future(anext(subscription))
            for _ in range(steps):
                await asyncio.sleep(0)
            reader.cancel()
            await asyncio.wait({reader}, timeout=0.2)
            assert reader.cancelled(), f"after {steps} steps"


async def test_what_cannot_be_read_is_counted_and_passed_over() -> None:
    consumer = FakeConsumer([verdict("a"), b"not a verdict", b"", verdict("b")])
    async with reading(consumer) as subscription:
        assert await ids(subscription) == ["a", "b"]
        assert subscription.unreadable == 2
    assert consumer.commits[-1] == 4


async def test_what_cannot_be_read_is_told_without_being_quoted(caplog: pytest.LogCaptureFixture) -> None:
    newer = orjson.dumps({**orjson.loads(verdict("a")), "action": "my secret"})
    told: list[RawRecord] = []
    async with reading(FakeConsumer([verdict("a"), newer]), on_unreadable=told.append) as subscription:
        assert await ids(subscription) == ["a"]
    assert told == [RawRecord("moderation.labels", 0, 1, b"k", newer)]
    assert "moderation.labels[0]@1, action: Input should be 'allow', 'limit'" in caplog.text
    assert "secret" not in caplog.text


async def test_a_reader_may_stop_at_what_it_cannot_read_and_finds_it_there_again() -> None:
    def refuse(_: RawRecord) -> None:
        raise RuntimeError("update me")

    consumer = FakeConsumer([verdict("a"), b"{}", verdict("b")])
    async with reading(consumer, on_unreadable=refuse) as subscription:
        assert (await anext(subscription)).id == "a"
        for _ in range(2):
            with pytest.raises(RuntimeError, match="update me"):
                await anext(subscription)
    assert consumer.commits[-1] == 1


async def test_fields_of_a_newer_worker_are_passed_over() -> None:
    newer = orjson.loads(verdict("a"))
    newer["timings_ms"]["added"], newer["added"] = 1, {"deep": []}
    async with reading(FakeConsumer([orjson.dumps(newer)])) as subscription:
        assert await ids(subscription) == ["a"]
    assert subscription.unreadable == 0


async def test_a_missing_topic_is_named_and_nothing_stays_open() -> None:
    consumer = FakeConsumer([])
    with pytest.raises(TopicMissingError, match=r"moderation\.flags"):
        await reading(consumer, "moderation.flags").open()
    assert consumer.stopped


async def test_the_client_closes_what_a_reader_left_open() -> None:
    consumer = FakeConsumer(map(verdict, "ab"))
    async with Client(settings=SETTINGS) as client:
        subscription = reading(consumer)
        client._subscriptions.append(subscription)
        await anext(subscription)
    assert consumer.stopped


@pytest.mark.parametrize(
    ("cause", "meaning"),
    [
        (KafkaConnectionError("no"), BrokerUnreachableError),
        (NodeNotReadyError("no"), BrokerUnreachableError),
        (TimeoutError(), BrokerUnreachableError),
        (TopicAuthorizationFailedError("moderation.posts"), NotAuthorisedError),
        (AuthenticationFailedError("no"), NotAuthorisedError),
        (UnknownTopicOrPartitionError(), TopicMissingError),
        (MessageSizeTooLargeError("It is too large."), ClientError),
    ],
)
def test_errors_of_the_broker_become_one_sentence(cause: Exception, meaning: type[ClientError]) -> None:
    error = translate(cause, "here:1")
    assert type(error) is meaning
    assert str(error).endswith(".")
    assert not str(error).endswith("..")


async def test_closing_goes_on_after_a_subscription_that_cannot_commit() -> None:
    class Unwilling(FakeConsumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            raise KafkaConnectionError("no")

    consumers = [FakeConsumer(map(verdict, "ab")), Unwilling(map(verdict, "ab")), FakeConsumer(map(verdict, "ab"))]
    client = Client(settings=SETTINGS)
    for consumer in consumers:
        subscription = reading(consumer)
        client._subscriptions.append(subscription)
        await anext(subscription)
        subscription._confirm()
    with pytest.raises(BrokerUnreachableError):
        await client.close()
    assert all(consumer.stopped for consumer in consumers)
