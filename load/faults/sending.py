"""Sends records at a rate, whatever happens; what the broker acknowledges is the truth of a run."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aiokafka.errors import KafkaError

from load.producing import producing
from load.texts import Payload
from streams.history import Place

IN_FLIGHT = 5_000
ANSWERED_WITHIN_S = 120.0
STOP_WITHIN_S = 10.0
WAIT_MS = 900_000
"""For a broker that is away: aiokafka's 40 s are less than the time for which it is taken away."""
LOOK_EVERY_MS = 2_000
"""For partitions that were added."""


class Sender:
    """Open loop: a record is due at its moment, and one that the broker kept waiting is sent as soon as it can be.

    Args:
        payloads: without end.
    """

    def __init__(self, bootstrap: str, prefix: str, payloads: Iterator[Payload]) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._payloads = payloads
        self.timestamp_ms: Callable[[int], int] | None = None
        """Of a record by its number; None: the producer's."""
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self.acknowledged: set[Place] = set()
        self.sent = 0
        self.refused = 0
        """Records of which the broker never said that it has them; it may have them all the same."""

    async def send(self, rate: float, at_least: int, enough: asyncio.Event) -> None:
        """Goes on until `at_least` records were sent and `enough` is set; then waits for what is under way.

        Raises:
            TimeoutError: the brokers did not answer for all of it.
        """
        began = time.monotonic()
        options = {
            "enable_idempotence": True,  # it tries again
            "request_timeout_ms": WAIT_MS,
            "metadata_max_age_ms": LOOK_EVERY_MS,
        }
        async with producing(self._bootstrap, stop_within_s=STOP_WITHIN_S, **options) as producer:
            for number in range(10**9):
                if number >= at_least and enough.is_set():
                    break
                if (early_s := began + number / rate - time.monotonic()) > 0.01:
                    await asyncio.sleep(early_s)
                await self._send_one(producer, next(self._payloads))
            await self._until_answered()

    async def _send_one(self, producer: Any, payload: Payload) -> None:
        await self._room.acquire()
        self.sent += 1
        topic = f"{self._prefix}.{payload.kind}"
        try:
            partition = zlib.crc32(payload.key) % len(await producer.partitions_for(topic))
            receipt = await producer.send(
                topic,
                payload.value,
                key=payload.key,
                partition=partition,
                headers=[("trace", str(self.sent).encode())],
                timestamp_ms=self.timestamp_ms(self.sent) if self.timestamp_ms else None,
            )
        except KafkaError:
            self._refuse()
        else:
            receipt.add_done_callback(partial(self._note, (topic, partition)))

    def _note(self, where: tuple[str, int], receipt: asyncio.Future[Any]) -> None:
        if receipt.cancelled() or receipt.exception() is not None:
            self._refuse()
            return
        self._room.release()
        self.acknowledged.add((*where, receipt.result().offset))

    def _refuse(self) -> None:
        self._room.release()
        self.refused += 1

    async def _until_answered(self) -> None:
        try:
            await asyncio.wait_for(self._all_answered(), ANSWERED_WITHIN_S)
        except TimeoutError:
            raise TimeoutError(f"not all records were acknowledged within {ANSWERED_WITHIN_S:g} s") from None

    async def _all_answered(self) -> None:
        for _ in range(IN_FLIGHT):
            await self._room.acquire()
        for _ in range(IN_FLIGHT):
            self._room.release()
