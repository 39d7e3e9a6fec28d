"""A topic that nobody knows for a while: it may be made again."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.worker.producer import Producer


class Broker:
    """Knows a topic from the so-manieth question on; each takes a second of a clock of its own."""

    def __init__(self, from_question: int) -> None:
        self.asked = 0
        self._from = from_question

    async def send_batch(self, batch: object, topic: str, *, partition: int) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked < self._from:
            raise UnknownTopicOrPartitionError
        return f"{batch} for {topic}/{partition}"


def producer(broker: Broker, patience_s: float, monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = SimpleNamespace(monotonic=lambda: float(broker.asked))
    monkeypatch.setattr("streams.worker.producer.time", clock)
    monkeypatch.setattr(AIOKafkaProducer, "send_batch", lambda _, *args, **how: broker.send_batch(*args, **how))
    made = Producer.__new__(Producer)
    made._patience_s = patience_s
    return made


async def test_a_topic_that_is_made_again_gets_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(from_question=3)
    assert await producer(broker, 60.0, monkeypatch).send_batch("all", "labels", partition=2) == "all for labels/2"
    assert broker.asked == 3


async def test_one_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(from_question=1_000)
    with pytest.raises(UnknownTopicOrPartitionError):
        await producer(broker, 3.0, monkeypatch).send_batch("all", "labels", partition=2)
    assert broker.asked == 3
