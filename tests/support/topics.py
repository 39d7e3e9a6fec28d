"""The service's topics on an embedded broker, and somebody who writes to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from streams.kafka.embedded_broker import EmbeddedBroker
from streams.kafka.topics import create_topics
from streams.settings import Settings

Say = Callable[..., Awaitable[None]]


@asynccontextmanager
async def topics_to_write() -> AsyncIterator[tuple[Settings, Say]]:
    """Settings for the topics, and what writes a JSON message to one: its kind, the message, and the partition."""
    async with EmbeddedBroker() as broker:
        settings = Settings(brokers=broker.address, topic_prefix="here")
        await create_topics(settings)
        async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:

            async def say(kind: str, message: Any, partition: int = 1) -> None:
                await producer.send_and_wait(f"here.{kind}", orjson.dumps(message), partition=partition)

            yield settings, say
