"""What `tidegate topics create` asks the brokers for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import NewTopic

from streams.kafka import topics
from streams.kafka.topics import create_topics, kinds
from streams.settings import Settings


class Cluster:
    """Brokers that make every topic they are asked for."""

    def __init__(self, brokers: int) -> None:
        self._brokers = brokers
        self.made: dict[str, NewTopic] = {}

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}] * new.num_partitions} for name, new in self.made.items()]

    async def describe_cluster(self) -> dict[str, Any]:
        return {"controller_id": 0, "brokers": [{"node_id": number} for number in range(self._brokers)]}

    async def create_topics(self, new: Sequence[NewTopic]) -> SimpleNamespace:
        self.made |= {each.name: each for each in new}
        return SimpleNamespace(to_object=lambda: {"topic_errors": []})


async def made_by(
    monkeypatch: pytest.MonkeyPatch, brokers: int, replication: int | None = None
) -> dict[str, tuple[int, dict[str, str]]]:
    """Copies and settings of each topic, by its kind."""
    cluster = Cluster(brokers)

    @asynccontextmanager
    async def connected(settings: Settings) -> AsyncIterator[Cluster]:
        yield cluster

    monkeypatch.setattr(topics, "connected_admin", connected)
    await create_topics(Settings(topic_prefix="p"), partitions=4, replication=replication)
    assert set(cluster.made) == {f"p.{kind}" for kind in kinds()}
    return {name[2:]: (new.replication_factor, dict(new.topic_configs)) for name, new in cluster.made.items()}


@pytest.mark.parametrize(
    ("brokers", "replication", "copies", "acknowledged_by"),
    [(1, None, 1, None), (2, None, 2, None), (3, None, 3, "2"), (9, None, 3, "2"), (9, 2, 2, None), (9, 5, 5, "2")],
)
async def test_what_is_acknowledged_is_on_two_brokers_where_there_are_three_copies(
    monkeypatch: pytest.MonkeyPatch, brokers: int, replication: int | None, copies: int, acknowledged_by: str | None
) -> None:
    made = await made_by(monkeypatch, brokers, replication)
    assert {each for each, _ in made.values()} == {copies}
    assert {config.get("min.insync.replicas") for _, config in made.values()} == {acknowledged_by}


async def test_topics_keep_settings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await made_by(monkeypatch, brokers=3)
    assert made["control"][1] == {"cleanup.policy": "compact", "min.insync.replicas": "2"}
    assert made["reviews"][1]["retention.ms"] == str(365 * 24 * 3600 * 1000)
    assert made["labels"][1] == {"min.insync.replicas": "2"}
