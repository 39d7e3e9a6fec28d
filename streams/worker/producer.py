"""The producer of a worker: aiokafka's, with three of its bounds set right."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.channels import MAX_MESSAGE_BYTES
from streams.kafka.connection import connection_options
from streams.settings import Settings

MAX_BATCH_BYTES = 512 * 1024


class Producer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """Idempotent, with acks from all copies.

    Args:
        patience_s: how long a batch is tried again. aiokafka gives up after `request_timeout_ms` where a partition has
            no leader for that long, which a fail-over may take, or nobody knows the topic, which may be made again.
    """

    def __init__(self, settings: Settings, patience_s: float) -> None:
        super().__init__(
            **connection_options(settings),
            acks="all",
            enable_idempotence=True,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_MESSAGE_BYTES,
        )
        accumulator: Any = self._message_accumulator
        accumulator._batch_ttl = patience_s  # noqa: SLF001
        self._patience_s = patience_s

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]:
        """Raises what aiokafka's does; UnknownTopicOrPartitionError, which it raises after a wait, not before time."""
        waits_until = time.monotonic() + self._patience_s
        while True:
            try:
                sent: Awaitable[Any] = await super().send_batch(batch, topic, partition=partition)
            except UnknownTopicOrPartitionError:
                if time.monotonic() >= waits_until:
                    raise
            else:
                return sent

    def take_back(self, topic: str, partition: int, records: int) -> None:
        """Call it for a batch that the broker did not take, before the next one of its partition is sent.

        A batch has used up its numbers when it is sent. Without them back, the broker would find a hole before the next
        one and refuse that, and everything behind it.
        """
        manager: Any = self._txn_manager
        manager.increment_sequence_number(TopicPartition(topic, partition), -records)
