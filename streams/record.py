"""What the service takes in and gives out, free of any Kafka client's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from schemas.wire import Header

Partition = tuple[str, int]  # topic name, partition number


class UnreadableBatch(bytes):
    """Stands as the value of a record for a whole batch that cannot be read: its bytes, and what is wrong."""

    detail: str

    def __new__(cls, stored: bytes, detail: str) -> Self:
        batch = super().__new__(cls, stored)
        batch.detail = detail
        return batch


class RawRecord(NamedTuple):
    """One Kafka message as it came: nothing decoded, nothing changed."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


class Decision(NamedTuple):
    """What a verdict says, as far as it is counted: words of sets that are known, and scores; nothing of the record."""

    action: str
    """One of its task's `actions`."""
    lang: str
    degraded: bool = False
    labels: Sequence[str] = ()
    scores: Mapping[str, float] | None = None
    is_over_quota: bool = False
    alerts: Sequence[tuple[str, str]] = ()
    """Kind and severity of each that left with it."""


class Outgoing(NamedTuple):
    """One message to publish.

    `kind` names the topic without its prefix (`labels`, `alerts`, `dead-letters` and so on).
    `partition` is the partition of the input record: the sink publishes to the same one (modulo the topic's
    partition count), so whatever partitioner a producer uses, all outputs of one key share a partition.
    """

    kind: str
    key: bytes | None
    value: bytes | None
    partition: int = 0
    headers: tuple[Header, ...] = ()
    decision: Decision | None = None
    """Of the first message of a verdict, and of an alert without one."""
