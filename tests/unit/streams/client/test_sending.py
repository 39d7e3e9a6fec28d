"""What the client sends by the names of records, and under which keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from schemas import SymptomRecord
from streams.client import InvalidRecordError, Receipt
from tests.unit.streams.client.test_client import FakeProducer, sending


class Keys(FakeProducer):
    """Remembers the keys, too."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[bytes | None] = []

    async def send(self, topic: str, value: bytes, *, key: bytes | None, headers: Iterable[Any]) -> Any:
        self.keys.append(key)
        return await super().send(topic, value, key=key, headers=headers)


async def test_symptom_records_go_to_their_topic_under_the_patient() -> None:
    producer = Keys()
    record = SymptomRecord(id="s2", text="cough", patient="pt-8")
    async with sending(producer) as client:
        assert await client.send_symptoms({"id": "s1", "text": "cough", "patient": "pt-7"}) == Receipt(
            "moderation.symptoms", 0, 0
        )
        assert await client.send_symptoms(record) == Receipt("moderation.symptoms", 0, 1)
    assert producer.keys == [b"pt-7", b"pt-8"]


async def test_a_symptom_record_that_does_not_fit_is_not_sent() -> None:
    producer = Keys()
    async with sending(producer) as client:
        with pytest.raises(InvalidRecordError, match="Not a valid SymptomRecord"):
            await client.send_symptoms({"id": "s1"})
    assert producer.keys == []
