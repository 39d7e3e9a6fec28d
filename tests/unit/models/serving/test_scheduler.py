"""The scheduler with engines that tests hold and release: every wait is on an event, and bounded."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from models.serving.batcher import TokenBudgetBatcher
from models.serving.isolating import run_isolated
from models.serving.scheduler import BatchScheduler
from models.serving.types import (
    Batch,
    Depth,
    Encoding,
    EngineLostError,
    InferenceError,
    Item,
    Outcome,
    Scores,
)

LIMIT_S = 5.0
POST = frozenset({"post", "spans"})
TRIAGE = frozenset({"condition", "urgency"})


class FakeEngine:
    """Remembers what it ran; fails on payloads in `bad`; can be held so that a run does not end."""

    model_version = "fake"
    device = "none"
    grid = (16, 32, 64, 128, 256)
    run_cost_tokens = 64

    def __init__(self, bad: Sequence[object] = ()) -> None:
        self.bad = set(bad)
        self.runs: list[list[object]] = []
        self.depths: list[Depth] = []
        self.prepared: list[list[object]] = []
        self.fatal: BaseException | None = None
        self.short = False
        self.entered = threading.Semaphore(0)
        self.padded = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.held = False

    def hold(self) -> None:
        self.held = True

    def prepare(self, batch: Batch) -> None:
        self.prepared.append([item.payload for item in batch.items])
        self.padded.release()

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        payloads = [item.payload for item in batch.items]
        self.runs.append(payloads)
        self.depths.append(depth)
        self.entered.release()
        if self.held:
            assert self.gate.acquire(timeout=LIMIT_S)
        if self.fatal is not None:
            raise self.fatal
        if self.bad.intersection(payloads):
            raise RuntimeError("cannot multiply the text of somebody")
        return [Scores("fake", depth is not Depth.FULL)] * (len(payloads) - self.short)

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        pass


def item(payload: object, tokens: int = 10, heads: frozenset[str] = POST) -> Item:
    encoding = Encoding(np.ones(tokens, np.int32), np.zeros((tokens, 2), np.int32))
    return Item(encoding, payload, heads, 0.0, time.monotonic(), may_degrade=not heads & TRIAGE)


class Bench:
    """A started scheduler, and everything that it delivered."""

    def __init__(self, engine: FakeEngine, depth: Callable[[], Depth] = lambda: Depth.FULL, **batching: int) -> None:
        self.engine = engine
        self.deliveries: list[list[Outcome]] = []
        self.threads: set[int] = set()
        self._arrived = asyncio.Event()
        batcher = TokenBudgetBatcher(engine.grid, **batching)
        self.scheduler = BatchScheduler(engine, batcher, self._deliver, depth)
        self.scheduler.start(asyncio.get_running_loop())

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        self.threads.add(threading.get_ident())
        self.deliveries.append(list(outcomes))
        self._arrived.set()

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for delivery in self.deliveries for outcome in delivery]

    async def settled(self, count: int) -> None:
        """Until `count` outcomes arrived."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.outcomes) < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def entered(self) -> None:
        """Until the engine is inside of one more run."""
        assert await asyncio.to_thread(self.engine.entered.acquire, True, LIMIT_S)

    async def prepared(self) -> None:
        """Until one more batch is padded."""
        assert await asyncio.to_thread(self.engine.padded.acquire, True, LIMIT_S)


async def test_every_item_comes_back_once_on_the_loop_with_its_times() -> None:
    bench = Bench(FakeEngine())
    items = [item(n, tokens=1 + n % 200) for n in range(500)]
    for start in range(0, 500, 7):
        bench.scheduler.submit(items[start : start + 7])
    await bench.settled(500)
    assert sorted(o.item.payload for o in bench.outcomes) == list(range(500))  # type: ignore[type-var]
    assert all(o.scores is not None and o.error is None for o in bench.outcomes)
    assert all(o.item.queued_at <= o.batched_at <= o.scored_at <= time.monotonic() for o in bench.outcomes)
    assert bench.threads == {threading.get_ident()}
    assert len(bench.deliveries) == len(bench.engine.runs)
    await bench.scheduler.stop()


async def test_a_lone_record_runs_at_once() -> None:
    bench = Bench(FakeEngine())
    bench.scheduler.submit([item("lone")])
    await bench.settled(1)
    assert bench.engine.runs == [["lone"]]
    await bench.scheduler.stop()


async def test_batches_grow_while_the_engine_is_busy() -> None:
    engine = FakeEngine()
    engine.hold()
    bench = Bench(engine)
    bench.scheduler.submit([item("first")])
    await bench.entered()
    for n in range(20):
        bench.scheduler.submit([item(n)])
        await asyncio.sleep(0.001)  # time enough to form a turn of one, which would be wrong
    engine.gate.release(2)
    await bench.settled(21)
    assert engine.runs == [["first"], list(range(20))]
    await bench.scheduler.stop()


