"""Reading the topics of control: from their beginning to their end, and then what comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas import Control, InvalidRecord
from schemas.channels import MAX_MESSAGE_BYTES
from streams.errors import missing_topic, translate
from streams.kafka.connection import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, reading_options
from streams.kafka.silence import answered_at, is_silent
from streams.kafka.topics import topic_name
from streams.settings import Settings

logger = logging.getLogger(__name__)

READ_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.5

Said = tuple[str, Control | None]
"""A key and its entry; None: the key was deleted."""


class Log:
    """The first partition of a topic, in its order. Only what was committed is read: a change is a transaction.

    Args:
        kind: of the topic.
    """

    def __init__(self, settings: Settings, kind: str, make_consumer: Callable[..., Any] = AIOKafkaConsumer) -> None:
        self._settings = settings
        self._name = topic_name(settings.topic_prefix, kind)
        self._partition = TopicPartition(self._name, 0)
        self._make_consumer = make_consumer
        self._consumer: Any = None
        self._asked_since = 0.0
        self._next = 0

    async def read_to_end(self) -> list[Any]:
        """All messages that are there now and were not read yet.

        Raises:
            ClientError: the broker or the topic cannot be reached.
        """
        return await self._translated(self._read_to_end())

    async def read(self) -> list[Any]:
        """What came; nothing after half a second in which nothing did. Raises as `read_to_end`."""
        return await self._translated(self._fetch())

    async def _translated(self, reading: Coroutine[Any, Any, list[Any]]) -> list[Any]:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S + READ_TIMEOUT_S):
                return await reading
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            raise translate(error, self._settings.brokers) from error

    async def _read_to_end(self) -> list[Any]:
        await self._open()
        messages: list[Any] = []
        end = (await self._consumer.end_offsets([self._partition]))[self._partition]
        while await self._consumer.position(self._partition) < end:
            messages += await self._fetch()
        return messages

    async def _fetch(self) -> list[Any]:
        """Raises TimeoutError where the broker says nothing any more."""
        await self._open()
        while True:
            batches = await self._consumer.getmany(timeout_ms=int(_POLL_S * 1000))
            messages = [message for batch in batches.values() for message in batch]
            if messages:
                self._next = messages[-1].offset + 1
                return messages
            if is_silent(self._consumer, [self._partition], self._asked_since, READ_TIMEOUT_S):
                raise TimeoutError
            if answered_at(self._consumer, self._partition) is not None:
                return []  # before, nobody has said that there is nothing

    async def _open(self) -> None:
        if self._consumer is not None:
            return
        options = {**reading_options(self._settings), "isolation_level": "read_committed"}
        consumer = self._make_consumer(**options, auto_offset_reset="earliest")
        try:
            await consumer.start()
            if self._name not in await consumer.topics():
                raise missing_topic(self._name)
        except BaseException:
            await consumer.stop()
            raise
        consumer.assign([self._partition])
        consumer.seek(self._partition, self._next)
        self._consumer, self._asked_since = consumer, time.time()

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(consumer.stop(), REQUEST_TIMEOUT_S)


class ControlTopic:
    """What is active, as it is said. Raises as the log does."""

    def __init__(self, settings: Settings) -> None:
        self._log = Log(settings, "control")

    async def read_to_end(self) -> list[Said]:
        return _said(await self._log.read_to_end())

    async def read(self) -> list[Said]:
        return _said(await self._log.read())

    async def close(self) -> None:
        await self._log.close()


def _said(messages: Sequence[Any]) -> list[Said]:
    return [said for message in messages if (said := _read(message)) is not None]


def _read(message: Any) -> Said | None:
    """None, and a word in the log, for what is no entry: it changes nothing."""
    key = (message.key or b"").decode("utf-8", "replace")
    if message.value is None:
        return key, None
    try:
        entry = Control.decode(message.value, MAX_MESSAGE_BYTES)
    except InvalidRecord as error:
        logger.warning("entry %d of the control topic cannot be read: %s", message.offset, error.detail)
        return None
    if entry.key != key:
        logger.warning("entry %d of the control topic stands under another key than its own", message.offset)
        return None
    return key, entry
