"""What replaces Faust's own behaviour; the broker tests show that it is enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from streams.worker.faust_app import TidegateApp
from streams.worker.faust_consumer import (
    FETCH_RECORDS,
    FEW,
    LOOK_AGAIN_S,
    ByPartition,
    FetchedMessage,
    LedgerConsumer,
    LedgerConsumerThread,
    LedgerTransport,
    Unread,
)
from streams.worker.holding import Holding
from streams.worker.ledger import Ledger
from streams.worker.metrics import LogPlace

HERE = TP("posts", 0)
THERE = TP("symptoms", 0)

Fetch = Callable[..., Awaitable[dict[str, int]]]


@pytest.fixture
def consumer() -> LedgerConsumer:
    """Just the service that it is, without a Kafka connection."""
    bare = LedgerConsumer.__new__(LedgerConsumer)
    Service.__init__(bare)
    return bare


@pytest.mark.parametrize("steps", [("start", "return", "end"), ("start", "end", "return")])
async def test_a_rebalance_without_sensors_is_no_warning(
    steps: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app = TidegateApp("tidegate", broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)
    for step in steps:
        getattr(app, f"on_rebalance_{step}")()
    assert not app.rebalancing
    assert not caplog.records


@pytest.fixture
def thread() -> LedgerConsumerThread:
    """Without a consumer."""
    return LedgerConsumerThread.__new__(LedgerConsumerThread)


def test_how_many_partitions_there_are_is_known_to_every_member_of_a_group(thread: LedgerConsumerThread) -> None:
    """Only its leader deals partitions out, and has notes of them."""
    known = {"posts": {0, 1, 2}}
    follower = SimpleNamespace(_metadata_snapshot={})
    thread._consumer = SimpleNamespace(partitions_for_topic=known.get, _coordinator=follower)

    assert [thread.topic_partitions(topic) for topic in ("posts", "others")] == [3, None]
    thread._consumer = None
    assert thread.topic_partitions("posts") is None


@pytest.mark.parametrize(
    ("gap", "offsets"),
    [
        (None, {HERE: 6}),
        ((6, 9), {HERE: 9}),
        ((7, 9), {HERE: 6}),  # offset 6 is still in flight
        ((None, 9), {HERE: 6}),
    ],
)
def test_what_holds_no_record_is_released_with_the_records_before_it(
    consumer: LedgerConsumer, gap: tuple[int | None, int] | None, offsets: dict[TP, int]
) -> None:
    ledger = Ledger()
    first, _ = ledger.open(HERE, (5, 6), now=0)
    ledger.settle(first)
    holds_back(consumer, ledger, gap)
    assert consumer._releasable() == offsets


def test_where_no_record_was_read_the_gap_alone_is_released(consumer: LedgerConsumer) -> None:
    holds_back(consumer, Ledger(), (None, 9))
    assert consumer._releasable() == {HERE: 9}
    assert [type(partition) for partition in consumer._releasable()] == [TP]


def holds_back(consumer: LedgerConsumer, ledger: Ledger, gap: tuple[int | None, int] | None) -> None:
    transport = LedgerTransport.__new__(LedgerTransport)
    transport.service = SimpleNamespace(ledger=ledger)  # type: ignore[assignment]
    consumer.transport = transport
    consumer._thread = SimpleNamespace(gaps=SimpleNamespace(found={("posts", 0): gap} if gap else {}))  # type: ignore[assignment]


def test_faust_remembers_nothing_of_what_was_read() -> None:
    """It would drop what stands before it, and keep a book of the gaps."""
    unread = Unread()
    unread[HERE] = 50
    unread.update({HERE: 51})
    assert unread[HERE] is None


def test_an_offset_that_goes_back_is_committed(consumer: LedgerConsumer) -> None:
    consumer._committed_offset = {HERE: 50}
    holds_back(consumer, Ledger(), (None, 50))
    assert consumer._filter_committable_offsets([]) == {}
    holds_back(consumer, Ledger(), (None, 20))
    assert consumer._filter_committable_offsets([]) == {HERE: 20}


class Partitions:
    """What stands in for aiokafka below a thread: hands out so many records as are asked for, in order."""

    def __init__(self, **sizes: list[int]) -> None:
        self.asked: list[tuple[float | None, int]] = []
        self.reassignment_in_progress = False
        self._left = {
            TopicPartition(topic, 0): [
                SimpleNamespace(offset=offset, key=b"k", value=bytes(size)) for offset, size in enumerate(its_sizes)
            ]
            for topic, its_sizes in sizes.items()
        }

    @property
    def _subscription(self) -> Partitions:
        return self

    async def fetch(
        self, consumer: object, wanted: set[TP], timeout: float | None, most: int
    ) -> dict[TopicPartition, list[Any]]:
        self.asked.append((timeout, most))
        fetched: dict[TopicPartition, list[Any]] = {}
        for partition, left in self._left.items():
            if partition in wanted and left and most:
                fetched[partition], left[:] = left[:most], left[most:]
                most -= len(fetched[partition])
        return fetched


@pytest.fixture
def fetch(thread: LedgerConsumerThread, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    async def fetch_from(there: Partitions, most: int = FETCH_RECORDS) -> dict[str, int]:
        """Records by topic."""
        monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", there.fetch)
        wanted = {TP("posts", 0), TP("symptoms", 0)}
        fetched = await thread._fetch(there, wanted, 1.0, most)
        for records in fetched.values():
            assert [record.offset for record in records] == list(range(len(records)))
        return {partition.topic: len(records) for partition, records in fetched.items()}

    return fetch_from


async def test_a_fetch_brings_what_is_there_up_to_a_bound(fetch: Fetch) -> None:
    assert await fetch(Partitions(posts=[1] * 40, symptoms=[1] * 3)) == {"posts": 40, "symptoms": 3}
    assert await fetch(Partitions(posts=[1] * 5000)) == {"posts": FETCH_RECORDS}
    assert await fetch(Partitions(posts=[1] * 5), most=1) == {"posts": 1}


async def test_a_fetch_of_large_records_is_bounded_in_bytes(fetch: Fetch) -> None:
    assert await fetch(Partitions(posts=[1024 * 1024] * 1024)) == {"posts": FEW}


async def test_a_lone_record_is_looked_for_once_and_only_the_first_look_waits(fetch: Fetch) -> None:
    alone, many = Partitions(posts=[1]), Partitions(posts=[1] * (FEW + 1))
    await fetch(alone)
    assert alone.asked == [(1.0, FEW)]
    await fetch(many)
    assert many.asked == [(1.0, FEW), (0, FEW)]


async def test_what_was_fetched_does_not_wait_for_another_assignment(fetch: Fetch) -> None:
    there = Partitions(posts=[1] * 100)
    there.reassignment_in_progress = True
    assert await fetch(there) == {"posts": FEW}


class App:
    """What a consumer asks of it."""

    consumer_generation_id = 4
    should_stop = False
    monitor = SimpleNamespace(track_tp_end_offset=lambda *_: None)

    def __init__(self, **waiting: int) -> None:
        """`waiting`: events in the queue of the agent, by topic."""
        channels = {
            TP(topic, 0): [SimpleNamespace(queue=SimpleNamespace(qsize=lambda count=count: count))]
            for topic, count in waiting.items()
        }
        self.topics = SimpleNamespace(_tp_index=channels)


async def test_what_was_fetched_of_a_partition_is_one_message(consumer: LedgerConsumer) -> None:
    async def fetched(_: float) -> tuple[Any, set[TP]]:
        records = {HERE: [SimpleNamespace(offset=offset) for offset in (5, 8, 9)], THERE: [SimpleNamespace(offset=1)]}
        return records, {HERE, THERE}

    consumer.app = App()  # type: ignore[assignment]
    consumer.scheduler, consumer.flow_active = ByPartition(), True  # type: ignore[abstract]
    consumer.highwater = lambda tp: 10  # type: ignore[method-assign]
    consumer._wait_next_records = fetched  # type: ignore[method-assign, assignment]
    messages = [message async for _, message in consumer.getmany(1.0)]
    assert [(message.tp, message.offset, message.generation_id) for message in messages] == [
        (HERE, 5, 4),
        (THERE, 1, 4),
    ]
    assert all(isinstance(message, FetchedMessage) for message in messages)
    assert [[record.offset for record in message.records] for message in messages] == [[5, 8, 9], [1]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("waiting", "held", "asked", "slept"),
    [
        ({"posts": 0, "symptoms": 0}, [], [({HERE, THERE}, 1.0)], []),
        ({"posts": 1, "symptoms": 0}, [], [({THERE}, LOOK_AGAIN_S)], []),
        ({"posts": 1, "symptoms": 2}, [], [], [LOOK_AGAIN_S]),
        ({"posts": 1, "symptoms": 0}, ["posts"], [({THERE}, 1.0)], []),
        ({"posts": 1, "symptoms": 2}, ["posts"], [], [LOOK_AGAIN_S]),
        ({"posts": 1, "symptoms": 2}, ["posts", "symptoms"], [], [1.0]),
    ],
)
async def test_a_topic_is_read_only_while_nothing_of_it_waits(
    consumer: LedgerConsumer,
    monkeypatch: pytest.MonkeyPatch,
    waiting: dict[str, int],
    held: list[str],
    asked: list[tuple[set[TP], float]],
    slept: list[float],
) -> None:
    """What waits for a disabled task is no reason to look again soon: it may wait for days."""
    fetches: list[tuple[set[TP], float]] = []
    sleeps: list[float] = []
    holding = Holding()
    holding.hold(held)

    async def sleep(seconds: float) -> None:
        if seconds:  # not just a turn for the agents
            sleeps.append(seconds)

    async def getmany(partitions: set[TP], timeout: float) -> dict[TP, list[Any]]:
        fetches.append((partitions, timeout))
        return {}

    consumer.app = App(**waiting)  # type: ignore[assignment]
    consumer._thread = SimpleNamespace(getmany=getmany)  # type: ignore[assignment]
    consumer.transport = LedgerTransport.__new__(LedgerTransport)
    consumer.transport.service = SimpleNamespace(holding=holding)  # type: ignore[assignment]
    monkeypatch.setattr("streams.worker.faust_consumer.asyncio.sleep", sleep)
    assert await consumer._getmany({HERE, THERE}, 1.0) == {}
    assert (fetches, sleeps) == (asked, slept)


async def test_an_agent_gets_a_turn_before_its_topic_is_passed_over(consumer: LedgerConsumer) -> None:
    """What was just handed over is taken in the next turn; its topic need not wait until others were asked."""
    fetches: list[tuple[set[TP], float]] = []
    app = App(posts=1, symptoms=0)

    async def getmany(partitions: set[TP], timeout: float) -> dict[TP, list[Any]]:
        fetches.append((partitions, timeout))
        return {}

    async def take() -> None:
        await asyncio.sleep(0)
        app.topics = App(posts=0, symptoms=0).topics

    consumer.app = app  # type: ignore[assignment]
    consumer._thread = SimpleNamespace(getmany=getmany)  # type: ignore[assignment]
    consumer.transport = LedgerTransport.__new__(LedgerTransport)
    consumer.transport.service = SimpleNamespace(holding=Holding())  # type: ignore[assignment]
    agent = asyncio.create_task(take())
    await consumer._getmany({HERE, THERE}, 1.0)
    await agent
    assert fetches == [({HERE, THERE}, 1.0)]


async def test_what_was_fetched_is_handed_on_until_fetching_is_to_stop(consumer: LedgerConsumer) -> None:
    fetcher, handed_on = SimpleNamespace(should_stop=False), list[str]()

    async def getmany(timeout: float) -> AsyncIterator[tuple[TP, str]]:
        yield HERE, "one"
        yield THERE, "two"

    async def callback(message: str) -> None:
        handed_on.append(message)
        fetcher.should_stop = len(handed_on) == 4

    consumer.app = App()  # type: ignore[assignment]
    consumer.getmany = getmany  # type: ignore[method-assign, assignment]
    consumer.callback = callback  # type: ignore[assignment]
    await asyncio.wait_for(consumer._drain_messages(fetcher), 1)
    assert handed_on == ["one", "two"] * 2


@pytest.mark.parametrize("is_stopping", [False, True])
async def test_a_cancelled_fetch_is_no_end_unless_the_app_stops(consumer: LedgerConsumer, is_stopping: bool) -> None:
    async def getmany(timeout: float) -> AsyncIterator[tuple[TP, str]]:
        await asyncio.Event().wait()
        yield HERE, "never"

    app = App()
    app.should_stop = is_stopping
    consumer.app = app  # type: ignore[assignment]
    consumer.getmany = getmany  # type: ignore[method-assign, assignment]
    draining = asyncio.create_task(consumer._drain_messages(SimpleNamespace(should_stop=False)))
    await asyncio.sleep(0.001)
    draining.cancel()
    await asyncio.wait({draining}, timeout=1)
    assert draining.cancelled() is not is_stopping


@pytest.mark.parametrize(
    ("highwater", "stable", "end"),
    [
        (None, None, None),  # nothing was fetched yet
        (9, None, 9),  # read_uncommitted
        (9, -1, 9),
        (9, 6, 6),  # an open transaction: nothing behind it may be read
    ],
)
def test_the_log_ends_where_reading_may_go_to(
    thread: LedgerConsumerThread, highwater: int | None, stable: int | None, end: int | None
) -> None:
    state = SimpleNamespace(position=4, has_valid_position=True, highwater=highwater, lso=stable)
    assignment = SimpleNamespace(tps={TopicPartition(*HERE)}, state_value=lambda _: state)
    subscription: Any = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
    thread._consumer = None
    assert thread.log_places() == {}
    thread._consumer = SimpleNamespace(_subscription=subscription)

    assert thread.log_places() == {HERE: LogPlace(4, end)}


def test_no_agent_is_called_hanging(thread: LedgerConsumerThread) -> None:
    """Faust's own look needs a monitor, which this thread has not: it would raise here, and cry wolf in a worker."""
    assert LedgerConsumerThread.verify_event_path is not driver.AIOKafkaConsumerThread.verify_event_path
    thread.verify_event_path(1e9, TP("posts", 0))
