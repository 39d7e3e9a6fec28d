"""What replaces Faust's own behaviour; the broker tests show that it is enough."""

from __future__ import annotations

import asyncio

import pytest
from mode import Service

from streams.app import LedgerConsumer


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
