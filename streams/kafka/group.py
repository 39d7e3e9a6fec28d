"""The consumer group: how a worker reads in it, and that it joins when a broker is ready to coordinate it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError

from streams.kafka.connection import connected_admin, reading_options
from streams.settings import Settings

logger = logging.getLogger(__name__)

COORDINATOR_TIMEOUT_S = 30.0
ASK_AGAIN_S = 0.2
JOIN_TIMEOUT_S = 90.0  # joining is answered when the last member has drained
FETCH_WAIT_MS = 100
ANSWER_BYTES = 8 * 1024 * 1024  # what a broker sends at once, packed as it is stored


def group_options(settings: Settings) -> dict[str, Any]:
    """Arguments for the AIOKafkaConsumer that joins the workers' group."""
    return {
        **reading_options(settings),
        "group_id": settings.group,
        "auto_offset_reset": "earliest",  # of a new group, and of a partition that was added while we ran
        "partition_assignment_strategy": (RoundRobinPartitionAssignor,),
        # A killed worker's partitions are taken over after this; Faust's minute is a long time without moderation.
        "session_timeout_ms": 10_000,
        # By its heartbeats a member hears that it has to join anew; until the last one has, nobody reads. While three
        # workers were replaced p99 was 3.6 s with 3 s, the default, and is 0.9.
        "heartbeat_interval_ms": 1_000,
        "rebalance_timeout_ms": 60_000,
        "request_timeout_ms": int(1000 * JOIN_TIMEOUT_S),
        "max_poll_interval_ms": 1_000_000,
        # aiokafka has one question under way to a broker, and what it holds of a partition leaves that out of it. So a
        # partition that was just read to its end waits for the answer to a question about others, which may be idle.
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "fetch_max_bytes": ANSWER_BYTES,
    }


def sightings_group(settings: Settings) -> str:
    """In which workers share the topics of sightings: a partition of those is no matter of who judges which posts."""
    return f"{settings.group}-waves"


async def await_coordinator(settings: Settings, topic: str, within_s: float = COORDINATOR_TIMEOUT_S) -> None:
    """Returns when a broker coordinates the group; after `within_s` it warns once and returns all the same.

    The first group of a cluster makes the brokers create the topic of offsets, which takes them some seconds. A
    consumer that joins meanwhile logs an error for every answer it does not get.

    Args:
        topic: one that exists; it is asked for the group's offset there, as a consumer will.

    Raises:
        ClientError: no broker can be reached, or they refuse.
    """
    partition = TopicPartition(topic, 0)
    deadline = asyncio.get_running_loop().time() + within_s
    async with connected_admin(settings) as admin:
        while not await _answers(admin, settings.group, partition):
            if asyncio.get_running_loop().time() > deadline:
                logger.warning("no broker coordinates group %s after %g s; going on", settings.group, within_s)
                return
            await asyncio.sleep(ASK_AGAIN_S)


async def _answers(admin: Any, group: str, partition: TopicPartition) -> bool:
    """The admin client passes over an error for the whole group: then the partition is missing from the answer."""
    try:
        return partition in await admin.list_consumer_group_offsets(group, partitions=[partition])
    except KafkaError as error:
        if error.retriable:
            return False
        raise
