"""Outputs leave in the order in which their records came, partition by partition.

Batches are cut by length and copies are answered from memory, so records finish out of order. Consumers of Kafka
count on the order of a key, for example when a post is edited, so a finished record waits for those before it in its
partition. That costs no more than one turn of the engine, because a turn takes the oldest records.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from streams.record import Partition

T = TypeVar("T")


class OutputSequence(Generic[T]):
    """Not thread-safe: it lives on the event loop."""

    def __init__(self) -> None:
        self._expected: dict[Partition, deque[T]] = {}
        self._finished: set[T] = set()

    def expect(self, partition: Partition, item: T) -> None:
        """Call it in the order of arrival."""
        queue = self._expected.get(partition)
        if queue is None:
            queue = self._expected[partition] = deque()
        queue.append(item)

    def finish(self, partition: Partition, item: T) -> list[T]:
        """What may leave now, in order: empty while something before the item is unfinished."""
        self._finished.add(item)
        queue = self._expected[partition]
        leaving: list[T] = []
        while queue and queue[0] in self._finished:
            first = queue.popleft()
            self._finished.discard(first)
            leaving.append(first)
        return leaving
