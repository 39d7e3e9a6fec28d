"""What is read around a broken batch; tests/broker/test_broken_batches.py breaks real ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, NodeNotReadyError

from streams.worker.broken_batches import ATTEMPTS, BatchUnreadableError, BrokenBatches
from streams.worker.places import Places, places

HERE, THERE = TopicPartition("posts", 0), TopicPartition("posts", 1)
ERROR = CorruptRecordException("Invalid CRC")


def batch(first: int = 10, delta: int = 4, records: bytes = b"records") -> bytes:
    return struct.pack(">qiibIhi", first, 15 + len(records), 0, 2, 0, 0, delta) + records


class FakeConsumer:
    """Stands at offset 9 of one partition and 0 of another; its leader has `stored` from offset 10 on."""

    def __init__(self, stored: Any) -> None:
        self.stored = stored
        self.states = {HERE: SimpleNamespace(position=9), THERE: SimpleNamespace(position=0)}
        for state in self.states.values():
            state.has_valid_position = True
        assignment = SimpleNamespace(tps=set(self.states), state_value=self.states.__getitem__)
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
        self._fetcher = SimpleNamespace(_records={})
        self._client = SimpleNamespace(cluster=SimpleNamespace(leader_for_partition=lambda _: 1), send=self._send)

    async def _send(self, node: int, request: Any) -> Any:
        if isinstance(self.stored, Exception):
            raise self.stored
        return SimpleNamespace(topics=[("posts", [(0, 0, 20, 20, 0, [], self.stored)])])

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.states[partition].position = offset
        self._fetcher._records.pop(partition, None)

    def fail_at(self, offset: int) -> Places:
        """A fetch that took five records of the other partition along; returns where it had begun."""
        before = places(self)
        self.states[THERE].position += 5
        records = SimpleNamespace(_records_iterator=_ended(), next_fetch_offset=offset)
        self._fetcher._records[HERE] = SimpleNamespace(_partition_records=records)
        return before


def _ended() -> Iterator[None]:
    def records() -> Iterator[None]:
        raise ERROR
        yield

    iterator = records()
    with pytest.raises(CorruptRecordException):
        next(iterator)
    return iterator


async def take(consumer: FakeConsumer, broken: BrokenBatches, times: int = ATTEMPTS) -> Any:
    """The batch fails until it is handed over."""
    consumer.states[HERE].position = 10
    for _ in range(times - 1):
        assert await broken.take(consumer, consumer.fail_at(10), ERROR) == {}
    return await broken.take(consumer, consumer.fail_at(10), ERROR)


async def test_reading_goes_back_and_comes_to_the_batch_alone() -> None:
    consumer, broken = FakeConsumer(batch()), BrokenBatches()
    assert await broken.take(consumer, consumer.fail_at(10), ERROR) == {}
    assert places(consumer).offsets == {HERE: 9, THERE: 0}
    assert broken.is_suspected(HERE)
    assert not broken.is_suspected(THERE)


async def test_the_batch_is_handed_over_as_it_is_stored_and_passed() -> None:
    stored = batch()
    consumer, broken = FakeConsumer(stored + batch(15)), BrokenBatches()
    ((record,),) = (await take(consumer, broken)).values()
    assert (record.topic, record.partition, record.offset, record.value) == (*HERE, 14, stored)
    assert record.value.detail == "the batch of offsets 10 to 14 cannot be read: CorruptRecordException"
    assert places(consumer).offsets == {HERE: 15, THERE: 0}
    assert not broken.is_suspected(HERE)


async def test_a_batch_that_is_read_after_all_is_suspected_no_longer() -> None:
    consumer, broken = FakeConsumer(batch()), BrokenBatches()
    await broken.take(consumer, consumer.fail_at(10), ERROR)
    broken.observe(places(consumer))
    assert broken.is_suspected(HERE)
    consumer.states[HERE].position = 11
    broken.observe(places(consumer))
    assert not broken.is_suspected(HERE)


async def test_after_a_rebalance_it_goes_nowhere() -> None:
    """The places of the former assignment may be ahead of what the group has committed by now."""
    consumer, broken = FakeConsumer(batch()), BrokenBatches()
    before = consumer.fail_at(10)
    await broken.take(consumer, before._replace(assignment=object()), ERROR)
    assert places(consumer).offsets == {HERE: 9, THERE: 5}


async def test_while_no_leader_answers_nothing_is_passed() -> None:
    consumer, broken = FakeConsumer(NodeNotReadyError("no")), BrokenBatches()
    assert await take(consumer, broken) == {}
    assert places(consumer).offsets == {HERE: 10, THERE: 0}
    consumer.stored = batch()
    assert HERE in await take(consumer, broken, times=1)


@pytest.mark.parametrize(
    "stored",
    [b"", batch()[:30], batch(first=11), batch(delta=-1), batch()[:16] + b"\x01" + batch()[17:]],
    ids=["nothing", "cut", "elsewhere", "no-end", "old-format"],
)
async def test_a_batch_that_does_not_say_where_it_ends_stops_the_worker_with_a_sentence(stored: bytes) -> None:
    with pytest.raises(BatchUnreadableError, match=r"^The batch at posts\[0\]@10 cannot .* --reset-offsets\.$"):
        await take(FakeConsumer(stored), BrokenBatches())


async def test_an_error_about_no_batch_is_raised() -> None:
    consumer = FakeConsumer(b"")
    with pytest.raises(LookupError, match="something else"):
        await BrokenBatches().take(consumer, places(consumer), LookupError("something else"))
