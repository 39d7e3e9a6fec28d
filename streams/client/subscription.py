"""Reading an output topic: decoded, repeats dropped, committed behind the reader."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, UnknownTopicOrPartitionError

from streams.errors import BrokerUnreachableError, missing_topic, translate
from streams.kafka.connection import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, connection_options, reading_options
from streams.kafka.diagnosis import explained
from streams.positions import Positions
from streams.record import RawRecord
from streams.settings import Settings

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

REMEMBERED = 100_000  # identities, about 20 MB; at 1,000 records/s it covers a redelivery 100 s back
COMMIT_EVERY_S = 1.0
_POLL_S = 0.2


class Decode(Protocol[Item_co]):
    """Turns a consumed message into an item and what a repeat of it would share (None: it has none).

    Raises ValueError if it cannot, with a sentence that does not quote the message.
    """

    def __call__(self, message: Any) -> tuple[Item_co, str | None]: ...


def raw_record(message: Any) -> RawRecord:
    """A consumed message as it came."""
    return RawRecord(
        message.topic, message.partition, message.offset, message.key, message.value, tuple(message.headers)
    )


class Recent:
    """The last `size` identities. A repeat that comes later than that many others is not recognised."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._identities: OrderedDict[str, None] = OrderedDict()

    def seen(self, identity: str) -> bool:
        """True if it was seen before; remembers it either way."""
        known = identity in self._identities
        self._identities[identity] = None
        self._identities.move_to_end(identity)
        if len(self._identities) > self._size:
            self._identities.popitem(last=False)
        return known


class Subscription(Generic[Item]):
    """An async iterator over one topic. Close it by `async with` or `close()`; the client closes what is left.

    - With a `group`, an item is committed only after the next one was asked for: a reader that dies while it
      handles an item gets that item again. Without a group it reads every partition and remembers nothing.
    - A repeat is yielded once per window of `REMEMBERED`, which lives in memory. It has the same `id` and comes from
      the same `source`: the id alone is that of any record with the same content, and a post that is edited away and
      back gets the id of its first verdict again, which has to be heeded.
    - Fields that this version does not know are passed over. A message that cannot be read all the same (of a newer
      service, or none of its) is logged by its position with what is wrong, given to `on_unreadable`, counted in
      `unreadable`, and passed over. If `on_unreadable` raises, it is not: the next step meets the message again.
    - `timeout_s`: the iteration ends when nothing new came for so long; another one goes on from there. None
      waits for ever.
    - Reading starts when the subscription is opened, at the first step at the latest: without
      `from_beginning`, what was written before that is not seen (a group goes on where it stopped).
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        decode: Decode[Item],
        *,
        group: str | None = None,
        from_beginning: bool = False,
        timeout_s: float | None = None,
        on_unreadable: Callable[[RawRecord], None] | None = None,
        make_consumer: Callable[..., Any] = AIOKafkaConsumer,
    ) -> None:
        self.unreadable = 0
        self._topic = topic
        self._decode = decode
        self._group = group
        self._timeout_s = timeout_s
        self._on_unreadable = on_unreadable
        self._brokers = settings.brokers
        self._connection = connection_options(settings)
        self._new_consumer: Callable[[], Any] = lambda: make_consumer(
            topic,
            **reading_options(settings),
            group_id=group,
            auto_offset_reset="earliest" if from_beginning else "latest",
        )
        self._consumer: Any = None
        self._positions: Positions | None = None
        self._recent = Recent()
        self._fetched: list[Any] = []  # reversed: the next message is the last element
        self._handed_out: Any = None
        self._handled: dict[TopicPartition, int] = {}
        self._committed_at = 0.0

    async def open(self) -> Self:
        """Connects and fixes where reading starts.

        Raises:
            ClientError: the broker or the topic cannot be reached.
        """
        if self._consumer is not None:
            return self
        self._consumer = self._new_consumer()
        try:
            await asyncio.wait_for(self._start(), CONNECT_TIMEOUT_S)
        except (KafkaError, TimeoutError, OSError) as error:
            await self.close()
            raise await explained(error, self._connection) from error
        except BaseException:
            await self.close()
            raise
        return self

    async def _start(self) -> None:
        try:
            await self._consumer.start()
        except UnknownTopicOrPartitionError:
            raise missing_topic(self._topic) from None
        if not self._consumer.partitions_for_topic(self._topic):
            raise missing_topic(self._topic)
        self._positions = Positions(self._consumer, self._topic, self._group)
        await self._positions.fix()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        await self.open()
        self._confirm()
        await self._commit(every_s=COMMIT_EVERY_S)
        loop = asyncio.get_running_loop()
        deadline = None if self._timeout_s is None else loop.time() + self._timeout_s
        while True:
            while self._fetched:
                message = self._fetched[-1]
                item = self._read(message)
                self._handed_out = self._fetched.pop()
                if item is not None:
                    return item
                self._confirm()
            if deadline is not None and loop.time() >= deadline:
                await self._commit()
                raise StopAsyncIteration
            await self._fetch()
            await self._commit(every_s=COMMIT_EVERY_S)

    def _read(self, message: Any) -> Item | None:
        try:
            item, identity = self._decode(message)
        except ValueError as error:
            logger.warning("unreadable: %s[%d]@%d, %s", message.topic, message.partition, message.offset, error)
            if self._on_unreadable is not None:
                self._on_unreadable(raw_record(message))
            self.unreadable += 1
            return None
        return None if identity is not None and self._recent.seen(identity) else item

    async def _fetch(self) -> None:
        assert self._positions is not None
        try:
            fetched = await self._consumer.getmany(timeout_ms=int(_POLL_S * 1000), max_records=500)
            async with asyncio.timeout(REQUEST_TIMEOUT_S):  # `wait_for` can miss that the reader is cancelled
                batches = await self._positions.follow(fetched)
        except (KafkaError, OSError) as error:
            raise translate(error, self._brokers) from error
        arrived = [message for messages in batches.values() for message in messages]
        self._fetched = arrived[::-1]

    def _confirm(self) -> None:
        """The reader came back for more: the message it had is handled."""
        message, self._handed_out = self._handed_out, None
        if message is not None and self._group is not None:
            self._handled[TopicPartition(message.topic, message.partition)] = message.offset + 1

    async def commit(self) -> None:
        """Says that the item in the reader's hands is handled, too, and commits now."""
        self._confirm()
        await self._commit()

    async def _commit(self, every_s: float = 0.0) -> None:
        now = asyncio.get_running_loop().time()
        if not self._handled or now - self._committed_at < every_s:
            return
        self._committed_at = now
        owned = self._consumer.assignment()
        handled = {partition: offset for partition, offset in self._handled.items() if partition in owned}
        self._handled.clear()
        try:
            if handled:
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    await self._consumer.commit(handled)
        except (CommitFailedError, IllegalStateError):
            logger.info("a rebalance came before the commit; what was read will be read again")
        except TimeoutError:
            raise BrokerUnreachableError(f"No broker at {self._brokers} took the commit in time.") from None
        except KafkaError as error:
            raise translate(error, self._brokers) from error

    async def close(self) -> None:
        """Commits what was handled and disconnects. The item in the reader's hands stays uncommitted."""
        consumer, self._fetched = self._consumer, []
        if consumer is None:
            return
        try:
            await self._commit()
        finally:
            self._consumer = None
            self._handled.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(consumer.stop(), REQUEST_TIMEOUT_S)
