"""The topics: their names, and how to create them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from schemas.channels import Channel
from streams.errors import ClientError, NotAuthorisedError
from streams.kafka.connection import connected_admin
from streams.kafka.partitions import DEFAULT_PARTITIONS
from streams.settings import Settings
from streams.tasks import channels, declared

_ALREADY_EXISTS = 36
_REFUSALS = (29, 31)  # topic and cluster authorisation failed
_COPIES = 3


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the broker has it. `partitions` is 0 for one that does not exist."""

    kind: str
    name: str
    partitions: int
    wanted: int | None = None
    created: bool = False

    @property
    def differs(self) -> bool:
        """It existed before with another partition count. It is left alone: a change would move keys."""
        return self.wanted is not None and self.partitions != self.wanted


def kinds() -> list[str]:
    """Of all topics, inputs first."""
    return [channel.kind for channel in channels()]


def input_kinds() -> list[str]:
    """Of what the service judges, live and backfill."""
    tasks = declared().values()
    return [*(task.input.kind for task in tasks), *(task.backfill.kind for task in tasks)]


def output_kinds() -> list[str]:
    """Of what the service writes."""
    return [channel.kind for channel in channels() if channel.action == "send"]


def changelog_kinds(settings: Settings) -> dict[str, str]:
    """Of what workers with these settings keep for each other, by the task whose it is."""
    tasks = declared()
    kept = {name: tasks[name].changelog for name in settings.tasks if settings.author_state == "topic"}
    return {name: channel.kind for name, channel in kept.items() if channel is not None}


def sighting_kinds(settings: Settings) -> dict[str, str]:
    """Of what workers with these settings tell each other, by the task whose it is."""
    tasks = declared()
    told = {name: tasks[name].sightings for name in settings.tasks if settings.shared_waves == "on"}
    return {name: channel.kind for name, channel in told.items() if channel is not None}


def topic_name(prefix: str, kind: str) -> str:
    """Raises ValueError where no topic has this kind."""
    if kind not in kinds():
        raise ValueError(f"no topic kind {kind!r}")
    return f"{prefix}.{kind}"


def topic_names(prefix: str) -> dict[str, str]:
    """Full topic name per kind."""
    return {kind: f"{prefix}.{kind}" for kind in kinds()}


def topic_config(channel: Channel) -> dict[str, str]:
    """The topic's settings in the broker's words."""
    return {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in channel.config.items()}


def durability(copies: int) -> dict[str, str]:
    """Of three copies two have a message before it is acknowledged. By Kafka's default one is enough, and what that one
    alone had is lost with it, when the post that it answers is committed already.
    """
    return {"min.insync.replicas": "2"} if copies >= _COPIES else {}


async def list_topics(settings: Settings) -> list[TopicState]:
    """The service's topics, one entry for each kind, missing ones included.

    Raises:
        ClientError: the broker could not be reached or refused.
    """
    async with connected_admin(settings) as admin:
        existing = await _partition_counts(admin)
    return [TopicState(kind, name, existing.get(name, 0)) for kind, name in topic_names(settings.topic_prefix).items()]


async def create_topics(
    settings: Settings, partitions: int = DEFAULT_PARTITIONS, replication: int | None = None
) -> list[TopicState]:
    """Creates what is missing and changes nothing that exists. `control` has one partition.

    Args:
        replication: copies of each partition; by default 3, or as many as there are brokers if fewer. See `durability`.

    Raises:
        NotAuthorisedError: these credentials may not create topics.
        ClientError: the broker could not be reached or refused.
    """
    async with connected_admin(settings) as admin:
        before = await _partition_counts(admin)
        names = topic_names(settings.topic_prefix)
        wanted = {channel.kind: channel.partitions or partitions for channel in channels()}
        missing = {kind: name for kind, name in names.items() if name not in before}
        cluster = await admin.describe_cluster()
        if missing and _has_controller(cluster):
            copies = replication or min(_COPIES, len(cluster["brokers"]))
            configs = {channel.kind: topic_config(channel) | durability(copies) for channel in channels()}
            new = [NewTopic(name, wanted[kind], copies, topic_configs=configs[kind]) for kind, name in missing.items()]
            _check((await admin.create_topics(new)).to_object()["topic_errors"], settings.brokers)
            after = await _await_topics(admin, set(missing.values()))
        elif missing:
            after = await _create_on_first_use(admin, list(missing.values()))
        else:
            after = before
    return [
        TopicState(kind, name, after.get(name, 0), wanted[kind], created=kind in missing)
        for kind, name in names.items()
    ]


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """All topics. Asking for one by name would create it on a broker with automatic creation."""
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _await_topics(admin: AIOKafkaAdminClient, names: set[str], within_s: float = 5.0) -> dict[str, int]:
    """Metadata lags creation by a moment."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        counts = await _partition_counts(admin)
        if names <= counts.keys() or asyncio.get_running_loop().time() > deadline:
            return counts
        await asyncio.sleep(0.05)


def _has_controller(cluster: dict[str, Any]) -> bool:
    """False for the embedded broker: it cannot be asked to create a topic; naming one there creates it."""
    return cluster["controller_id"] in {broker["node_id"] for broker in cluster["brokers"]}


async def _create_on_first_use(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    await admin.describe_topics(names)
    return await _partition_counts(admin)


def _check(results: list[dict[str, Any]], brokers: str) -> None:
    for result in results:
        code = result["error_code"]
        if code in (0, _ALREADY_EXISTS):
            continue
        said = result.get("error_message") or for_code(code).description
        if code in _REFUSALS:
            raise NotAuthorisedError(f"The broker at {brokers} does not let you create {result['topic']}: {said}")
        raise ClientError(f"The broker at {brokers} could not create {result['topic']}: {said}")
