"""Send records and read what became of them.

    async with Client(brokers="localhost:9092") as client:
        await client.send_post({"id": "1", "text": "you are all wonderful"})
        async for verdict in client.verdicts(from_beginning=True, timeout_s=10):
            print(verdict.post_id, verdict.action, verdict.labels)

Errors are names of `streams.client`, of the tree that `models/errors.py` draws: around the client, catch `ClientError`.
Wrong settings are a `SettingsError`, before there is a client.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self, TypedDict, Unpack

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas import Alert, Post, PostVerdict, Review, SymptomRecord, SymptomVerdict
from schemas.base import Record
from schemas.channels import MAX_MESSAGE_BYTES
from streams.client.messages import (
    Letter,
    Message,
    decoder_of,
    post_message,
    record_message,
    review_message,
    symptoms_message,
)
from streams.client.subscription import Subscription
from streams.errors import (
    ClientError,
    NotAcknowledgedError,
    NotAuthorisedError,
    TopicMissingError,
    missing_topic,
    translate,
)
from streams.kafka.connection import CONNECT_TIMEOUT_S, connection_options, start_client
from streams.kafka.topics import topic_names
from streams.record import RawRecord
from streams.settings import Settings

IN_FLIGHT = 1000
DELIVERY_TIMEOUT_S = 30.0

_Sent = asyncio.Future[Any] | ClientError


class Reading(TypedDict, total=False):
    """How to read a topic; see `Subscription`.

    group: consumer group whose position is kept on the broker; without one, every record is read.
    from_beginning: start at the oldest record (a group that has a position goes on from it).
    timeout_s: stop when nothing new came for so long.
    on_unreadable: takes each message that this version cannot read, before it is passed over.
    """

    group: str | None
    from_beginning: bool
    timeout_s: float | None
    on_unreadable: Callable[[RawRecord], None] | None


class Receipt(NamedTuple):
    """Where the broker put a record."""

    topic: str
    partition: int
    offset: int


class Client:
    """An async context manager; one per event loop.

    Args:
        brokers, prefix: override the settings.
        settings: where everything else comes from; by default environment and TOML, as the worker reads them.
    """

    def __init__(self, brokers: str | None = None, prefix: str | None = None, settings: Settings | None = None) -> None:
        given = {"brokers": brokers, "topic_prefix": prefix}
        if settings is None:
            self._settings = Settings.load(**given)
        else:
            self._settings = settings.model_copy(update={k: v for k, v in given.items() if v is not None})
        self._topics = topic_names(self._settings.topic_prefix)
        self._producer: Any = None
        self._starting = asyncio.Lock()
        self._subscriptions: list[Subscription[Any]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes every subscription and flushes what was sent. Bounded by the broker timeouts.

        Raises:
            ClientError: a subscription could not commit; everything is closed all the same.
        """
        failure: ClientError | None = None
        while self._subscriptions:
            try:
                await self._subscriptions.pop().close()
            except ClientError as error:
                failure = error
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(TimeoutError):  # what was not taken is known by its result
                await asyncio.wait_for(producer.stop(), CONNECT_TIMEOUT_S)
        if failure is not None:
            raise failure

    async def send_post(self, post: Post | Mapping[str, Any]) -> Receipt:
        """Returns when the broker acknowledged the post; its key is the author.

        Raises:
            InvalidRecordError: it does not fit the schema; nothing was sent.
            ClientError: the broker did not take it.
        """
        return await self.send_message(post_message(post))

    async def send_symptoms(self, record: SymptomRecord | Mapping[str, Any]) -> Receipt:
        """As `send_post`; the key is the patient reference."""
        return await self.send_message(symptoms_message(record))

    async def send_review(self, review: Review | Mapping[str, Any]) -> Receipt:
        """As `send_post`: a person's decision on a post, which is the key."""
        return await self.send_message(review_message(review))

    async def send(self, task: str, record: Record | Mapping[str, Any]) -> Receipt:
        """As `send_post`, for the records of any task, by its name."""
        return await self.send_message(record_message(task, record))

    async def send_message(self, message: Message) -> Receipt:
        """One message of any kind, built with `streams.client.messages` or from raw bytes; as `send_post`."""
        async for receipt in self.send_many([message]):
            if isinstance(receipt, ClientError):
                raise receipt
            return receipt
        raise AssertionError("one message gives one receipt")

    async def send_many(
        self, messages: Iterable[Message] | AsyncIterable[Message], in_flight: int = IN_FLIGHT
    ) -> AsyncGenerator[Receipt | ClientError, None]:
        """The fast path: up to `in_flight` messages on the way at once, one result for each, in order.

        Build messages with `streams.client.messages`, or from raw bytes. Results lag the input by up to
        `in_flight`; a message that the broker did not take yields its error and the rest goes on.

        Raises:
            ClientError: the broker cannot be reached at all, or a topic is missing.
        """
        producer = await self._started()
        waiting: deque[asyncio.Future[Any] | ClientError] = deque()
        async for message in _each(messages):
            waiting.append(await self._enqueue(producer, message))
            while waiting and (len(waiting) >= in_flight or _is_done(waiting[0])):
                yield await self._result(waiting.popleft())
        while waiting:
            yield await self._result(waiting.popleft())

    async def _enqueue(self, producer: Any, message: Message) -> _Sent:
        topic = self._topic(message.kind)
        try:
            sent: asyncio.Future[Any] = await producer.send(
                topic, message.value, key=message.key, headers=list(message.headers)
            )
        except (KafkaError, OSError) as error:
            reason = translate(error, self._settings.brokers)
            if isinstance(reason, TopicMissingError):
                raise missing_topic(topic) from error
            if isinstance(reason, NotAuthorisedError):
                raise reason from error
            return reason
        return sent

    def _topic(self, kind: str) -> str:
        if (topic := self._topics.get(kind)) is None:
            raise ClientError(f"{kind!r} is no topic; there are {', '.join(self._topics)}.")
        return topic

    async def _result(self, sent: _Sent) -> Receipt | ClientError:
        if isinstance(sent, ClientError):
            return sent
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_S):
                done = await sent
        except (KafkaError, TimeoutError, OSError) as error:
            return NotAcknowledgedError(f"Not acknowledged. {translate(error, self._settings.brokers)}")
        return Receipt(done.topic, done.partition, done.offset)

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **connection_options(self._settings), acks="all", max_request_size=MAX_MESSAGE_BYTES
                )
                await start_client(producer, self._settings)
                self._producer = producer
        return self._producer

    def verdicts(self, **how: Unpack[Reading]) -> Subscription[PostVerdict]:
        """A verdict for every post. The arguments are those of `Reading`."""
        return self.read("labels", **how)

    def flags(self, **how: Unpack[Reading]) -> Subscription[PostVerdict]:
        """The verdicts that ask for an action."""
        return self.read("flags", **how)

    def triage(self, **how: Unpack[Reading]) -> Subscription[SymptomVerdict]:
        """A verdict for every symptom record."""
        return self.read("triage", **how)

    def alerts(self, **how: Unpack[Reading]) -> Subscription[Alert]:
        """What people should look at."""
        return self.read("alerts", **how)

    def dead_letters(self, **how: Unpack[Reading]) -> Subscription[Letter]:
        """Records that got no verdict. Each letter is yielded: a record that failed twice is there twice."""
        return self.read("dead-letters", **how)

    def read(self, kind: str, **how: Unpack[Reading]) -> Subscription[Any]:
        """What the service writes to the topic of this kind, whichever task it belongs to.

        Raises:
            ClientError: there is no such topic.
        """
        subscription = Subscription(self._settings, self._topic(kind), decoder_of(kind), **how)
        self._subscriptions.append(subscription)
        return subscription


def _is_done(sent: _Sent) -> bool:
    return isinstance(sent, ClientError) or sent.done()


async def _each(messages: Iterable[Message] | AsyncIterable[Message]) -> AsyncIterator[Message]:
    if isinstance(messages, AsyncIterable):
        async for message in messages:
            yield message
    else:
        for message in messages:
            yield message
