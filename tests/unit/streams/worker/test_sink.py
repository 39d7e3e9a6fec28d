from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError, TopicAuthorizationFailedError

from schemas.wire import Header
from streams.record import Outgoing
from streams.worker.sink import PublishError, Sink

TOPICS = {"labels": "moderation.labels", "dead-letters": "moderation.dead-letters"}


class FakeBatch:
    def __init__(self, room: int) -> None:
        self.room = room
        self.values: list[bytes | None] = []
        self.records: list[tuple[bytes | None, bytes | None, list[Header]]] = []

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Any) -> object | None:
        assert type(headers) is list, "aiokafka's compiled builder takes nothing else"
        if len(self.values) == self.room:
            return None
        self.values.append(value)
        self.records.append((key, value, headers))
        return object()


class FakePublisher:
    """Acknowledges when told to."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.topics = {"moderation.labels": 2, "moderation.dead-letters": 2}
        self.batches: list[FakeBatch] = []
        self.sent: list[tuple[str, int, list[bytes | None]]] = []
        self.acks: list[asyncio.Future[None]] = []
        self.taken_back: list[tuple[str, int, int]] = []

    def take_back(self, topic: str, partition: int, records: int) -> None:
        self.taken_back.append((topic, partition, records))

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.room)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> Awaitable[None]:
        self.batches.append(batch)
        self.sent.append((topic, partition, batch.values))
        self.acks.append(asyncio.get_running_loop().create_future())
        return self.acks[-1]

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self.topics[topic]))


async def started(publisher: FakePublisher, timeout_s: float = 1.0) -> Sink:
    sink = Sink(publisher, TOPICS, timeout_s)
    await sink.start()
    return sink


def label(value: bytes, partition: int = 0) -> Outgoing:
    return Outgoing("labels", b"author", value, partition)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_publish_returns_only_when_every_lane_was_acknowledged() -> None:
    publisher = FakePublisher()
    sink = await started(publisher)
    publishing = asyncio.create_task(sink.publish([label(b"a", 0), label(b"b", 3)]))
    await settled()
    assert [(topic, partition) for topic, partition, _ in publisher.sent] == [
        ("moderation.labels", 0),
        ("moderation.labels", 1),
    ]
    publisher.acks[0].set_result(None)
    await settled()
    assert not publishing.done()
    publisher.acks[1].set_result(None)
    await asyncio.wait_for(publishing, 1)


async def test_what_gathers_during_a_send_leaves_as_one_batch_in_order() -> None:
    publisher = FakePublisher()
    sink = await started(publisher)
    tasks = [asyncio.create_task(sink.publish([label(value)])) for value in (b"1", b"2", b"3")]
    await settled()
    assert [values for _, _, values in publisher.sent] == [[b"1", b"2", b"3"]] or publisher.sent[0][2] == [b"1"]
    while not all(task.done() for task in tasks):
        for ack in publisher.acks:
            if not ack.done():
                ack.set_result(None)
        await settled()
    assert [value for _, _, values in publisher.sent for value in values] == [b"1", b"2", b"3"]


async def test_a_full_batch_continues_in_the_next_one() -> None:
    publisher = FakePublisher(room=2)
    sink = await started(publisher)
    publishing = asyncio.create_task(sink.publish([label(b"%d" % n) for n in range(5)]))
    for n in range(3):
        await settled()
        publisher.acks[n].set_result(None)
    await asyncio.wait_for(publishing, 1)
    assert [len(values) for _, _, values in publisher.sent] == [2, 2, 1]


async def test_a_refused_output_fails_everything_behind_it_in_its_lane() -> None:
    publisher = FakePublisher(room=1)
    sink = await started(publisher)
    first = asyncio.create_task(sink.publish([label(b"1")]))
    second = asyncio.create_task(sink.publish([label(b"2")]))
    await settled()
    publisher.acks[0].set_exception(TopicAuthorizationFailedError())
    for publishing in (first, second):
        with pytest.raises(PublishError, match=r"moderation\.labels .*: TopicAuthorizationFailedError: ") as failed:
            await asyncio.wait_for(publishing, 1)
        assert isinstance(failed.value.__cause__, TopicAuthorizationFailedError)


async def test_what_failed_is_not_sent_by_a_later_publish() -> None:
    publisher = FakePublisher(room=1)
    sink = await started(publisher)
    failed = asyncio.gather(*(sink.publish([label(value)]) for value in (b"1", b"2")), return_exceptions=True)
    await settled()
    publisher.acks[0].set_exception(TopicAuthorizationFailedError())
    assert [type(error) for error in await asyncio.wait_for(failed, 1)] == [PublishError, PublishError]

    publishing = asyncio.create_task(sink.publish([label(b"3")]))
    await settled()
    publisher.acks[1].set_result(None)
    await asyncio.wait_for(publishing, 1)
    assert [values for _, _, values in publisher.sent] == [[b"1"], [b"3"]]


async def test_key_value_and_headers_leave_as_they_are() -> None:
    publisher = FakePublisher()
    sink = await started(publisher)
    publishing = asyncio.create_task(
        sink.publish([Outgoing("labels", b"author", b"1", 0, (("a", b"b"), ("c", None))), label(b"2")])
    )
    await settled()
    publisher.acks[0].set_result(None)
    await asyncio.wait_for(publishing, 1)
    assert publisher.batches[0].records == [
        (b"author", b"1", [("a", b"b"), ("c", None)]),
        (b"author", b"2", []),
    ]


async def test_a_topic_that_is_missing_is_named() -> None:
    publisher = FakePublisher()
    publisher.topics["moderation.dead-letters"] = 0
    with pytest.raises(PublishError, match=r"moderation\.dead-letters has no partitions"):
        await started(publisher)


async def test_a_sink_that_stops_leaves_nothing_running() -> None:
    sink = await started(FakePublisher(), timeout_s=5)
    publishing = asyncio.create_task(sink.publish([label(b"1", 0), label(b"2", 1)]))
    await settled()
    await sink.stop()
    publishing.cancel()
    await asyncio.wait({publishing}, timeout=1)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await sink.stop()


async def test_a_defect_while_building_a_batch_is_reported_too() -> None:
    publisher = FakePublisher()
    sink = await started(publisher)
    publisher.create_batch = lambda: None  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(PublishError, match=r"moderation\.labels.*AttributeError"):
        await asyncio.wait_for(sink.publish([label(b"1")]), 1)


async def test_a_silent_broker_is_an_error_after_the_timeout() -> None:
    sink = await started(FakePublisher(), timeout_s=0.01)
    with pytest.raises(PublishError, match="no acknowledgement"):
        await sink.publish([label(b"1")])
    await sink.stop()


async def test_it_tells_how_long_the_broker_keeps_the_oldest_waiting() -> None:
    publisher = FakePublisher()
    sink = await started(publisher)
    assert sink.waited_s(time.monotonic()) == 0
    first = asyncio.create_task(sink.publish([label(b"1", 0)]))
    await settled()
    later = time.monotonic() + 50
    second = asyncio.create_task(sink.publish([label(b"2", 1)]))
    await settled()
    assert 49 < sink.waited_s(later) <= 51
    publisher.acks[0].set_result(None)
    await first
    assert sink.waited_s(later) > 49, "the second still waits"
    publisher.acks[1].set_exception(TopicAuthorizationFailedError())
    with pytest.raises(PublishError):
        await second
    assert sink.waited_s(later) == 0


async def test_a_batch_that_is_too_large_is_halved_until_what_is_at_fault_is_alone() -> None:
    """Its numbers are taken back each time, or the broker would find a hole and refuse all that follows."""
    publisher = FakePublisher()
    sink = await started(publisher, timeout_s=5)
    messages = [label(b"%d" % n) for n in range(7)]
    publishing = asyncio.create_task(sink.publish(messages))
    answered = 0
    while not publishing.done():
        await settled()
        for ack, (_, _, values) in list(zip(publisher.acks, publisher.sent, strict=True))[answered:]:
            answered += 1
            too_large = len(values) > 4 or b"5" in values
            ack.set_exception(MessageSizeTooLargeError()) if too_large else ack.set_result(None)
    assert publishing.result() == [messages[5]]
    assert publishing.result()[0] is messages[5]
    sent = [values for _, _, values in publisher.sent]
    assert sent[0] == [b"%d" % n for n in range(7)]
    assert sum(publisher.taken_back[0][2:]) == 7
    assert len(publisher.taken_back) == sum(len(values) > 4 or b"5" in values for values in sent)
    taken = [value for values in sent if len(values) <= 4 and b"5" not in values for value in values]
    assert taken == [b"0", b"1", b"2", b"3", b"4", b"6"]


async def test_batches_grow_again_once_they_fit() -> None:
    publisher = FakePublisher()
    sink = await started(publisher, timeout_s=5)
    publishing = asyncio.create_task(sink.publish([label(b"%d" % n) for n in range(12)]))
    await settled()
    publisher.acks[0].set_exception(MessageSizeTooLargeError())
    await settled()
    while not publishing.done():
        publisher.acks[-1].set_result(None)
        await settled()
    assert [len(values) for _, _, values in publisher.sent] == [12, 6, 6]
    another = asyncio.create_task(sink.publish([label(b"%d" % n) for n in range(20)]))
    await settled()
    assert len(publisher.sent[-1][2]) == 20
    publisher.acks[-1].set_result(None)
    assert await another == []