async def test_a_full_turn_is_prepared_while_another_runs_but_not_two() -> None:
    engine = FakeEngine()
    engine.hold()
    bench = Bench(engine, window=4)
    bench.scheduler.submit([item(n) for n in range(12)])
    await bench.entered()
    await bench.prepared()
    await bench.prepared()
    bench.scheduler.submit([item(n) for n in range(12, 24)])
    await asyncio.sleep(0.02)
    assert (engine.runs, engine.prepared) == ([[0, 1, 2, 3]], [[0, 1, 2, 3], [4, 5, 6, 7]])
    engine.gate.release(6)
    await bench.settled(24)
    await bench.scheduler.stop()


def test_a_batch_that_fails_and_none_of_its_records_alone_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Of memory that ran out, say: all records have answers, and nobody would know why they take twice as long."""

    class Narrow(FakeEngine):
        def run(self, batch: Batch, depth: Depth) -> list[Scores]:
            if len(batch.items) > 2:
                raise RuntimeError("cannot hold the text of somebody")
            return super().run(batch, depth)

    narrow = Narrow()
    outcomes = run_isolated(narrow, Batch([item(n) for n in range(8)], 16), Depth.FULL)
    assert (len(outcomes), len(narrow.runs)) == (8, 4), "in twos"
    (told,) = caplog.messages
    assert told.startswith("A batch failed, and none of its records alone: RuntimeError at ")
    caplog.clear()
    run_isolated(FakeEngine(bad=[3]), Batch([item(n) for n in range(8)], 16), Depth.FULL)
    assert not caplog.messages, "where a record is at fault its dead letter says so"


async def test_only_the_records_that_fail_alone_get_an_error() -> None:
    bench = Bench(FakeEngine(bad=[3, 17]))
    bench.scheduler.submit([item(n) for n in range(32)])
    await bench.settled(32)
    failed = {o.item.payload: o.error for o in bench.outcomes if o.error is not None}
    assert set(failed) == {3, 17}
    assert all(isinstance(error, InferenceError) for error in failed.values())
    assert all(isinstance(error.__cause__, RuntimeError) for error in failed.values())
    assert all(0 < o.batched_at <= o.scored_at <= time.monotonic() for o in bench.outcomes)
    assert all((o.scores is None) == (o.error is not None) for o in bench.outcomes)
    assert len(bench.deliveries) == 1
    stats = bench.scheduler.stats()
    assert stats.rows == 32
    assert 1 + 2 * 2 <= len(bench.engine.runs) <= 1 + 2 * (2 * 5), "each time that it is halved it is run twice"
    assert 0 <= stats.run_s < LIMIT_S
    await bench.scheduler.stop()


async def test_an_error_does_not_repeat_what_the_engine_said() -> None:
    bench = Bench(FakeEngine(bad=["x"]))
    bench.scheduler.submit([item("x")])
    await bench.settled(1)
    assert str(bench.outcomes[0].error) == "The engine failed on this record: RuntimeError."
    await bench.scheduler.stop()


async def test_a_wrong_number_of_answers_is_a_failure_not_a_mixup() -> None:
    engine = FakeEngine()
    engine.short = True
    bench = Bench(engine)
    bench.scheduler.submit([item(n) for n in range(3)])
    await bench.settled(3)
    assert all(isinstance(o.error, InferenceError) for o in bench.outcomes)
    assert bench.outcomes[0].error is not None
    assert str(bench.outcomes[0].error.__cause__) == "The engine gave 0 answers to 1 records."
    await bench.scheduler.stop()


async def test_a_text_longer_than_the_grid_fails_alone() -> None:
    bench = Bench(FakeEngine())
    bench.scheduler.submit([item("good"), item("long", tokens=257), item("good too")])
    await bench.settled(3)
    (failed,) = (outcome for outcome in bench.outcomes if outcome.error)
    assert failed.item.payload == "long"
    assert "257 tokens" in str(failed.error)
    assert 0 < failed.batched_at <= failed.scored_at
    bench.scheduler.submit([item("later")])
    await bench.settled(4)
    assert bench.outcomes[-1].error is None
    await bench.scheduler.stop()


@pytest.mark.parametrize("fatal", [EngineLostError("The GPU is gone."), SystemExit()], ids=["lost", "thread dies"])
async def test_a_lost_engine_fails_everything_pending_and_everything_later(fatal: BaseException) -> None:
    engine = FakeEngine()
    engine.hold()
    bench = Bench(engine, window=2)
    bench.scheduler.submit([item(n) for n in range(10)])
    await bench.entered()
    engine.fatal = fatal
    engine.gate.release()
    await bench.settled(10)
    bench.scheduler.submit([item("late")])
    await bench.settled(11)
    assert all(isinstance(o.error, EngineLostError) for o in bench.outcomes)
    assert {o.item.payload for o in bench.outcomes} == {*range(10), "late"}
    assert not bench.scheduler._pending
    assert len(bench.outcomes) == 11
    await bench.scheduler.stop()


async def test_the_forming_thread_is_watched_too(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(FakeEngine())

    def broken() -> list[Batch]:
        raise ZeroDivisionError("what a runtime quotes")

    bench.scheduler._batcher.pop = broken  # type: ignore[method-assign]
    bench.scheduler.submit([item("x")])
    await bench.settled(1)
    assert isinstance(bench.outcomes[0].error, EngineLostError)
    assert str(bench.outcomes[0].error) == "A serving thread died."
    assert "A serving thread died" in caplog.text
    assert "A serving thread died: ZeroDivisionError at" in caplog.text
    assert "what a runtime quotes" not in caplog.text
    await bench.scheduler.stop()


async def test_symptom_records_are_never_degraded() -> None:
    bench = Bench(FakeEngine(), depth=lambda: Depth.EARLY)
    bench.scheduler.submit([item("post"), item("record", heads=TRIAGE)])
    await bench.settled(2)
    bench.scheduler.submit([item("post")])
    await bench.settled(3)
    assert bench.engine.depths == [Depth.FULL, Depth.EARLY]
    assert [o.scores.degraded for o in bench.outcomes if o.scores] == [False, False, True]
    await bench.scheduler.stop()


async def test_what_gathered_before_the_start_is_one_turn() -> None:
    """However many calls it came in."""
    engine, delivered = FakeEngine(), asyncio.Queue[Sequence[Outcome]]()
    scheduler = BatchScheduler(engine, TokenBudgetBatcher(engine.grid), delivered.put_nowait)
    for number in range(3):
        scheduler.submit([item(number)])
    scheduler.start(asyncio.get_running_loop())
    assert len(await asyncio.wait_for(delivered.get(), LIMIT_S)) == 3
    assert engine.runs == [[0, 1, 2]]
    await scheduler.stop()


async def test_stop_waits_for_the_batch_that_runs_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())
    engine = FakeEngine()
    engine.hold()
    bench = Bench(engine)
    threads = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("tidegate-")]
    assert {thread.name for thread in threads} == {"tidegate-forming", "tidegate-engine"}
    assert all(thread.daemon for thread in threads), "one that hangs must not keep the process"
    bench.scheduler.submit([item("runs")])
    await bench.entered()
    stopping = asyncio.create_task(bench.scheduler.stop(LIMIT_S))
    await asyncio.sleep(0.02)
    assert not stopping.done()

    engine.gate.release()
    await asyncio.wait_for(stopping, LIMIT_S)
    assert not any(thread.is_alive() for thread in threads)
    assert bench.outcomes == []
    assert caplog.text == ""


async def test_what_comes_after_the_stop_is_told_so() -> None:
    bench = Bench(FakeEngine())
    await bench.scheduler.stop()
    bench.scheduler.submit([item("late")])
    await bench.settled(1)
    assert isinstance(bench.outcomes[0].error, EngineLostError)
    assert "stopped" in str(bench.outcomes[0].error)


async def test_stop_is_bounded_while_the_engine_hangs_and_delivers_nothing_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = FakeEngine()
    engine.hold()
    bench = Bench(engine)
    bench.scheduler.submit([item("hangs")])
    await bench.entered()
    await asyncio.wait_for(bench.scheduler.stop(0.05), 30)
    assert "still runs" in caplog.text
    engine.gate.release()
    for thread in bench.scheduler._threads:
        await asyncio.to_thread(thread.join, LIMIT_S)
    await asyncio.sleep(0)
    assert bench.outcomes == []


def test_a_closed_loop_ends_the_threads() -> None:
    engine = FakeEngine()
    engine.hold()
    bench: list[Bench] = []

    async def body() -> None:
        bench.append(Bench(engine))
        bench[0].scheduler.submit([item("x")])
        await bench[0].entered()

    asyncio.run(body())
    engine.gate.release()
    for thread in bench[0].scheduler._threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()


async def test_submit_may_come_from_many_threads() -> None:
    bench = Bench(FakeEngine())

    def submit(start: int) -> None:
        for n in range(start, start + 100):
            bench.scheduler.submit([item(n)])

    await asyncio.gather(*(asyncio.to_thread(submit, 100 * thread) for thread in range(4)))
    await bench.settled(400)
    assert {o.item.payload for o in bench.outcomes} == set(range(400))
    assert not bench.scheduler._pending
    await bench.scheduler.stop()


async def test_a_batch_that_cannot_be_prepared_ahead_is_still_run() -> None:
    class Clumsy(FakeEngine):
        def prepare(self, batch: Batch) -> None:
            raise MemoryError

    bench = Bench(Clumsy())
    bench.scheduler.submit([item("x")])
    await bench.settled(1)
    assert bench.outcomes[0].scores is not None
    await bench.scheduler.stop()
