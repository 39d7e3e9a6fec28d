"""Waiting for the group's coordinator: quietly, and not for ever."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
)
from aiokafka.structs import OffsetAndMetadata

from streams.kafka import group
from streams.kafka.group import await_coordinator
from streams.settings import Settings

PARTITION = TopicPartition("moderation.posts", 0)
READY = {PARTITION: OffsetAndMetadata(-1, "")}
LOADING: dict[TopicPartition, OffsetAndMetadata] = {}  # what aiokafka makes of an error for the whole group


class FakeAdmin:
    """Gives its answers one after the other, the last one for ever."""

    def __init__(self, answers: Sequence[Any]) -> None:
        self.asked = 0
        self._answers = answers

    async def list_consumer_group_offsets(self, group_id: str, *, partitions: list[TopicPartition]) -> Any:
        assert (group_id, partitions) == ("tidegate", [PARTITION])
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, KafkaError):
            raise answer
        return answer


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeAdmin]:
    def use(*answers: Any) -> FakeAdmin:
        admin = FakeAdmin(answers)

        @asynccontextmanager
        async def connected(settings: Settings) -> AsyncIterator[FakeAdmin]:
            yield admin

        monkeypatch.setattr(group, "connected_admin", connected)
        monkeypatch.setattr(group, "ASK_AGAIN_S", 0.001)
        return admin

    return use


async def test_it_asks_until_the_group_is_served(
    answering: Callable[..., FakeAdmin], caplog: pytest.LogCaptureFixture
) -> None:
    admin = answering(GroupCoordinatorNotAvailableError(), GroupLoadInProgressError(), LOADING, READY)
    await await_coordinator(Settings(), PARTITION.topic)
    assert admin.asked == 4
    assert not caplog.records


async def test_a_coordinator_that_stays_away_is_told_once(
    answering: Callable[..., FakeAdmin], caplog: pytest.LogCaptureFixture
) -> None:
    admin = answering(GroupCoordinatorNotAvailableError())
    await await_coordinator(Settings(), PARTITION.topic, within_s=0.05)
    assert admin.asked > 1
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "no broker coordinates group tidegate after 0.05 s; going on")
    ]


async def test_a_refusal_is_not_waited_out(answering: Callable[..., FakeAdmin]) -> None:
    admin = answering(GroupAuthorizationFailedError("tidegate"), READY)
    with pytest.raises(GroupAuthorizationFailedError):  # `connected_admin` makes a NotAuthorisedError of it
        await await_coordinator(Settings(), PARTITION.topic)
    assert admin.asked == 1
