"""What load and fault runs ask of a broker, and do to its topics."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.record import Partition

REQUEST_TIMEOUT_MS = 10_000


@asynccontextmanager
async def admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def add_partitions(bootstrap: str, topic: str, total: int) -> None:
    async with admin(bootstrap) as client:
        await client.create_partitions({topic: NewPartitions(total)})


async def delete_topic(bootstrap: str, topic: str) -> None:
    async with admin(bootstrap) as client:
        await client.delete_topics([topic])


async def set_topic(bootstrap: str, topic: str, **config: object) -> None:
    """`config`: settings of the topic, with underscores for dots. All others become the broker's own."""
    values = {name.replace("_", "."): str(value) for name, value in config.items()}
    async with admin(bootstrap) as client:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, values)])


async def ends(bootstrap: str, topics: Collection[str]) -> dict[Partition, int]:
    """Where each partition ends, whatever stands there last."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await consumer.start()
        found = await consumer.end_offsets(consumer.assignment())
    finally:
        await consumer.stop()
    return {(at.topic, at.partition): end for at, end in found.items()}


async def committed(bootstrap: str, group: str, topics: Collection[str]) -> dict[Partition, int]:
    """The group's committed offsets on these topics. The partitions are named: the embedded broker lists none."""
    async with admin(bootstrap) as client:
        described = await client.describe_topics(list(topics))
        named = [TopicPartition(each["topic"], one["partition"]) for each in described for one in each["partitions"]]
        offsets = await client.list_consumer_group_offsets(group, partitions=named)
    return {(at.topic, at.partition): meta.offset for at, meta in offsets.items() if meta.offset >= 0}


async def members(bootstrap: str, group: str) -> tuple[str, int]:
    """The group's state and how many members it has."""
    async with admin(bootstrap) as client:
        (response,) = await client.describe_consumer_groups([group])
    (described,) = response.to_object()["groups"]
    return described["state"], len(described["members"])
