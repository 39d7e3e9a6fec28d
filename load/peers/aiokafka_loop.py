"""An aiokafka consumer that calls the model: with `--rows 1` for each message, else for so many together."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from load.peers.answers import encode, labels_of, split
from load.peers.arguments import Arguments, read_arguments, report_ready
from load.peers.onnx_scorer import OnnxScorer

COMMIT_EVERY_S = 1.0
FETCH = 32

Score = Callable[[Sequence[str]], Awaitable[Any]]


class Loop:
    """`turn` takes one fetch from topic to topic.

    Args:
        rows: texts in a call of `score`.
        fetch: messages read at once; their calls run beside each other.
    """

    def __init__(
        self,
        consumer: Any,
        producer: Any,
        arguments: Arguments,
        score: Score,
        labels: Sequence[str],
        rows: int,
        fetch: int,
    ) -> None:
        self._consumer = consumer
        self._producer = producer
        self._arguments = arguments
        self._score = score
        self._labels = labels
        self._rows = rows
        self._fetch = fetch
        self._committed_at = time.monotonic()

    async def turn(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=100, max_records=self._fetch)
        messages = [message for batch in fetched.values() for message in batch]
        starts = range(0, len(messages), self._rows)
        await asyncio.gather(*(self._judge(messages[start : start + self._rows]) for start in starts))
        if time.monotonic() - self._committed_at > COMMIT_EVERY_S:
            await self.commit()

    async def _judge(self, messages: Sequence[Any]) -> None:
        posts, bad = split([message.value for message in messages])
        for place in bad:
            message = messages[place]
            await self._producer.send(self._arguments.dead_letters, key=message.key, value=message.value)
        good = [(message, post) for message, post in zip(messages, posts, strict=True) if post is not None]
        if not good:
            return
        scores = await self._score([post.text for _, post in good])
        for (message, post), row in zip(good, scores.tolist(), strict=True):
            value = encode(post, self._labels, row)
            await self._producer.send(self._arguments.labels, key=message.key, value=value)

    async def commit(self) -> None:
        """What was read is answered; once the broker has the answers it may be forgotten."""
        self._committed_at = time.monotonic()
        await self._producer.flush()
        await self._consumer.commit()


async def serve(arguments: Arguments, score: Score, rows: int, fetch: int) -> None:
    """Until SIGTERM."""
    consumer = AIOKafkaConsumer(
        arguments.posts,
        bootstrap_servers=arguments.bootstrap,
        group_id=arguments.prefix,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=arguments.bootstrap, acks="all", linger_ms=2, max_batch_size=256 * 1024
    )
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with consumer, producer:
        loop = Loop(consumer, producer, arguments, score, labels_of(arguments.artifact), rows, fetch)
        report_ready()
        while not stopping.is_set():
            await loop.turn()
        await loop.commit()


async def main(arguments: Arguments) -> None:
    """A batch runs beside the event loop; a lone post is over before the way to a thread and back."""
    score = OnnxScorer(arguments.artifact, arguments.threads, arguments.device)

    async def here(texts: Sequence[str]) -> Any:
        return score(texts)

    async def aside(texts: Sequence[str]) -> Any:
        return await asyncio.to_thread(score, texts)

    await serve(arguments, here if arguments.rows == 1 else aside, arguments.rows, max(FETCH, arguments.rows))


if __name__ == "__main__":
    asyncio.run(main(read_arguments()))
