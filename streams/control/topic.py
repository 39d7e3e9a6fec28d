"""Reading the control topic: from its beginning to its end, and then what comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas import Control, InvalidRecord
from streams.errors import missing_topic, translate
from streams.kafka.connection import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, reading_options
from streams.kafka.topics import topic_name
from streams.settings import Settings

logger = logging.getLogger(__name__)

READ_TIMEOUT_S: Final = 30.0
MAX_ENTRY_BYTES: Final = 4 * 1024 * 1024
_POLL_S: Final = 0.5

Said = tuple[str, Control | None]
"""A key and its entry; None: the key was deleted."""


class ControlTopic:
    """The one partition, which has an order. Only what was committed is read: an operator's write is a transaction."""

    def __init__(self, settings: Settings, make_consumer: Callable[..., Any] = AIOKafkaConsumer) -> None:
        self._settings = settings
        self._name = topic_name(settings.topic_prefix, "control")
        self._partition = TopicPartition(self._name, 0)
        self._make_consumer = make_consumer
        self._consumer: Any = None
        self._next = 0

    async def read_to_end(self) -> list[Said]:
        """All that is there now and was not read yet.

        Raises:
            ClientError: the broker or the topic cannot be reached.
        """
        said: list[Said] = []
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S + READ_TIMEOUT_S):
                await self._open()
                end = (await self._consumer.end_offsets([self._partition]))[self._partition]
                while await self._consumer.position(self._partition) < end:
                    said += await self._fetch()
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            raise translate(error, self._settings.brokers) from error
        return said

    async def read(self) -> list[Said]:
        """What came; nothing after half a second in which nothing did. Raises as `read_to_end`."""
        try:
            await self._open()
            return await self._fetch()
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            raise translate(error, self._settings.brokers) from error

    async def _open(self) -> None:
        if self._consumer is not None:
            return
        consumer = self._make_consumer(
            **{**reading_options(self._settings), "isolation_level": "read_committed"}, auto_offset_reset="earliest"
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await consumer.start()
                if not await _has_partitions(consumer, self._name):
                    raise missing_topic(self._name)
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([self._partition])
        consumer.seek(self._partition, self._next)
        self._consumer = consumer

    async def _fetch(self) -> list[Said]:
        batches = await self._consumer.getmany(timeout_ms=int(_POLL_S * 1000))
        messages = [message for batch in batches.values() for message in batch]
        if messages:
            self._next = messages[-1].offset + 1
        return [said for message in messages if (said := _read(message)) is not None]

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await consumer.stop()


async def _has_partitions(consumer: Any, topic: str) -> bool:
    return topic in await consumer.topics()


def _read(message: Any) -> Said | None:
    """None, and a word in the log, for what is no entry: it changes nothing."""
    key = (message.key or b"").decode("utf-8", "replace")
    if message.value is None:
        return key, None
    try:
        entry = Control.decode(message.value, MAX_ENTRY_BYTES)
    except InvalidRecord as error:
        logger.warning("entry %d of the control topic cannot be read: %s", message.offset, error.detail)
        return None
    if entry.key != key:
        logger.warning("entry %d of the control topic stands under another key than its own", message.offset)
        return None
    return key, entry
