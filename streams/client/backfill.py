"""A stretch of a topic is judged once more, behind what comes in live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import TopicPartition

from streams.client.done_offsets import DoneOffsets
from streams.client.resending import TOGETHER, Original, resend, resending
from streams.client.stretch import Offsets, as_it_is_now, read_stretch, reading
from streams.kafka.topics import topic_name
from streams.settings import Settings
from streams.tasks import declared

BURST_S: Final = 0.05
"""Of the rate at most so much is sent in one go, so that live records never stand behind more at once."""
SAVE_EVERY_S = 1.0

Edge = datetime | int
"""A time of the records, or an offset, which is then that of every partition."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What of a topic goes to the backfill topic of a task: from `since` on and before `until`.

    A time is compared with each record's own: producers' clocks differ, and times go up and down in a partition.
    """

    topic: str
    task: str
    since: Edge
    until: Edge | None = None
    """None: up to now."""

    def holds(self, message: Any) -> bool:
        """Whether it is inside by its time, where times are the edges."""
        return (not isinstance(self.since, datetime) or message.timestamp >= _milliseconds(self.since)) and (
            not isinstance(self.until, datetime) or message.timestamp < _milliseconds(self.until)
        )


@dataclass(slots=True)
class Backfilled:
    """Records. `before`: an earlier run had sent them."""

    sent: int = 0
    failed: int = 0
    before: int = 0


def progress_file(settings: Settings, topic: str) -> Path:
    """Where a backfill remembers what it has sent."""
    return settings.data_dir / f"backfilled-{topic}.json"


async def backfill(
    settings: Settings,
    stretch: Stretch,
    rate: float,
    done: DoneOffsets,
    report: Callable[[int, int], None] = lambda at, total: None,
) -> Backfilled:
    """Sends the records of a stretch to the backfill topic of its task, untouched, in the order of each partition.

    Args:
        rate: records a second at most.
        done: what was sent before and is not sent again; is told what was sent now, and writes it down.
        report: called with how many offsets are behind it and how many there are in all.

    Raises:
        ClientError: the broker or a topic cannot be reached.
        ProgressError: what was sent cannot be written down.
    """
    target = topic_name(settings.topic_prefix, declared()[stretch.task].backfill.kind)
    result = Backfilled()
    done.save()  # a file that cannot be written is found out before anything is sent
    async with reading(settings, stretch.topic) as consumer, resending(settings) as producer:
        begins, ends = await _edges(consumer, stretch)
        total = sum(ends[partition] - begin for partition, begin in begins.items())
        pace = Pace(rate)
        now = saved_at = asyncio.get_running_loop().time()
        together = max(1, min(TOGETHER, int(rate * BURST_S)))
        async with aclosing(_undone(consumer, stretch, begins, ends, done, result, together)) as chunks:
            async for chunk in chunks:
                await asyncio.sleep(pace.delay_s(len(chunk), now))
                await _send(producer, target, chunk, done, result)
                report(result.sent + result.failed + result.before, total)
                now = asyncio.get_running_loop().time()
                if now - saved_at > SAVE_EVERY_S:
                    saved_at = now
                    done.save()
        done.save()
        report(total, total)
    return result


async def _edges(consumer: Any, stretch: Stretch) -> tuple[Offsets, Offsets]:
    """Offsets by partition, inside of what the topic holds now."""
    first, last = await as_it_is_now(consumer)
    begins = await _places(consumer, stretch.since, last)
    ends = dict.fromkeys(last, stretch.until) if isinstance(stretch.until, int) else last
    begins = {partition: min(max(begins[partition], first[partition]), last[partition]) for partition in last}
    return begins, {partition: max(begins[partition], min(ends[partition], last[partition])) for partition in last}


async def _places(consumer: Any, edge: Edge, last: Offsets) -> Mapping[TopicPartition, int]:
    """Of the first record of that time or later, or the end where there is none."""
    if not isinstance(edge, datetime):
        return dict.fromkeys(last, edge)
    found = await consumer.offsets_for_times(dict.fromkeys(last, _milliseconds(edge)))
    return {partition: last[partition] if found[partition] is None else found[partition].offset for partition in last}


def _milliseconds(time: datetime) -> int:
    return max(0, int(time.timestamp() * 1000))


async def _undone(
    consumer: Any,
    stretch: Stretch,
    begins: Offsets,
    ends: Offsets,
    done: DoneOffsets,
    result: Backfilled,
    together: int,
) -> AsyncGenerator[list[Any], None]:
    """The messages that were not sent before, so many in a chunk; counts the others."""
    chunk: list[Any] = []
    async with aclosing(read_stretch(consumer, stretch.topic, begins, ends)) as messages:
        async for message in messages:
            if not stretch.holds(message):
                continue
            if (message.partition, message.offset) in done:
                result.before += 1
                continue
            chunk.append(message)
            if len(chunk) == together:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


async def _send(producer: Any, target: str, messages: Sequence[Any], done: DoneOffsets, result: Backfilled) -> None:
    originals = [Original(target, one.partition, one.key, one.value, one.headers) for one in messages]
    for message, was_taken in zip(messages, await resend(producer, originals), strict=True):
        if was_taken:
            result.sent += 1
            done.add(message.partition, message.offset)
        else:
            result.failed += 1


class Pace:
    """So many records a second, evenly over the seconds; what was not used is not saved up. Pure."""

    def __init__(self, rate: float) -> None:
        self._per_record_s = 1 / rate
        self._due_at = 0.0

    def delay_s(self, records: int, now: float) -> float:
        """How long these have to wait; the next ones come after them. `now` is monotonic seconds."""
        starts_at = max(self._due_at, now)
        self._due_at = starts_at + records * self._per_record_s
        return starts_at - now
