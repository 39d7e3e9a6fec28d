"""What replaces Faust's own behaviour; the broker tests show that it is enough."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from faust.types import TP
from mode import Service

from streams.worker.broken_batches import Places
from streams.worker.faust_app import TidegateApp
from streams.worker.faust_consumer import LedgerConsumer, LedgerConsumerThread, LedgerTransport, Unread
from streams.worker.ledger import Ledger
from streams.worker.metrics import LogPlace

HERE = TP("posts", 0)


@pytest.fixture
def consumer() -> LedgerConsumer:
    """Just the service that it is, without a Kafka connection."""
    bare = LedgerConsumer.__new__(LedgerConsumer)
    Service.__init__(bare)
    return bare


async def immediately(value: int) -> int:
    return value


async def never() -> None:
    await asyncio.Event().wait()


async def test_what_need_not_wait_is_done_without_a_task(consumer: LedgerConsumer) -> None:
    before = len(asyncio.all_tasks())
    first = immediately(7)
    result = await consumer.wait_first(first, never())
    assert result.results == [7]
    assert not result.stopped
    assert len(asyncio.all_tasks()) == before


async def test_what_has_to_wait_goes_on_where_it_was(consumer: LedgerConsumer) -> None:
    steps: list[str] = []

    async def slowly() -> str:
        steps.append("begun")
        await asyncio.sleep(0)
        steps.append("once")
        await asyncio.sleep(0.001)
        steps.append("twice")
        return "done"

    result = await asyncio.wait_for(consumer.wait_first(slowly(), never()), 1)
    assert result.results == ["done"]
    assert steps == ["begun", "once", "twice"]


async def test_the_other_one_may_come_first(consumer: LedgerConsumer) -> None:
    cancelled = asyncio.Event()

    async def blocked() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def soon() -> str:
        await asyncio.sleep(0.001)
        return "suspended"

    result = await asyncio.wait_for(consumer.wait_first(blocked(), soon()), 1)
    assert result.results == ["suspended"]
    await asyncio.wait_for(cancelled.wait(), 1)


async def test_an_exception_comes_through_at_once_or_later(consumer: LedgerConsumer) -> None:
    async def fails(after: bool) -> None:
        if after:
            await asyncio.sleep(0)
        raise LookupError("broken")

    for after in (False, True):
        with pytest.raises(LookupError, match="broken"):
            await consumer.wait_first(fails(after), never())


@pytest.mark.parametrize("steps", [("start", "return", "end"), ("start", "end", "return")])
async def test_a_rebalance_without_sensors_is_no_warning(
    steps: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app = TidegateApp("tidegate", broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)
    for step in steps:
        getattr(app, f"on_rebalance_{step}")()
    assert not app.rebalancing
    assert not caplog.records


def at(assignment: object, offset: int | None) -> Places:
    """One partition, which would be read from `offset`."""
    return Places(assignment, {} if offset is None else {TopicPartition(*HERE): offset})


def fetched(*offsets: int) -> Any:
    return {TopicPartition(*HERE): [SimpleNamespace(offset=offset) for offset in offsets]} if offsets else {}


@pytest.fixture
def thread() -> LedgerConsumerThread:
    """Just its book of gaps."""
    bare = LedgerConsumerThread.__new__(LedgerConsumerThread)
    bare.gaps, bare._after_last, bare._assignment = {}, {}, None
    return bare


def test_a_gap_is_what_was_read_behind_the_last_record(thread: LedgerConsumerThread) -> None:
    assignment = object()
    for position, offsets, gaps in (
        (0, (), {}),
        (3, (), {HERE: (None, 3)}),  # an aborted transaction
        (6, (3, 5), {}),
        (7, (), {HERE: (6, 7)}),  # a marker
        (9, (8,), {}),
    ):
        thread._note(at(assignment, position), fetched(*offsets))
        assert thread.gaps == gaps


def test_a_new_assignment_knows_nothing_of_the_last(thread: LedgerConsumerThread) -> None:
    """Records that were fetched and then dropped, because the partitions were given up, come again."""
    later = object()
    thread._note(at(object(), 9), fetched(7))
    thread._note(at(later, 4), fetched())
    assert thread.gaps == {HERE: (None, 4)}
    thread._note(at(later, None), fetched())
    assert thread.gaps == {}


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
    ledger: Ledger[str] = Ledger()
    ledger.settle(ledger.open(HERE, 5, now=0))
    ledger.open(HERE, 6, now=0)
    holds_back(consumer, ledger, gap)
    assert consumer._releasable() == offsets


def test_where_no_record_was_read_the_gap_alone_is_released(consumer: LedgerConsumer) -> None:
    holds_back(consumer, Ledger(), (None, 9))
    assert consumer._releasable() == {HERE: 9}


def holds_back(consumer: LedgerConsumer, ledger: Ledger[str], gap: tuple[int | None, int] | None) -> None:
    transport = LedgerTransport.__new__(LedgerTransport)
    transport.service = SimpleNamespace(ledger=ledger)  # type: ignore[assignment]
    consumer.transport = transport
    consumer._thread = SimpleNamespace(gaps={HERE: gap} if gap else {})  # type: ignore[assignment]


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
