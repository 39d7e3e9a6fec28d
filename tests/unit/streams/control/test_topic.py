"""Reading the control topic: what is an entry, and what happens to everything else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from schemas import Control
from streams.control import topic as module
from streams.control.topic import ControlTopic, Log
from streams.errors import BrokerUnreachableError, ClientError, TopicMissingError
from streams.settings import Settings

ENTRY = Control(kind="policy", name="default", content="x", revision=1)


class FakeConsumer:
    """A topic whose offsets have holes: where a transaction left its marker, or compaction took an entry."""

    def __init__(self, messages: Sequence[tuple[int, bytes | None, bytes | None]], end: int, **options: Any) -> None:
        self.options = options
        self._messages, self._end = list(messages), end
        self._at = 0
        self.fails = False
        self.is_stopped = False
        self.answers: list[float | None] = []
        """Seconds since the broker last answered; None: it did not yet. The last one stays."""

    async def start(self) -> None:
        if self.fails:
            raise KafkaConnectionError

    async def topics(self) -> set[str]:
        return {"moderation.control"} if self._end >= 0 else set()

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._at = offset

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._end)

    async def position(self, partition: TopicPartition) -> int:
        return self._at

    async def getmany(self, timeout_ms: int) -> dict[str, list[Any]]:
        await asyncio.sleep(0)
        coming = [each for each in self._messages if each[0] >= self._at][:1]
        self._at = coming[0][0] + 1 if coming else self._end
        return {"p": [SimpleNamespace(offset=at, key=key, value=value) for at, key, value in coming]}

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        age_s = 0.0 if not self.answers else self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return None if age_s is None else int(1000 * (time.time() - age_s))

    async def stop(self) -> None:
        self.is_stopped = True


def reading(monkeypatch: pytest.MonkeyPatch, consumer: FakeConsumer) -> ControlTopic:
    def make(**options: Any) -> FakeConsumer:
        consumer.options = options
        return consumer

    monkeypatch.setattr(module, "reading_options", lambda settings: {"isolation_level": "read_uncommitted"})
    topic = ControlTopic(Settings())
    topic._log = Log(Settings(), "control", make)
    return topic


def value(entry: Control) -> bytes:
    return entry.model_dump_json(exclude_none=True).encode()


async def test_all_is_read_up_to_an_end_that_holds_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ENTRY.key.encode()
    consumer = FakeConsumer([(3, key, value(ENTRY)), (7, key, None)], end=9)
    topic = reading(monkeypatch, consumer)
    assert await topic.read_to_end() == [("policy/default", ENTRY), ("policy/default", None)]
    assert consumer.options["isolation_level"] == "read_committed", "whatever the settings say of records"
    assert await topic.read_to_end() == []


async def test_what_is_no_entry_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    messages = [
        (0, b"policy/default", b"{"),
        (1, b"model/default", value(ENTRY)),
        (2, None, value(ENTRY)),
        (3, b"policy/default", b'{"kind": "weather", "name": "default"}'),
        (4, b"policy/default", value(ENTRY)),
    ]
    topic = reading(monkeypatch, FakeConsumer(messages, end=5))
    with caplog.at_level(logging.WARNING):
        assert await topic.read_to_end() == [("policy/default", ENTRY)]
    assert [f"entry {number} of the control topic" in caplog.text for number in range(5)] == [True] * 4 + [False]


async def test_a_topic_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = FakeConsumer([], end=-1)
    with pytest.raises(TopicMissingError):
        await reading(monkeypatch, consumer).read_to_end()
    assert consumer.is_stopped


async def test_reading_goes_on_where_it_was_when_the_broker_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ENTRY.key.encode()
    later = ENTRY.model_copy(update={"revision": 2})
    consumer = FakeConsumer([(0, key, value(ENTRY)), (1, key, value(later))], end=1)
    topic = reading(monkeypatch, consumer)
    assert await topic.read_to_end() == [("policy/default", ENTRY)]
    await topic.close()
    consumer.fails = True
    with pytest.raises(BrokerUnreachableError):
        await topic.read()
    consumer.fails = False
    assert await topic.read() == [("policy/default", later)]


async def test_an_end_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_TIMEOUT_S", 0.01)
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.01)
    consumer = FakeConsumer([], end=5)

    async def nothing(timeout_ms: int) -> dict[str, list[Any]]:
        await asyncio.sleep(0.001)
        return {}

    monkeypatch.setattr(consumer, "getmany", nothing)
    with pytest.raises(ClientError):
        await reading(monkeypatch, consumer).read_to_end()
    assert consumer.is_stopped


async def test_a_broker_that_says_nothing_any_more_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka raises nothing then, it brings nothing: a topic that is quiet looks the same."""
    consumer = FakeConsumer([], end=0)
    topic = reading(monkeypatch, consumer)
    consumer.answers = [module.READ_TIMEOUT_S - 5]
    assert await topic.read() == []
    consumer.answers = [module.READ_TIMEOUT_S + 5]
    with pytest.raises(BrokerUnreachableError):
        await topic.read()
    assert consumer.is_stopped


async def test_a_broker_that_never_answers_is_away_though_reading_may_take_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumer = FakeConsumer([], end=0)
    topic = reading(monkeypatch, consumer)
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.0)
    consumer.answers = [None]
    with pytest.raises(BrokerUnreachableError):
        await asyncio.wait_for(topic.read(), 10.0)  # before the 15 s that a connection may take
    assert consumer.is_stopped


async def test_a_topic_is_quiet_when_the_broker_has_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = FakeConsumer([], end=0)
    topic = reading(monkeypatch, consumer)
    consumer.answers = [None, None, 0.0]
    assert await topic.read() == []
    assert consumer.answers == [0.0]

    monkeypatch.setattr(module, "CONNECT_TIMEOUT_S", 0.01)
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.01)
    consumer.answers = [None]
    with pytest.raises(BrokerUnreachableError):
        await topic.read()
