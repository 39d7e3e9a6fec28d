"""Dead letters: reading them, and sending the originals again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from schemas import DeadLetter, Reason
from schemas.channels import MAX_MESSAGE_BYTES
from schemas.dead_letter import REPLAYED
from schemas.wire import Header
from streams.client.messages import Letter, decode_letter
from streams.client.stretch import up_to_now
from streams.errors import missing_topic, translate
from streams.kafka.connection import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, connection_options, reading_options
from streams.kafka.topics import input_kinds, topic_name
from streams.settings import Settings


async def read_letters(
    settings: Settings, reasons: Iterable[str] = (), limit: int | None = None
) -> AsyncIterator[Letter]:
    """The letters in the topic as it is now, oldest first within each partition; later ones are not waited for.

    A record in the topic that is no dead letter is passed over.

    Raises:
        ClientError: the broker or the topic cannot be reached.
    """
    wanted = frozenset(reasons)
    left = limit
    topic = topic_name(settings.topic_prefix, "dead-letters")
    consumer = AIOKafkaConsumer(topic, **reading_options(settings), auto_offset_reset="earliest")
    try:
        await asyncio.wait_for(consumer.start(), CONNECT_TIMEOUT_S)
        async for messages in up_to_now(consumer, topic):
            for letter in _letters(messages, wanted):
                if left is not None:
                    if left == 0:
                        return
                    left -= 1
                yield letter
    except UnknownTopicOrPartitionError:
        raise missing_topic(topic) from None
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await consumer.stop()


def _letters(messages: Sequence[Any], reasons: Collection[str]) -> Iterator[Letter]:
    for message in messages:
        try:
            letter, _ = decode_letter(message)
        except ValueError:
            continue
        if not reasons or letter.why.reason in reasons:
            yield letter


@dataclass(slots=True)
class Replayed:
    """What a replay did. `foreign` letters hold no record of an input topic of this service; they stay."""

    sent: int = 0
    failed: int = 0
    foreign: int = 0


async def replay(
    settings: Settings, reasons: Iterable[str] = (), limit: int | None = None, dry_run: bool = False
) -> Replayed:
    """Sends the originals of the letters that are in the topic now to where they came from.

    Key, value and headers are the original's, to the byte, and go to the original's partition; the header
    `tidegate-attempts` is added, so that another failure counts on. The letters stay in the topic: replaying twice
    sends twice, and the verdicts of the second time have the ids of the first.

    Raises:
        ClientError: the broker or the topic cannot be reached.
    """
    done = Replayed()
    inputs = {topic_name(settings.topic_prefix, kind) for kind in input_kinds()}
    producer = AIOKafkaProducer(**connection_options(settings), acks="all", max_request_size=MAX_MESSAGE_BYTES)
    try:
        await asyncio.wait_for(producer.start(), CONNECT_TIMEOUT_S)
        async for letter in read_letters(settings, reasons, limit):
            if letter.why.original_topic not in inputs or letter.why.reason is Reason.UNREADABLE_BATCH:
                done.foreign += 1
            elif dry_run or await _send_original(producer, letter):
                done.sent += 1
            else:
                done.failed += 1
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await producer.stop()
    return done


async def _send_original(producer: Any, letter: Letter) -> bool:
    """By a batch of one: `producer.send` refuses a record without key and value, and a tombstone is one."""
    topic = letter.why.original_topic
    partitions = await producer.partitions_for(topic)
    batch = producer.create_batch()
    batch.append(
        timestamp=None,
        key=letter.record.key,
        value=letter.record.value,
        headers=list(original_headers(letter.record.headers)),
    )
    try:
        sent = await producer.send_batch(batch, topic, partition=letter.why.original_partition % len(partitions))
        await asyncio.wait_for(sent, REQUEST_TIMEOUT_S)
    except (KafkaError, TimeoutError):
        return False
    return True


def original_headers(headers: Iterable[Header]) -> list[Header]:
    """Those of the record before it failed, and the count of attempts so far, which the next failure raises."""
    attempts, kept = DeadLetter.split_headers(headers)
    return [*kept, (REPLAYED, str(attempts).encode())]
