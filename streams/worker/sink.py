"""Publishes outputs and returns when the broker has them.

One lane per topic and partition. A lane sends whatever has gathered while its previous batch was on the way: a lone
record leaves at once, and batches grow only because the broker is busy. Building the batches here instead of
calling `send` once a record saves a future and a callback for each of them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from models.errors import place_of
from streams.errors import TidegateError
from streams.record import Outgoing


class PublishError(TidegateError):
    """The broker did not take an output. The inputs stay unreleased and come back after a restart."""


class Publisher(Protocol):
    """What the sink uses of `Producer`."""

    def create_batch(self) -> Any: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Awaitable[Any]: ...

    async def partitions_for(self, topic: str) -> set[int]: ...

    def take_back(self, topic: str, partition: int, records: int) -> None: ...


class _Publication:
    """Counts down the records of one `publish` call."""

    __slots__ = ("done", "refused", "remaining")

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining
        self.refused: list[Outgoing] = []
        """Larger than their topic takes."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def count_down(self) -> None:
        self.remaining -= 1
        if self.remaining == 0 and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: PublishError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


_Entry = tuple[Outgoing, _Publication]


class _Lane:
    """Everything on its way to one partition of one topic, in order."""

    def __init__(self, publisher: Publisher, topic: str, partition: int) -> None:
        self._publisher = publisher
        self._topic = topic
        self._partition = partition
        self._pending: deque[_Entry] = deque()
        self._most: int | None = None
        """Messages of a batch, while batches are larger than the topic takes."""
        self._task: asyncio.Task[None] | None = None

    def add(self, message: Outgoing, publication: _Publication) -> None:
        self._pending.append((message, publication))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._send_pending())

    async def _send_pending(self) -> None:
        while self._pending:
            taken: list[_Entry] = []
            try:
                batch = self._publisher.create_batch()
                self._fill(batch, taken)
                acknowledged = await self._publisher.send_batch(batch, self._topic, partition=self._partition)
                await acknowledged
            except MessageSizeTooLargeError:
                self._shrink(taken)
            except Exception as error:  # noqa: BLE001  whatever it is, nobody may go on waiting
                self._fail([publication for _, publication in (*taken, *self._pending)], error)
                self._pending.clear()
                return
            else:
                self._most = self._most and 2 * self._most
                for _, publication in taken:
                    publication.count_down()

    def _shrink(self, taken: list[_Entry]) -> None:
        """Half of it is tried again; one alone is handed back to whoever published it."""
        self._publisher.take_back(self._topic, self._partition, len(taken))
        self._most = max(1, len(taken) // 2)
        if len(taken) > 1:
            self._pending.extendleft(reversed(taken))
            return
        ((message, publication),) = taken
        publication.refused.append(message)
        publication.count_down()

    def _fill(self, batch: Any, taken: list[_Entry]) -> None:
        """Moves pending messages into the batch until it is full; its first message always fits."""
        while self._pending and len(taken) != self._most:
            message, _ = self._pending[0]
            headers = list(message.headers)  # aiokafka's compiled builder takes nothing else
            if batch.append(timestamp=None, key=message.key, value=message.value, headers=headers) is None:
                break
            taken.append(self._pending.popleft())

    def _fail(self, publications: Sequence[_Publication], cause: Exception) -> None:
        reason = f"{type(cause).__name__}: {cause}" if isinstance(cause, KafkaError) else place_of(cause)
        error = PublishError(f"topic {self._topic} did not take an output: {reason}")
        error.__cause__ = cause
        for publication in publications:
            publication.fail(error)

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1.0)


class Sink:
    """Publishes outputs to the topics of their kinds.

    Args:
        publisher: a started aiokafka producer with `acks=all`.
        topics: full topic name per kind of output.
        timeout_s: how long one `publish` may wait for the broker.
    """

    def __init__(self, publisher: Publisher, topics: Mapping[str, str], timeout_s: float) -> None:
        self._publisher = publisher
        self._topics = topics
        self._timeout_s = timeout_s
        self._partitions: dict[str, int] = {}
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._waiting: dict[_Publication, float] = {}

    async def start(self) -> None:
        """Learns the partition counts.

        Raises:
            PublishError: a topic is missing.
        """
        for kind, topic in self._topics.items():
            partitions = await self._publisher.partitions_for(topic)
            if not partitions:
                raise PublishError(f"topic {topic} has no partitions")
            self._partitions[kind] = len(partitions)

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Returns once the broker acknowledged every message, but for those that it returns: their topic takes none as
        large.

        Raises:
            PublishError: at least one message was not acknowledged within the timeout.
        """
        if not messages:
            return ()
        publication = _Publication(len(messages))
        self._waiting[publication] = time.monotonic()
        for message in messages:
            self._lane(message).add(message, publication)
        try:
            await asyncio.wait_for(publication.done, self._timeout_s)
        except TimeoutError:
            raise PublishError(f"no acknowledgement from the broker within {self._timeout_s:g} s") from None
        finally:
            del self._waiting[publication]
        return publication.refused

    def waited_s(self, now: float) -> float:
        """How long the broker has kept the oldest `publish` waiting; `now` is monotonic seconds."""
        return now - next(iter(self._waiting.values()), now)

    def _lane(self, message: Outgoing) -> _Lane:
        where = (message.kind, message.partition % self._partitions[message.kind])
        lane = self._lanes.get(where)
        if lane is None:
            lane = self._lanes[where] = _Lane(self._publisher, self._topics[message.kind], where[1])
        return lane

    async def stop(self) -> None:
        """Gives up what was not acknowledged; call it after the drain."""
        for lane in self._lanes.values():
            await lane.stop()
