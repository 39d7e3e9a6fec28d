"""A confluent-kafka consumer that scores batches. With `--by-length` it reads more at once and sorts it by length."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer, Producer

from load.peers.answers import encode, labels_of, split
from load.peers.arguments import Arguments, read_arguments, report_ready, stop_on_sigterm
from load.peers.onnx_scorer import OnnxScorer

COMMIT_EVERY_S = 1.0
WAIT_S = 0.1
FETCHES_BY_LENGTH = 4
"""So many batches are read at once where they are cut by length."""

Score = Callable[[Sequence[str]], Any]


class Loop:
    """`turn` takes one fetch from topic to topic."""

    def __init__(self, consumer: Any, producer: Any, arguments: Arguments, score: Score, labels: Sequence[str]) -> None:
        self._consumer = consumer
        self._producer = producer
        self._arguments = arguments
        self._score = score
        self._labels = labels
        self._committed_at = time.monotonic()

    def turn(self) -> None:
        rows = self._arguments.rows * (FETCHES_BY_LENGTH if self._arguments.by_length else 1)
        messages = [message for message in fetch(self._consumer, rows) if message.error() is None]
        posts, bad = split([message.value() for message in messages])
        for place in bad:
            send(self._producer, self._arguments.dead_letters, messages[place].key(), messages[place].value())
        good = [(message, post) for message, post in zip(messages, posts, strict=True) if post is not None]
        for (message, post), row in zip(good, self._scores([post.text for _, post in good]), strict=True):
            send(self._producer, self._arguments.labels, message.key(), encode(post, self._labels, row))
        self._producer.poll(0)
        if time.monotonic() - self._committed_at > COMMIT_EVERY_S:
            self.commit()

    def _scores(self, texts: Sequence[str]) -> list[list[float]]:
        """One row a text, in their order, whatever order they ran in."""
        order = list(range(len(texts)))
        if self._arguments.by_length:
            order.sort(key=lambda place: len(texts[place].encode()))
        found: list[list[float]] = [[]] * len(texts)
        for start in range(0, len(order), self._arguments.rows):
            places = order[start : start + self._arguments.rows]
            rows = self._score([texts[place] for place in places])
            for place, row in zip(places, rows.tolist(), strict=True):
                found[place] = row
        return found

    def commit(self) -> None:
        """What was read is answered; once the broker has the answers it may be forgotten."""
        self._committed_at = time.monotonic()
        if self._producer.flush(30) == 0:
            commit(self._consumer)


def fetch(consumer: Any, most: int) -> list[Any]:
    """Waits for one message, then takes what is there: `consume(most, timeout)` would wait for all of them."""
    messages: list[Any] = consumer.consume(1, WAIT_S)
    return messages + consumer.consume(most - 1, 0) if messages and most > 1 else messages


def send(producer: Any, topic: str, key: bytes | None, value: bytes | None) -> None:
    """Waits while the producer's own queue is full."""
    while True:
        try:
            producer.produce(topic, key=key, value=value)
            return
        except BufferError:
            producer.poll(0.1)


def commit(consumer: Any) -> None:
    """Commits what was read; nothing read yet is no error."""
    from confluent_kafka import KafkaError, KafkaException

    try:
        consumer.commit(asynchronous=False)
    except KafkaException as error:
        if error.args[0].code() != KafkaError._NO_OFFSET:  # noqa: SLF001 - the library's public name for it
            raise


def serve(arguments: Arguments, score: Score) -> None:
    """Until SIGTERM."""
    stopping = stop_on_sigterm()
    consumer, producer = new_consumer(arguments), new_producer(arguments)
    loop = Loop(consumer, producer, arguments, score, labels_of(arguments.artifact))
    consumer.subscribe([arguments.posts])
    report_ready()
    while not stopping.is_set():
        loop.turn()
    loop.commit()
    consumer.close()


def new_consumer(arguments: Arguments) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": arguments.bootstrap,
            "group.id": arguments.prefix,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )


def new_producer(arguments: Arguments) -> Producer:
    return Producer({"bootstrap.servers": arguments.bootstrap, "acks": "all", "linger.ms": 1})


def main() -> None:
    arguments = read_arguments()
    serve(arguments, OnnxScorer(arguments.artifact, arguments.threads, arguments.device))


if __name__ == "__main__":
    main()
