"""Records from a client that is not ours: librdkafka, by confluent-kafka."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Producer

from streams.history import Place
from tests.support.traffic import Draft

_WITHIN_S = 30.0


def produce(bootstrap: str, drafts: Iterable[Draft], **config: object) -> list[Place]:
    """Produces all at once and waits for the broker's acks; returns where each went. Blocks.

    `config`: librdkafka's settings, with underscores for dots.
    """
    producer = _producer(bootstrap, config)
    pending = _enqueue(producer, drafts)
    assert producer.flush(_WITHIN_S) == 0, "the broker did not take all records"
    return _places(pending)


def transactions(bootstrap: str, transactional_id: str, *parts: tuple[list[Draft], bool]) -> list[list[Place]]:
    """One transaction for each part, committed (True) or aborted; returns where the records of each went. Blocks."""
    producer = _producer(bootstrap, {"transactional_id": transactional_id})
    producer.init_transactions(_WITHIN_S)
    went = []
    for drafts, commit in parts:
        producer.begin_transaction()
        pending = _enqueue(producer, drafts)
        producer.flush(_WITHIN_S)  # an abort alone would drop what was not sent yet
        end = producer.commit_transaction if commit else producer.abort_transaction
        end(_WITHIN_S)
        went.append(_places(pending))
    return went


def _producer(bootstrap: str, config: dict[str, Any]) -> Any:
    own = {name.replace("_", "."): value for name, value in config.items()}
    return Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 50, **own})


def _enqueue(producer: Any, drafts: Iterable[Draft]) -> list[Any]:
    """The reports, to be filled in by the time the producer is flushed."""
    reports: list[Any] = []
    for each in drafts:
        producer.produce(
            each.topic,
            each.value,
            each.key,
            partition=each.partition,
            headers=list(each.headers),
            on_delivery=lambda error, message: reports.append((error, message)),
        )
    return reports


def _places(reports: list[Any]) -> list[Place]:
    failed = [error for error, _ in reports if error is not None]
    assert not failed, failed[0]
    return [(message.topic(), message.partition(), message.offset()) for _, message in reports]
