"""Looks at the topics and the workers while a scenario is played, and reads everything when it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from load.faults.history import Input, Outcome, read_input, read_outcome
from load.kafka.admin import admin
from load.watching import ANSWERS
from streams.kafka.topics import input_kinds

LOOK_WITHIN_S = 8.0
READ_STALLED_S = 30.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `stored` and `committed`: records on the input topics, and those that the group is done with."""

    at: float
    stored: int
    committed: int
    resident_mb: float = 0.0

    @property
    def lag(self) -> int:
        return self.stored - self.committed


async def look(bootstrap: str, prefix: str, pids: Sequence[int]) -> Sample | None:
    """None while the brokers do not answer."""
    try:
        stored, committed = await asyncio.wait_for(_count(bootstrap, prefix), LOOK_WITHIN_S)
    except (KafkaError, OSError, TimeoutError):
        return None
    return Sample(time.time(), stored, committed, sum(map(_resident_mb, pids)))


async def _count(bootstrap: str, prefix: str) -> tuple[int, int]:
    topics = [f"{prefix}.{kind}" for kind in input_kinds()]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await consumer.start()
        async with admin(bootstrap) as client:
            described = await client.describe_topics(topics)
            places = [
                TopicPartition(each["topic"], one["partition"]) for each in described for one in each["partitions"]
            ]
            offsets = await client.list_consumer_group_offsets(prefix, partitions=places)
        ends = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    done = sum(max(0, min(offsets[at].offset, end)) for at, end in ends.items() if at in offsets)
    return sum(ends.values()), done


def _resident_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except psutil.Error:  # it has ended
        return 0.0


async def read_everything(bootstrap: str, prefix: str) -> tuple[list[Input], list[Outcome]]:
    """All inputs and all outcomes, from the first on, as far as they are committed.

    Raises:
        TimeoutError: nothing came for half a minute before the end was reached.
    """
    inputs: list[Input] = []
    outcomes: list[Outcome] = []
    kinds = {f"{prefix}.{kind}": kind for kind in (*input_kinds(), *ANSWERS)}
    answers = {topic: kind for topic, kind in kinds.items() if kind in ANSWERS}
    consumer = AIOKafkaConsumer(
        *kinds,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        moved_at = time.monotonic()
        while not await _reached(consumer, ends):
            batches = await consumer.getmany(timeout_ms=500, max_records=5_000)
            for at, batch in batches.items():
                moved_at = time.monotonic()
                if at.topic in answers:
                    outcomes += [read_outcome(answers[at.topic], each) for each in batch]
                else:
                    inputs += [read_input(each) for each in batch]
            if time.monotonic() - moved_at > READ_STALLED_S:
                raise TimeoutError(f"the topics could not be read to their ends within {READ_STALLED_S:g} s")
    finally:
        await consumer.stop()
    return inputs, outcomes


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for at, end in ends.items():
        if end > 0 and await consumer.position(at) < end:
            return False
    return True
