"""Reading what a task wrote down of partitions: to where the topic ends now, for a worker that takes them over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from aiokafka import TopicPartition

from streams.client.stretch import read_batches, reading
from streams.settings import Settings

PORTION: Final = 500  # messages at once: about a millisecond of the event loop


class Changelog:
    """A compacted topic that workers write to, under the partition of the input (modulo its own count)."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic

    async def read(self, begins: Mapping[int, int]) -> AsyncGenerator[tuple[int, Sequence[Any]], None]:
        """Messages for input partitions, in the order of the log: a partition, and some of its messages.

        Args:
            begins: by input partition, the offset from which on its messages are wanted.

        Raises:
            ClientError: the broker or the topic cannot be reached.
        """
        async with reading(self._settings, self._topic) as consumer:
            count = len(consumer.partitions_for_topic(self._topic))
            places = {number: TopicPartition(self._topic, number % count) for number in begins}
            if others := set(consumer.assignment()).difference(places.values()):
                consumer.pause(*others)
            ends = await consumer.end_offsets(list(set(places.values())))
            for place, end in ends.items():
                begin = min(begin for number, begin in begins.items() if places[number] == place)
                consumer.seek(place, begin if begin <= end else 0)  # else it is another topic, made anew
            async with aclosing(read_batches(consumer, self._topic, ends, PORTION)) as batches:
                async for messages in batches:
                    where = TopicPartition(messages[0].topic, messages[0].partition)
                    for number in (number for number, place in places.items() if place == where):
                        yield number, messages
