"""From topic to topic without any work: what a Kafka client costs, librdkafka's or aiokafka's."""

import asyncio
import signal
import time
from typing import Any

from load.peers.arguments import Arguments, read_arguments, report_ready, stop_on_sigterm

AT_ONCE = 2_000
COMMIT_EVERY_S = 1.0


def hop_librdkafka(arguments: Arguments) -> None:
    from load.peers.confluent_loop import commit, fetch, new_consumer, new_producer, send

    stopping = stop_on_sigterm()
    consumer, producer = new_consumer(arguments), new_producer(arguments)
    consumer.subscribe([arguments.posts])
    report_ready()
    committed_at = time.monotonic()
    while not stopping.is_set():
        for message in fetch(consumer, AT_ONCE):
            send(producer, arguments.labels, message.key(), message.value())
        producer.poll(0)
        if time.monotonic() - committed_at > COMMIT_EVERY_S:
            committed_at = time.monotonic()
            producer.flush(30)
            commit(consumer)
    consumer.close()


async def hop_aiokafka(arguments: Arguments) -> None:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    consumer = AIOKafkaConsumer(
        arguments.posts,
        bootstrap_servers=arguments.bootstrap,
        group_id=arguments.prefix,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=arguments.bootstrap, acks="all", max_batch_size=256 * 1024)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with consumer, producer:
        report_ready()
        committed_at = time.monotonic()
        while not stopping.is_set():
            fetched = await consumer.getmany(timeout_ms=100, max_records=AT_ONCE)
            passing = [_pass_on(producer, arguments.labels, at.partition, some) for at, some in fetched.items()]
            await asyncio.gather(*passing)
            if time.monotonic() - committed_at > COMMIT_EVERY_S:
                committed_at = time.monotonic()
                await consumer.commit()


async def _pass_on(producer: Any, topic: str, partition: int, messages: list[Any]) -> None:
    """As whole batches: a future for each record would be measured with it."""
    acknowledged = []
    batch = producer.create_batch()
    for message in messages:
        if batch.append(key=message.key, value=message.value, timestamp=None) is None:
            acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=message.key, value=message.value, timestamp=None)
    acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*acknowledged)


def main() -> None:
    arguments = read_arguments()
    if arguments.client == "librdkafka":
        hop_librdkafka(arguments)
    else:
        asyncio.run(hop_aiokafka(arguments))


if __name__ == "__main__":
    main()
