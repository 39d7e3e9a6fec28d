"""Records wait until what is known of their authors is there: for a bounded time, and for nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from streams.errors import ClientError
from streams.kafka import outage
from streams.record import Partition
from streams.worker.restoring import Restoring

POSTS: Partition = ("posts", 0)
OTHERS: Partition = ("posts", 1)
SYMPTOMS: Partition = ("symptoms", 0)


class Kept:
    """A changelog that gives what it holds once it is allowed to."""

    def __init__(self, **held: int) -> None:
        self.held = {int(name.removeprefix("p")): count for name, count in held.items()}
        self.may_read = asyncio.Event()
        self.asked: list[Mapping[int, int]] = []
        self.errors: list[Exception] = []
        self.is_closed = False

    async def read(self, begins: Mapping[int, int]) -> AsyncGenerator[tuple[int, Sequence[Any]], None]:
        self.asked.append(dict(begins))
        try:
            await self.may_read.wait()
            if self.errors:
                raise self.errors.pop(0)
            for number, begin in begins.items():
                for offset in range(begin, self.held.get(number, 0)):
                    yield number, [SimpleNamespace(offset=offset)]
        finally:
            self.is_closed = True


class Bench:
    def __init__(self, kept: Kept, within_s: float = 60.0) -> None:
        self.kept = kept
        self.entered: list[tuple[Partition, int]] = []
        self.crashes: list[BaseException] = []
        self.fault: Exception | None = None
        self.restoring = Restoring({"posts": kept}, self.restore, self.crashes.append, within_s)

    async def restore(self, partition: Partition, messages: Sequence[Any]) -> int:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.entered += [(partition, message.offset) for message in messages]
        return sum(message.offset == 13 for message in messages)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_record_waits_until_all_is_read() -> None:
    bench = Bench(Kept(p0=2, p1=1))
    bench.restoring.begin({POSTS, OTHERS, SYMPTOMS})
    waiting = asyncio.create_task(bench.restoring.let_in(POSTS))
    await turns()
    assert not waiting.done()
    assert bench.restoring.missing == {POSTS, OTHERS}
    assert await bench.restoring.let_in(SYMPTOMS), "what has no changelog never waits"

    bench.kept.may_read.set()
    assert await asyncio.wait_for(waiting, 5)
    assert sorted(bench.entered) == [(POSTS, 0), (POSTS, 1), (OTHERS, 0)]
    assert bench.restoring.missing == frozenset()
    assert await bench.restoring.let_in(POSTS)
    assert bench.kept.is_closed


async def test_before_the_first_assignment_records_wait_too() -> None:
    """Faust hands records on before it tells of an assignment."""
    bench = Bench(Kept())
    bench.kept.may_read.set()
    waiting = asyncio.create_task(bench.restoring.let_in(POSTS))
    await turns()
    assert not waiting.done()
    bench.restoring.begin({POSTS})
    assert await asyncio.wait_for(waiting, 5)


async def test_without_changelogs_nothing_waits() -> None:
    bench = Bench(Kept())
    bench.restoring = Restoring({}, bench.restore, bench.crashes.append)
    done: list[str] = []

    assert await bench.restoring.let_in(POSTS)
    bench.restoring.begin({POSTS}, lambda: done.append("ready"))
    assert done == ["ready"]


async def test_who_waits_is_sent_away_when_the_partition_is_given_up() -> None:
    bench = Bench(Kept(p0=1))
    ready: list[str] = []
    bench.restoring.begin({POSTS}, lambda: ready.append("first"))
    waiting = asyncio.create_task(bench.restoring.let_in(POSTS))
    await turns()
    bench.restoring.revoke()
    assert not await asyncio.wait_for(waiting, 5)
    await turns()
    assert bench.kept.is_closed, "nobody reads on"

    bench.kept.may_read.set()
    bench.restoring.begin({POSTS}, lambda: ready.append("second"))
    assert await asyncio.wait_for(bench.restoring.let_in(POSTS), 5)
    assert ready == ["second"]
    assert bench.crashes == []


async def test_of_a_partition_that_stays_only_the_rest_is_read() -> None:
    bench = Bench(Kept(p0=2, p1=3))
    bench.kept.may_read.set()
    for held in ({POSTS, OTHERS}, {POSTS}, {POSTS, OTHERS}):
        bench.restoring.revoke()
        bench.restoring.begin(held)
        assert await asyncio.wait_for(bench.restoring.let_in(POSTS), 5)

    assert bench.kept.asked == [{0: 0, 1: 0}, {0: 2}, {0: 2, 1: 0}], "others may have written to the one that was away"


async def test_after_a_while_records_are_let_in_and_reading_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(Kept(p0=1), within_s=0.01)
    ready: list[str] = []
    with caplog.at_level(logging.WARNING):
        bench.restoring.begin({POSTS}, lambda: ready.append("ready"))
        assert await asyncio.wait_for(bench.restoring.let_in(POSTS), 5)

    assert "in 1 partitions is not read after 0.01 s" in caplog.text
    assert bench.restoring.missing == {POSTS}
    assert ready == ["ready"]
    bench.kept.may_read.set()
    await turns()
    assert bench.entered == [(POSTS, 0)]
    assert bench.restoring.missing == frozenset()


async def test_a_broker_that_is_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.0)
    bench = Bench(Kept(p0=1))
    bench.kept.errors = [ClientError("it is away"), ClientError("it is away")]
    bench.kept.may_read.set()
    with caplog.at_level(logging.WARNING):
        bench.restoring.begin({POSTS})
        assert await asyncio.wait_for(bench.restoring.let_in(POSTS), 5)

    assert bench.entered == [(POSTS, 0)]
    assert caplog.text.count("cannot be read, trying again: it is away") == 1


async def test_what_counts_for_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(Kept(p0=14))
    bench.kept.may_read.set()
    with caplog.at_level(logging.WARNING):
        bench.restoring.begin({POSTS})
        assert await asyncio.wait_for(bench.restoring.let_in(POSTS), 5)

    assert "1 entries on what is known of authors count for nothing" in caplog.text


async def test_a_defect_ends_the_process() -> None:
    bench = Bench(Kept(p0=1))
    bench.fault = RuntimeError("a defect")
    bench.kept.may_read.set()
    bench.restoring.begin({POSTS})
    await turns()

    assert bench.crashes == [bench.fault]


async def test_at_the_end_reading_is_given_up() -> None:
    bench = Bench(Kept(p0=1))
    bench.restoring.begin({POSTS})
    await turns()
    await bench.restoring.stop()

    assert bench.kept.is_closed
    assert bench.crashes == []
