"""Reading what workers tell each other: from where, what is told of it, and what is committed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    GroupAuthorizationFailedError,
    IllegalStateError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from streams.errors import NotAuthorisedError
from streams.kafka import outage
from streams.settings import Settings
from streams.worker.sightings import SightingsReader

HERE, THERE = TopicPartition("moderation.waves", 0), TopicPartition("moderation.waves", 1)
RECALL_S = 600.0


class Counting:
    """Notes what it is given, and whether alerts may leave."""

    def __init__(self) -> None:
        self.counted: list[tuple[bytes, bool]] = []
        self.error: Exception | None = None

    def recall_s(self, topic: str) -> float:
        assert topic == "moderation.posts"
        return RECALL_S

    async def count_sighted(self, topic: str, values: Sequence[bytes | None], tells: bool) -> int:
        if self.error is not None:
            raise self.error
        self.counted += [(value or b"", tells) for value in values]
        return sum(value == b"damaged" for value in values)


class Consumer:
    """Of partitions that hold messages sent so many seconds ago."""

    def __init__(self, ages: Mapping[TopicPartition, Sequence[float]], committed: Mapping[TopicPartition, int]) -> None:
        now = time.time()
        self.sent = {each: [now - age for age in these] for each, these in ages.items()}
        self.done = dict(committed)
        self.at: dict[TopicPartition, int] = {}
        self.given: dict[str, Any] = {}
        self.stops = 0
        self.errors: list[Exception] = []
        self.silent: dict[TopicPartition, float | None] = {}
        """Of which partitions the broker says nothing: since so many seconds, None: it never did."""
        self.listener: Any = None

    def __call__(self, **given: Any) -> Consumer:
        self.given = given
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stops += 1

    def subscribe(self, topics: Sequence[str], listener: Any) -> None:
        assert topics == ["moderation.waves"]
        self.listener = listener
        self.assign(list(self.sent))

    def assign(self, partitions: Collection[TopicPartition]) -> None:
        """As a rebalance does: from what is committed on."""
        self.listener.on_partitions_revoked(list(self.at))
        self.at = {each: self.done.get(each, 0) for each in partitions}
        self.listener.on_partitions_assigned(list(self.at))

    async def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Any]:
        found: dict[TopicPartition, Any] = {}
        for each, since_ms in times.items():
            later = [offset for offset, at in enumerate(self.sent[each]) if 1000 * at >= since_ms]
            found[each] = SimpleNamespace(offset=later[0]) if later else None
        return found

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {each: len(self.sent[each]) for each in partitions}

    async def committed(self, partition: TopicPartition) -> int | None:
        return self.done.get(partition)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        if partition not in self.at:
            raise IllegalStateError
        self.at[partition] = offset

    async def getmany(self, timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Any]]:
        if self.errors:
            raise self.errors.pop()
        found = {}
        for each, at in self.at.items():
            if each in self.silent:
                continue
            offsets = range(at, min(len(self.sent[each]), at + max_records))
            if offsets:
                found[each] = [self._message(each, n) for n in offsets]
                self.at[each] = offsets.stop
        await asyncio.sleep(0)
        return found

    def _message(self, of: TopicPartition, offset: int) -> SimpleNamespace:
        value, sent_ms = b"%d/%d" % (of.partition, offset), int(1000 * self.sent[of][offset])
        return SimpleNamespace(offset=offset, value=value, timestamp=sent_ms)

    def assignment(self) -> set[TopicPartition]:
        return set(self.at)

    def highwater(self, partition: TopicPartition) -> int:
        assert partition in self.at
        return len(self.sent[partition])

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        assert partition in self.at
        age_s = self.silent.get(partition, 0.0)
        return None if age_s is None else int(1000 * (time.time() - age_s))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self.errors:
            raise self.errors.pop()
        self.done |= offsets


async def turns() -> None:
    """Of the event loop, more than anything here takes: nothing waits for a clock."""
    for _ in range(500):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def reading(consumer: Consumer) -> AsyncIterator[tuple[SightingsReader, Counting]]:
    counting = Counting()
    settings = Settings(commit_interval_s=1e-9)
    reader = SightingsReader(settings, "moderation.waves", "moderation.posts", counting, consumer)
    running = asyncio.create_task(reader.run())
    await turns()
    try:
        yield reader, counting
    finally:
        running.cancel()
        await asyncio.wait({running})
    if not running.cancelled():
        running.result()


async def test_what_others_told_of_is_counted_as_far_back_as_it_counts_and_not_told_again() -> None:
    consumer = Consumer({HERE: [1000, 900, 500, 400, 300, 200]}, {HERE: 4})
    async with reading(consumer) as (_, counting):
        pass
    assert counting.counted == [(b"0/2", False), (b"0/3", False), (b"0/4", True), (b"0/5", True)]
    assert consumer.done == {HERE: 6}
    assert consumer.given["group_id"] == "tidegate-waves"
    assert consumer.stops == 1


async def test_what_nobody_told_of_is_told_however_old_it_is() -> None:
    consumer = Consumer({HERE: [1000, 900, 500], THERE: [5000]}, {HERE: 1})
    async with reading(consumer) as (_, counting):
        pass
    assert sorted(counting.counted) == [(b"0/1", True), (b"0/2", True), (b"1/0", True)]


async def test_of_a_topic_that_was_made_anew_all_that_comes_is_told() -> None:
    """What was committed of the former one lies far behind its end."""
    consumer = Consumer({HERE: [50, 40]}, {HERE: 1_000_000})
    async with reading(consumer) as (_, counting):
        consumer.sent[HERE].append(time.time())
        await turns()
    assert counting.counted == [(b"0/0", False), (b"0/1", False), (b"0/2", True)]


async def test_of_a_partition_that_stays_nothing_is_read_twice_and_of_one_that_was_away_what_was_missed() -> None:
    consumer = Consumer({HERE: [50, 40], THERE: [50, 40]}, {})
    async with reading(consumer) as (_, counting):
        assert len(counting.counted) == 4
        counting.counted.clear()
        consumer.assign([HERE])
        await turns()
        consumer.sent[HERE].append(time.time())
        consumer.sent[THERE] += [time.time(), time.time()]
        consumer.done[THERE] = 3  # by another worker
        await turns()
        assert counting.counted == [(b"0/2", True)]
        consumer.assign([HERE, THERE])
        await turns()
    assert counting.counted[1:] == [(b"1/2", False), (b"1/3", True)]


async def test_what_was_fetched_after_a_rebalance_is_read_from_where_it_has_to_be() -> None:
    consumer = Consumer({HERE: [500, 400, 300]}, {HERE: 1})
    fetch = consumer.getmany

    async def interrupted(timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Any]]:
        consumer.getmany = fetch  # type: ignore[method-assign]
        consumer.assign([HERE])
        return await fetch(timeout_ms, max_records)

    consumer.getmany = interrupted  # type: ignore[method-assign]
    async with reading(consumer) as (_, counting):
        pass
    assert counting.counted == [(b"0/0", False), (b"0/1", True), (b"0/2", True)]


async def test_a_rebalance_in_between_a_commit_loses_nothing() -> None:
    consumer = Consumer({HERE: [500, 400]}, {})
    async with reading(consumer) as (_, counting):
        consumer.errors = [CommitFailedError()]
        consumer.sent[HERE].append(time.time())
        await turns()
    assert counting.counted == [(b"0/0", True), (b"0/1", True), (b"0/2", True)]
    assert consumer.done == {HERE: 3}


async def test_a_topic_that_is_away_is_tried_again_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.0)
    consumer = Consumer({HERE: [5]}, {})
    consumer.errors = [KafkaConnectionError(), KafkaConnectionError()]
    async with reading(consumer) as (_, counting):
        assert counting.counted == [(b"0/0", True)]
        assert consumer.stops == 2
    assert len(caplog.messages) == 1
    assert "trying again" in caplog.text


@pytest.mark.parametrize(
    ("silent_s", "assigned_s", "is_away"),
    [(5.0, 500.0, False), (500.0, 500.0, True), (None, 5.0, False), (None, 500.0, True)],
)
async def test_a_broker_that_says_nothing_any_more_is_away(
    silent_s: float | None, assigned_s: float, is_away: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """aiokafka raises nothing then, it brings nothing; one of several is enough."""
    consumer = Consumer({HERE: [5], THERE: [5]}, {})
    async with reading(consumer) as (reader, _):
        reader._assignments.assigned_at = time.time() - assigned_s
        consumer.silent = {HERE: silent_s}
        await turns()
        assert consumer.stops == is_away
        assert bool(reader.places) is not is_away
        since = reader._read_at
        await turns()
        assert (reader._read_at == since) is is_away
    assert ("trying again" in caplog.text) is is_away


async def test_what_cannot_be_counted_ends_it_and_is_not_committed() -> None:
    """The worker ends then, and another one counts it."""
    consumer = Consumer({HERE: [5]}, {})

    async def fail() -> None:
        async with reading(consumer) as (_, counting):
            counting.error = LookupError("a defect")
            consumer.sent[HERE].append(time.time())
            await turns()

    with pytest.raises(LookupError):
        await fail()
    assert consumer.done == {HERE: 1}


async def test_what_counts_for_nothing_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    consumer = Consumer({HERE: [5] * 3}, {})
    fetch = consumer.getmany

    async def damaged(timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Any]]:
        fetched = await fetch(timeout_ms, 1)
        for each in fetched.get(HERE, ()):
            each.value = b"damaged"
        return fetched

    consumer.getmany = damaged  # type: ignore[method-assign]
    async with reading(consumer):
        pass
    assert consumer.done == {HERE: 3}
    assert len(caplog.messages) == 1
    assert "author_key_file" in caplog.text


@pytest.mark.parametrize("refusal", [GroupAuthorizationFailedError("tidegate-waves"), TopicAuthorizationFailedError()])
async def test_who_may_not_read_it_at_the_start_is_told_so_and_ends(refusal: Exception) -> None:
    """As with every other setting that cannot work: waiting would not mend it, and nobody would hear of a wave."""
    consumer = Consumer({HERE: [5]}, {})
    consumer.errors = [refusal]

    with pytest.raises(NotAuthorisedError, match=r"not authorised to access .*; `tidegate acls` prints"):
        async with reading(consumer):
            pass
    assert consumer.stops == 1


async def test_who_may_not_read_it_any_more_goes_on_judging_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.0)
    consumer = Consumer({HERE: [5]}, {})
    async with reading(consumer) as (reader, counting):
        consumer.errors = [GroupAuthorizationFailedError("tidegate-waves")] * 3
        read_at = time.monotonic()
        await turns()
        consumer.sent[HERE].append(time.time())
        await turns()
        assert counting.counted == [(b"0/0", True), (b"0/1", True)]
        assert reader.age_s(time.monotonic()) <= time.monotonic() - read_at
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


async def test_while_nobody_gives_it_partitions_it_does_not_count_as_read() -> None:
    """A group that is never joined answers nothing, and fails at nothing either."""
    consumer = Consumer({HERE: [5]}, {})
    async with reading(consumer) as (reader, _):
        assert reader.age_s(time.monotonic()) < 5
        consumer.listener.on_partitions_revoked([HERE])
        consumer.at = {}
        await turns()
        since = reader._read_at
        await turns()
        assert reader._read_at == since
        consumer.assign([])
        await turns()
        assert reader._read_at > since, "a member without partitions reads all that it is to read"
        assert reader.places == {}


async def test_how_far_each_partition_is_counted_and_how_late() -> None:
    consumer = Consumer({HERE: [500, 400, 300], THERE: [50, 40]}, {HERE: 2, THERE: 2})
    async with reading(consumer) as (reader, _):
        here, there = (reader.places[each.topic, each.partition] for each in (HERE, THERE))
        assert (here.done, here.end) == (3, 3)
        assert 300 <= here.late_s < 360
        assert there == (2, 2, 0.0), "what others have told of is not late"
        fetch = consumer.getmany

        async def nothing(timeout_ms: int, max_records: int) -> Mapping[TopicPartition, Sequence[Any]]:
            await asyncio.sleep(0)
            return {}

        consumer.getmany = nothing  # type: ignore[method-assign]
        consumer.sent[HERE] += [time.time()] * 4
        await turns()
        assert reader.places["moderation.waves", 0][:2] == (3, 7)
        consumer.getmany = fetch  # type: ignore[method-assign]
        consumer.assign([THERE])
        await turns()
        assert set(reader.places) == {("moderation.waves", 1)}
