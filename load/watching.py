"""Reads what the service publishes, while it does."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaConsumer

from load.measure import Answer
from schemas.channels import DEAD_LETTERS
from streams.tasks import REGISTRY

ANSWERS = (*(task.outputs[0].kind for task in REGISTRY), DEAD_LETTERS.kind)
"""Every input record ends on exactly one of these."""


class Watcher:
    """Consumes the answer topics from their ends on and hands each answer to `take`."""

    def __init__(self, bootstrap: str, prefix: str, take: Callable[[Answer], None]) -> None:
        self._topics = {f"{prefix}.{kind}": kind for kind in ANSWERS}
        self._consumer = AIOKafkaConsumer(
            *self._topics, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="latest"
        )
        self._take = take
        self._task: asyncio.Task[None] | None = None
        self.last_at = time.monotonic()

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        for at in self._consumer.assignment():
            await self._consumer.position(at)  # fixes where it begins before anything is sent
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)
        await self._consumer.stop()

    async def _watch(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=500)
            received_at = time.time()
            for at, messages in batches.items():
                self.last_at = time.monotonic()
                for message in messages:
                    self._take(answer_of(self._topics[at.topic], message, received_at))


class Progress:
    """Counts answers by the ends of their topics: cheap enough to ask ten times a second."""

    def __init__(self, bootstrap: str, prefix: str, kinds: Sequence[str] = ANSWERS) -> None:
        topics = [f"{prefix}.{kind}" for kind in kinds]
        self._consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, enable_auto_commit=False)

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.pause(*self._consumer.assignment())  # it asks for the ends and never fetches
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def count(self) -> int:
        return sum((await self._consumer.end_offsets(self._consumer.assignment())).values())


def answer_of(kind: str, message: Any, received_at: float) -> Answer:
    """What a message on an answer topic answers, whoever wrote it."""
    if kind == "dead-letters":
        key = (message.key or b"").removeprefix(b"bad")
        return Answer(int(key) if key.isdigit() else -1, kind, received_at)
    body = orjson.loads(message.value)
    number = next(body[name] for name in ("post_id", "record_id", "id") if name in body)
    timings_ms, degraded = body.get("timings_ms", {}), body.get("degraded", False)  # the answers of peers have neither
    version = f"{body.get('model_version', '')} {body.get('policy_version', '')}".strip()
    return Answer(int(number), kind, received_at, timings_ms, degraded, bool(body.get("pictures")), version)
