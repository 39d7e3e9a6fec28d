"""From a consumed message to its released offset, with a broker that acknowledges when it is told to."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

import streams.worker.intake
import streams.worker.overload
import streams.worker.service
import streams.worker.watch
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from models.serving.types import Batch, Depth, Encoding, Scores
from schemas import DeadLetter, Reason
from schemas.wire import Header
from streams.model import Model, load_model
from streams.pipeline.activation import build_tasks
from streams.pipeline.prepare import Preparer
from streams.pipeline.work import Work
from streams.policy import Policy
from streams.record import Outgoing, Partition
from streams.settings import Settings
from streams.tasks.base import Parts
from streams.tasks.posts.task import PostsTask
from streams.worker.dead_letter_limit import DeadLetterLimitExceeded
from streams.worker.service import Service
from streams.worker.sink import PublishError, Sink
from streams.worker.watch import StuckError
from tests.support.policies import write_policy
from tests.support.tiny_artifact import write_manifest

BAD = b"{"
POSTS = ("posts", 0)
OLD_POSTS = ("posts-backfill", 0)


@dataclass
class Message:
    offset: int
    value: bytes | None
    sent_at: float | None = None
    key: bytes | None = b"key"
    headers: tuple[Header, ...] = ()
    timestamp: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.timestamp = None if self.sent_at is None else 1000 * self.sent_at


class HeldSink(Sink):
    """Keeps what is published and holds every acknowledgement back until `answer` is called."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.start_error: PublishError | None = None
        self.is_stopped = False
        self._acknowledged = asyncio.Event()
        self._error: PublishError | None = None
        self.waited = 0.0
        self.looks = 0
        self.too_small: set[str] = set()
        """Kinds whose topics take nothing."""

    def waited_s(self, now: float) -> float:
        self.looks += 1
        return self.waited

    async def start(self) -> None:
        if self.start_error is not None:
            raise self.start_error

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        self.published += messages
        await self._acknowledged.wait()
        if self._error is not None:
            raise self._error
        return [each for each in messages if each.kind in self.too_small]

    def hold(self) -> None:
        """What is published from now on; who waits already is answered."""
        self._acknowledged.clear()

    def answer(self, error: PublishError | None = None) -> None:
        self._error = error
        self._acknowledged.set()

    async def stop(self) -> None:
        self.is_stopped = True


class Kept:
    """A changelog that holds what sinks have published of it."""

    def __init__(self, *sinks: HeldSink) -> None:
        self.sinks = sinks

    async def read(self, begins: Mapping[int, int]) -> AsyncGenerator[tuple[int, Sequence[Any]], None]:
        written = [each for sink in self.sinks for each in sink.published if each.kind == "authors"]
        messages = [SimpleNamespace(offset=n, key=each.key, value=each.value) for n, each in enumerate(written)]
        for number, begin in begins.items():
            if messages[begin:]:
                yield number, messages[begin:]


class Bench:
    def __init__(self, settings: Settings, model: Model, changelog: Kept | None = None) -> None:
        (task,) = build_tasks(settings, model.artifact)
        self.sink = HeldSink()
        self.crashes: list[BaseException] = []
        self.service = Service(
            settings,
            model,
            {POSTS[0]: task, OLD_POSTS[0]: task},
            self.sink,
            self.crashes.append,
            [OLD_POSTS[0]],
            changelogs={} if changelog is None else {POSTS[0]: changelog},
        )

    async def take_in(self, *values: bytes) -> None:
        """As what was fetched in one go."""
        await self.service.take_in(POSTS, [Message(offset, value) for offset, value in enumerate(values)])

    async def take_in_one(self, message: Message) -> None:
        await self.service.take_in(POSTS, [message])

    async def stop(self) -> None:
        await self.service.stop()

    @property
    def released(self) -> dict[Partition, int]:
        return self.service.ledger.released()


Start = Callable[..., Awaitable[Bench]]


@pytest.fixture(scope="module")
def model(tiny_artifact: Path) -> Model:
    return load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1))


@pytest.fixture
async def start(model: Model, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a service with the settings of the test."""
    started: list[Bench] = []

    async def start_with(model: Model = model, changelog: Kept | None = None, **settings: Any) -> Bench:
        patient: dict[str, Any] = {"data_dir": tmp_path, "drain_s": 60.0, **settings}
        started.append(Bench(Settings(tasks=["posts"], **patient), model, changelog))
        await started[-1].service.start()
        return started[-1]

    yield start_with
    for bench in started:
        await bench.stop()


async def eventually(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(60):  # a machine that is busy
        while not claim():  # noqa: ASYNC110  # what it looks at tells nobody when it changes
            await asyncio.sleep(0.001)


def post(text: str, **fields: str) -> bytes:
    return orjson.dumps({"id": "p", "text": text, **fields})


async def test_an_offset_is_released_after_the_acknowledgement_and_each_output_leaves_once(start: Start) -> None:
    bench = await start()
    await bench.take_in(post("you are lovely"), BAD)
    await eventually(lambda: len(bench.sink.published) >= 2)
    await asyncio.sleep(0.02)

    assert bench.released == {}
    bench.sink.answer()
    await eventually(lambda: bench.released)
    await bench.service.drain()

    assert bench.released == {POSTS: 2}
    assert sorted(output.kind for output in bench.sink.published) == ["dead-letters", "labels"]
    assert (bench.service.gates.live.records, bench.service.gates.live.tokens) == (0, 0)


async def test_an_output_tells_where_its_record_came_from(start: Start) -> None:
    bench = await start()
    bench.sink.answer()
    for offset, value in ((7, post("you are lovely")), (8, BAD)):
        await bench.take_in_one(Message(offset, value, headers=(("own", b"header"),)))
    await bench.service.drain()

    verdict, letter = bench.sink.published
    assert (verdict.key, letter.key, letter.value) == (b"key", b"key", BAD)
    assert orjson.loads(verdict.value or b"")["source"] == {"topic": "posts", "partition": 0, "offset": 7}
    assert letter.headers[0] == ("own", b"header")
    assert dict(letter.headers)["original-offset"] == b"8"


async def test_a_copy_is_answered_from_memory_and_alike(start: Start) -> None:
    bench = await start()
    bench.sink.answer()
    for offset in range(2):
        await bench.take_in_one(Message(offset, post("you are an idiot")))
        await bench.service.drain()

    first, second = (orjson.loads(output.value or b"") for output in bench.sink.published if output.kind == "labels")
    assert first["spans"] == [{"start": 11, "end": 16}]
    for name in ("timings_ms", "source"):
        del first[name], second[name]
    assert first == second


@pytest.mark.parametrize(("most", "is_all"), [(2, False), (24, True)])
async def test_of_a_long_record_so_many_parts_are_read_as_the_settings_say(
    start: Start, most: int, is_all: bool
) -> None:
    bench = await start(max_windows=most)
    bench.sink.answer()
    await bench.take_in(post("you are lovely . " * 100))
    await bench.service.drain()

    (output,) = bench.sink.published
    assert (orjson.loads(output.value or b"")["read_share"] == 1.0) is is_all


async def test_an_idle_service_is_drained_at_once(start: Start) -> None:
    bench = await start(drain_s=30)
    await asyncio.wait_for(bench.service.drain(), 2)


async def test_what_was_given_up_is_not_waited_for_again(start: Start) -> None:
    bench = await start(drain_s=30)
    await bench.take_in(BAD)
    await bench.service.revoke({POSTS})
    await bench.service.assign({POSTS})
    await asyncio.wait_for(bench.service.drain(), 2)


async def test_nothing_runs_on_when_it_has_stopped(start: Start) -> None:
    before = set(threading.enumerate())

    def left() -> list[str]:
        """Names of threads; the loop's own stay with it."""
        return [one.name for one in set(threading.enumerate()) - before if not one.name.startswith("asyncio_")]

    bench = await start()
    bench.sink.answer()
    await bench.take_in(post("you are lovely"), BAD)
    await bench.service.drain()
    await bench.stop()

    await bench.stop()  # once more does no harm
    assert bench.sink.is_stopped
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await eventually(lambda: not left())


async def test_a_sink_that_cannot_start_stops_the_start(model: Model, tmp_path: Path) -> None:
    bench = Bench(Settings(data_dir=tmp_path, tasks=["posts"]), model)
    bench.sink.start_error = PublishError("topic labels has no partitions")
    with pytest.raises(PublishError, match="no partitions"):
        await bench.service.start()
    await bench.stop()


async def test_intake_waits_while_too_much_is_in_flight(start: Start) -> None:
    bench = await start(max_in_flight_records=2)
    taking_in = asyncio.create_task(bench.take_in(BAD, BAD, BAD))
    await eventually(lambda: len(bench.sink.published) == 2)
    await asyncio.sleep(0.02)

    assert not taking_in.done()
    assert bench.service.gates.live.records == 2
    bench.sink.answer()
    await asyncio.wait_for(taking_in, 5)


async def test_intake_waits_while_too_many_tokens_are_in_flight(tiny_artifact: Path, start: Start) -> None:
    """A record counts by its size, up to what the model reads of it: two windows of 256 tokens here."""
    small = load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1, max_in_flight_tokens=1100))
    bench = await start(model=small, max_windows=2)
    taking_in = asyncio.create_task(bench.take_in(*(post("you are lovely " * 500 + str(i)) for i in range(3))))
    await eventually(lambda: len(bench.sink.published) == 2)
    await asyncio.sleep(0.02)

    assert not taking_in.done()
    assert (bench.service.gates.live.records, bench.service.gates.live.tokens) == (2, 1024)
    bench.sink.answer()
    await asyncio.wait_for(taking_in, 5)


async def test_what_was_fetched_in_one_go_is_taken_in_as_room_gets_free_and_leaves_in_order(start: Start) -> None:
    bench = await start(max_in_flight_records=3, dead_letter_max_ratio=0, dead_letter_max_consecutive=0)
    bench.sink.answer()
    await bench.take_in(*(post(f"you are lovely {i}") if i % 3 else BAD for i in range(300)))
    await bench.service.drain()

    assert bench.released == {POSTS: 300}
    assert [place_of_answer(output) for output in bench.sink.published] == list(range(300))
    gate = bench.service.gates.live
    assert (gate.records, gate.tokens, gate.bytes) == (0, 0, 0)


def place_of_answer(output: Outgoing) -> int:
    """The offset of the record that it answers."""
    if output.kind == "dead-letters":
        return int(dict(output.headers)["original-offset"] or b"")
    place: int = orjson.loads(output.value or b"")["source"]["offset"]
    return place


async def test_a_drain_does_not_wait_for_what_waits_at_the_gate(start: Start) -> None:
    """It comes back with the next assignment, and no commit passes it."""
    bench = await start(max_in_flight_records=2, drain_s=30)
    taking_in = asyncio.create_task(bench.take_in(*[BAD] * 5))
    await eventually(lambda: len(bench.sink.published) == 2)
    draining = asyncio.create_task(bench.service.drain())
    await asyncio.sleep(0)
    bench.sink.answer()
    await asyncio.wait_for(asyncio.gather(taking_in, draining), 5)

    assert len(bench.sink.published) == 2
    assert bench.released == {POSTS: 2}
    assert (bench.service.gates.live.records, bench.service.ledger.in_flight) == (0, 0)


@pytest.mark.parametrize("drain_s", [0.4, 60.0])
async def test_a_drain_gives_back_what_there_is_no_time_for(
    start: Start, drain_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the processor, nothing is answered ahead of what a drain leaves behind. Here a record takes 2 ms."""
    prepare = Preparer.__call__

    def slowly(self: Preparer, works: Sequence[Work]) -> None:
        time.sleep(0.002 * len([work for work in works if not work.is_abandoned]))
        prepare(self, works)

    monkeypatch.setattr(Preparer, "__call__", slowly)
    bench = await start(drain_s=drain_s, dead_letter_max_ratio=0, dead_letter_max_consecutive=0)
    bench.sink.answer()
    await bench.take_in(*[post("you are lovely")] * 1000)  # two seconds of work
    await bench.service.drain()
    await eventually(lambda: bench.service.ledger.in_flight == 0)  # a thread may have been at work at the end

    answered = sorted(place_of_answer(output) for output in bench.sink.published)
    assert answered == list(range(bench.released[POSTS])), "answered ahead of what was left behind"
    assert (bench.released[POSTS] == 1000) is (drain_s == 60)
    await eventually(lambda: bench.service.gates.live.records == 0)


async def test_what_waits_at_the_gate_is_given_up_with_its_partition(start: Start) -> None:
    """A drain that ran out of time leaves it there; the room that gets free later is for the next assignment."""
    bench = await start(max_in_flight_records=1, drain_s=0.05)
    taking_in = asyncio.create_task(bench.take_in(BAD, BAD))
    await eventually(lambda: bench.sink.published)
    await bench.service.drain()
    await bench.service.revoke({POSTS})
    await bench.service.assign({POSTS})
    bench.sink.answer()
    await asyncio.wait_for(taking_in, 5)
    await bench.take_in(BAD)
    await bench.service.drain()

    assert len(bench.sink.published) == 2
    assert bench.released == {POSTS: 1}


async def test_another_model_brings_room_of_its_own(tiny_artifact: Path, start: Start) -> None:
    small, large = (
        load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1, max_in_flight_tokens=tokens))
        for tokens in (2_000, 20_000)
    )
    bench = await start(model=small)
    taking_in = asyncio.create_task(bench.take_in(*(post("you are lovely " * 400 + str(i)) for i in range(3))))
    await eventually(lambda: len(bench.sink.published) == 1)
    await asyncio.sleep(0.02)
    assert not taking_in.done()

    await bench.service.activate(large, Parts(large.artifact, Policy.load(), "other"))
    await asyncio.wait_for(taking_in, 5)
    bench.sink.answer()


async def test_the_wait_at_the_gate_is_a_stage_of_its_own(start: Start) -> None:
    bench = await start(max_in_flight_records=1)
    taking_in = asyncio.create_task(bench.take_in(post("you are lovely"), post("what a day")))
    await eventually(lambda: len(bench.sink.published) == 1)
    await asyncio.sleep(0.05)
    bench.sink.answer()
    await asyncio.wait_for(taking_in, 5)
    await bench.service.drain()

    stages = [orjson.loads(output.value or b"")["timings_ms"] for output in bench.sink.published]
    assert stages[1]["admitted"] >= 50
    assert stages[0]["admitted"] < stages[1]["admitted"]


async def test_the_wait_at_the_gate_is_counted_once(start: Start) -> None:
    """`total` begins with the Kafka timestamp, and so does the age of what is in flight."""
    bench = await start(max_in_flight_records=1)
    sent_at = time.time() - 100
    records = [Message(offset, post("you are lovely"), sent_at) for offset in range(2)]
    taking_in = asyncio.create_task(bench.service.take_in(POSTS, records))
    await eventually(lambda: len(bench.sink.published) == 1)
    await asyncio.sleep(0.2)
    bench.sink.answer()
    bench.sink.hold()
    await asyncio.wait_for(taking_in, 5)
    heads = bench.service.ledger.heads(time.monotonic())
    age_s = time.time() - sent_at
    assert list(heads) == [POSTS]
    assert heads[POSTS][0] == 1
    assert heads[POSTS][1] == pytest.approx(age_s, abs=0.1)
    bench.sink.answer()
    await bench.service.drain()

    verdict = orjson.loads(bench.sink.published[1].value or b"")
    assert verdict["timings_ms"]["admitted"] >= 200
    assert verdict["timings_ms"]["total"] <= 1000 * (time.time() - sent_at)


async def test_what_waited_for_its_task_when_a_drain_began_is_dropped(start: Start) -> None:
    """Its partition is about to go: a ticket that is opened now would hold up the drain."""
    bench = await start()
    bench.sink.answer()
    bench.service.enable([])
    taking_in = asyncio.create_task(bench.take_in(BAD))
    await asyncio.sleep(0)
    await bench.service.drain()
    bench.service.enable(["posts"])
    await asyncio.wait_for(taking_in, 5)
    assert bench.service.ledger.in_flight == bench.service.gates.live.records == 0
    assert bench.sink.published == []


async def test_a_record_counts_as_a_token_for_four_of_its_bytes_and_one_more(start: Start) -> None:
    bench = await start()
    await bench.take_in(b"{" * 42)
    assert bench.service.gates.live.tokens == 11
    bench.sink.answer()


async def test_the_drain_ends_in_time_and_what_it_abandons_is_never_released(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await start(drain_s=0.05)
    await bench.take_in(BAD)

    await asyncio.wait_for(bench.service.drain(), 2)
    await bench.service.revoke({POSTS})
    bench.sink.answer()
    await asyncio.sleep(0.02)

    assert bench.released == {}
    assert bench.crashes == []
    assert "1 records not finished after 0.05 s" in caplog.text


async def test_what_was_abandoned_is_neither_decided_nor_counted_nor_published(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine answers too late, when another worker owns the partition."""
    bench = await start(drain_s=0.05)
    bench.sink.answer()
    answer, held = threading.Event(), threading.Event()
    run = OnnxEngine.run

    def slow(engine: OnnxEngine, batch: Batch, depth: Depth) -> list[Scores]:
        held.set()
        answer.wait(5)
        return run(engine, batch, depth)

    decided: list[str] = []
    monkeypatch.setattr(OnnxEngine, "run", slow)
    monkeypatch.setattr(PostsTask, "decide", lambda task, case: decided.append(case.record.id))
    await bench.take_in(post("you are an idiot"), post("what a day"))
    await eventually(held.is_set)
    await bench.service.drain()
    await bench.service.revoke({POSTS})
    answer.set()

    await eventually(lambda: bench.service.gates.live.records == 0)
    assert (decided, bench.sink.published, bench.released, bench.crashes) == ([], [], {}, [])


async def test_an_output_that_the_broker_refuses_is_a_crash_and_releases_nothing(start: Start) -> None:
    bench = await start(drain_s=30)
    await bench.take_in(BAD)
    bench.sink.answer(PublishError("no"))
    await eventually(lambda: bench.crashes)

    assert [type(error) for error in bench.crashes] == [PublishError]
    assert bench.released == {}
    await asyncio.wait_for(bench.service.drain(), 2)  # there is nothing to wait for any more


async def test_an_output_that_is_too_large_becomes_a_dead_letter_and_the_partition_moves_on(start: Start) -> None:
    bench = await start()
    bench.sink.too_small.add("labels")
    bench.sink.answer()
    await bench.take_in(post("a fine day"), BAD)
    await eventually(lambda: bench.released == {POSTS: 2})
    assert not bench.crashes
    letters = [each for each in bench.sink.published if each.kind == "dead-letters"]
    assert sorted(each.value or b"" for each in letters) == sorted([post("a fine day"), BAD])
    (large,) = (DeadLetter.from_headers(each.headers) for each in letters if each.value != BAD)
    assert (large.reason, large.original_offset) == (Reason.RECORD_TOO_LARGE, 0)
    assert "labels" in large.detail


async def test_an_alert_that_is_too_large_costs_no_second_letter_and_the_partition_moves_on(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(PostsTask, "unjudged", lambda *about: [Outgoing("alerts", b"k", b"{}")])
    bench = await start()
    bench.sink.too_small.add("alerts")
    bench.sink.answer()
    await bench.take_in(BAD)
    await eventually(lambda: bench.released == {POSTS: 1})
    assert not bench.crashes
    assert [each.kind for each in bench.sink.published] == ["dead-letters", "alerts"]
    assert "nobody will hear of it" in caplog.text


@pytest.mark.parametrize(
    ("too_small", "value"), [({"labels", "dead-letters"}, post("a fine day")), ({"dead-letters"}, BAD)]
)
async def test_a_dead_letter_that_is_too_large_is_a_crash_and_releases_nothing(
    start: Start, too_small: set[str], value: bytes
) -> None:
    bench = await start()
    bench.sink.too_small |= too_small
    bench.sink.answer()
    await bench.take_in(value)
    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [PublishError]
    assert bench.released == {}


async def test_a_topic_that_takes_nothing_stops_the_worker_at_the_limit(start: Start) -> None:
    bench = await start(dead_letter_max_consecutive=3, cache_size=0)
    bench.sink.too_small.add("labels")
    bench.sink.answer()
    await bench.take_in(*(post(f"day {number}") for number in range(8)))
    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [DeadLetterLimitExceeded]


async def test_it_does_so_where_records_come_one_by_one(start: Start) -> None:
    """Each of them was a good one before its output was refused."""
    bench = await start(dead_letter_max_consecutive=3, cache_size=0)
    bench.sink.too_small.add("labels")
    bench.sink.answer()
    for offset in range(3):
        assert bench.crashes == []
        await bench.take_in_one(Message(offset, post(f"day {offset}")))
        await bench.service.drain()
        assert bench.released == {POSTS: offset + 1}
    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [DeadLetterLimitExceeded]


async def test_overload_answers_with_less_and_drops_nothing(start: Start) -> None:
    bench = await start(degrade_after_s=1)
    bench.sink.answer()
    for now in (0.0, 1.0, 1.5, 2.5):
        bench.service.overload.observe(60.0, now)
    assert bench.service.overload.depth is Depth.EARLY

    for offset in range(3):
        await bench.take_in_one(Message(offset, post(f"you are lovely {offset}"), time.time() - 60))

    await eventually(lambda: bench.released == {POSTS: 3})
    verdicts = [orjson.loads(output.value or b"") for output in bench.sink.published]
    assert [verdict["degraded"] for verdict in verdicts] == [True] * 3
    assert all(verdict["timings_ms"]["total"] > 59_000 for verdict in verdicts)


async def test_the_log_says_once_a_minute_how_much_was_answered_early(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(streams.worker.watch, "REPORT_EVERY_S", 0.0)
    caplog.set_level("INFO", "streams.worker.watch")
    bench = await start(degrade_after_s=1)
    bench.sink.answer()
    await eventually(lambda: "scored 0 (early 0 %, padding 0.00)" in caplog.text)
    for now in (0.0, 1.0, 1.5, 2.5):
        bench.service.overload.observe(60.0, now)
    await bench.take_in_one(Message(0, post("me"), time.time() - 60))
    await eventually(lambda: "finished 1, in flight 0, dead letters 0, scored 1 (early 100 %" in caplog.text)
    for now in (100.0, 103.0, 106.0):
        bench.service.overload.observe(0.1, now)
    await bench.take_in_one(Message(1, post("you")))
    await bench.service.drain()
    await bench.take_in_one(Message(2, BAD))
    await bench.take_in_one(Message(3, post("you")))
    await eventually(lambda: "finished 4, in flight 0, dead letters 1, scored 2 (early 50 %" in caplog.text)
    assert "padding 1.14), from the cache 1, depth full" in caplog.text


@pytest.mark.parametrize(
    "limit",
    [
        {"dead_letter_max_consecutive": 3, "dead_letter_max_ratio": 0},
        {"dead_letter_max_consecutive": 0, "dead_letter_max_ratio": 0.5, "dead_letter_min_records": 3},
    ],
    ids=["consecutive", "ratio"],
)
async def test_too_many_dead_letters_are_a_crash(start: Start, limit: dict[str, float]) -> None:
    bench = await start(**limit)
    bench.sink.answer()
    await bench.take_in(BAD, BAD)
    await eventually(lambda: bench.released == {POSTS: 2})
    assert bench.crashes == []

    await bench.take_in_one(Message(2, BAD))

    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [DeadLetterLimitExceeded]
    assert bench.released == {POSTS: 3}, "what is answered is released, so that a restart goes on behind it"


@pytest.mark.parametrize("first", [0, 3])
async def test_at_the_limit_no_more_is_answered_than_it_allows(start: Start, first: int) -> None:
    """Each start goes on where the one before it ended, and drains no more of the topic than the limit."""
    bench = await start(dead_letter_max_consecutive=3)
    bench.sink.answer()
    await bench.service.take_in(POSTS, [Message(offset, BAD) for offset in range(first, 8)])
    await bench.service.take_in(POSTS, [Message(offset, post("a fine day")) for offset in range(8, 10)])
    await eventually(lambda: bench.crashes)
    await asyncio.sleep(0.05)
    assert [type(error) for error in bench.crashes] == [DeadLetterLimitExceeded]
    assert bench.released == {POSTS: first + 3}
    assert [each.kind for each in bench.sink.published] == ["dead-letters"] * 3


async def test_nothing_is_answered_behind_the_limit_while_the_broker_still_has_to_acknowledge_it(start: Start) -> None:
    bench = await start(dead_letter_max_consecutive=3)
    await bench.take_in(BAD, BAD, BAD, BAD)
    await eventually(lambda: len(bench.sink.published) == 3)
    await bench.take_in_one(Message(4, post("a fine day")))
    await asyncio.sleep(0.1)
    assert (len(bench.sink.published), bench.crashes, bench.released) == (3, [], {})

    bench.sink.answer()

    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [DeadLetterLimitExceeded]
    assert bench.released == {POSTS: 3}
    assert len(bench.sink.published) == 3


@pytest.mark.parametrize(
    "written",
    [post("\u200b\u2060"), post(""), b'{"id":"p","text":"\\ud83d"}', post("a" * 20_001), None],
    ids=["invisible", "empty", "half an emoji", "too long", "deleted"],
)
async def test_what_a_person_writes_again_and_again_stops_no_worker(start: Start, written: bytes | None) -> None:
    bench = await start(dead_letter_max_consecutive=3, dead_letter_max_ratio=0.5, dead_letter_min_records=3)
    bench.sink.answer()

    await bench.service.take_in(POSTS, [Message(offset, written) for offset in range(20)])

    await eventually(lambda: bench.released == {POSTS: 20})
    assert [each.kind for each in bench.sink.published] == ["dead-letters"] * 20
    assert bench.crashes == []


async def test_a_service_in_which_nothing_moves_is_a_crash(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    bench = await start(stuck_after_s=0.05)
    await bench.take_in(BAD)

    await eventually(lambda: bench.crashes)

    assert [type(error) for error in bench.crashes] == [StuckError]
    assert "nothing moves" in str(bench.crashes[0])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands still until the test sets `now`; the watch looks often."""
    clock = SimpleNamespace(now=0.0, time=time.time)
    clock.monotonic = lambda: clock.now
    for module in (streams.worker.intake, streams.worker.service, streams.worker.watch):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    return clock


async def test_while_the_broker_keeps_it_waiting_it_is_not_stuck(start: Start, clock: SimpleNamespace) -> None:
    """That wait has a bound of its own. What is in flight when it is over has all the time that it would have had."""
    bench = await start(stuck_after_s=10)
    await bench.take_in(BAD)

    async def looked_at(now: float, waited: float) -> list[BaseException]:
        clock.now, bench.sink.waited = now, waited
        enough = bench.sink.looks + 2  # the first may have begun before
        await eventually(lambda: bench.sink.looks >= enough)
        return bench.crashes

    assert not await looked_at(20.0, waited=60.0)
    assert not await looked_at(25.0, waited=0.0), "it was counted as stuck while the broker was away"

    clock.now = 31.0
    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [StuckError]


async def test_a_service_that_is_slow_is_not_stuck(start: Start, clock: SimpleNamespace) -> None:
    """Four come for each that is done with, as where there is too little processor time: the oldest is another one."""
    bench = await start(stuck_after_s=10)
    tickets = bench.service.ledger._pages

    def reached(sink: HeldSink, looks: int) -> bool:
        return sink.looks >= looks

    for second in range(24):
        await bench.take_in_one(Message(second, BAD))
        clock.now += 1
        enough = bench.sink.looks + 2
        await eventually(partial(reached, bench.sink, enough))
        if second % 4 == 3:
            bench.service.ledger.settle(tickets[POSTS].unsettled[0])

    assert bench.service.oldest_age_s(clock.now) > 10
    assert bench.crashes == []


async def test_a_broker_that_answers_is_no_excuse(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    bench = await start(stuck_after_s=0.1)
    bench.sink.waited = 1.0
    await bench.take_in(BAD)
    await eventually(lambda: bench.crashes)
    assert [type(error) for error in bench.crashes] == [StuckError]


async def test_a_watch_that_fails_is_a_crash(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be missed when nothing moves."""
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(streams.worker.watch, "CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr(PostsTask, "checkpoint", lambda self: self.no_such_thing)
    bench = await start()
    await eventually(lambda: bench.crashes)
    monkeypatch.undo()

    assert [type(error) for error in bench.crashes] == [AttributeError]


async def test_a_checkpoint_that_hangs_keeps_nobody_from_seeing_that_nothing_moves(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works in the thread that decides, which may wait for a disk that does not answer."""
    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(streams.worker.watch, "CHECKPOINT_EVERY_S", 0.0)
    begun: list[PostsTask] = []
    goes_on = threading.Event()

    def hang(task: PostsTask) -> None:
        begun.append(task)
        goes_on.wait(60)

    monkeypatch.setattr(PostsTask, "checkpoint", hang)
    try:
        bench = await start(stuck_after_s=0.2)
        await eventually(lambda: begun)
        await bench.take_in(BAD)
        await eventually(lambda: bench.crashes)
        assert [type(error) for error in bench.crashes] == [StuckError]
        assert len(begun) == 1, "one at a time"
        assert bench.released == {}
    finally:
        monkeypatch.undo()
        goes_on.set()


@pytest.fixture
def three_strikes(tmp_path: Path) -> dict[str, Path]:
    """Settings under which an author's third post is an alert, whatever it says."""
    return {"policy": write_policy(tmp_path, action="limit", offender_posts=3)}


async def offend(bench: Bench, *numbers: int) -> list[str]:
    """The kinds of all that the service has published when it has answered to these posts of one author."""
    bench.sink.answer()
    for number in numbers:
        value = post(f"number {number} of them", author="one-author")
        await bench.take_in_one(Message(number, value))
    await bench.service.drain()
    return [output.kind for output in bench.sink.published]


async def test_an_authors_posts_are_remembered_by_whoever_is_given_the_partition(
    start: Start, three_strikes: dict[str, Path]
) -> None:
    before = await start(**three_strikes)
    await before.service.assign({POSTS})
    assert "alerts" not in await offend(before, 1, 2)
    await before.stop()

    after = await start(**three_strikes)
    await after.service.assign({POSTS})
    assert "alerts" in await offend(after, 3)


async def test_an_authors_posts_are_written_down_when_the_partition_is_given_up(
    start: Start, three_strikes: dict[str, Path]
) -> None:
    """By a service that lives on: it is a rebalance, and not the end."""
    before, after = await start(**three_strikes), await start(**three_strikes)
    await before.service.assign({POSTS})
    assert "alerts" not in await offend(before, 1, 2)
    await before.service.revoke({POSTS})

    await after.service.assign({POSTS})
    assert "alerts" in await offend(after, 3)


async def test_an_authors_posts_are_written_down_now_and_then(
    start: Start,
    three_strikes: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """For a service that never comes to give its partitions up."""

    def written() -> list[Path]:
        return list(tmp_path.rglob("authors-*.json"))

    monkeypatch.setattr(streams.worker.watch, "CHECK_EVERY_S", 0.005)
    caplog.set_level("INFO", "streams.worker.watch")
    killed, after = await start(**three_strikes), await start(**three_strikes)
    await killed.service.assign({POSTS})
    assert "alerts" not in await offend(killed, 1, 2)
    await asyncio.sleep(0.05)
    assert not written()
    assert "finished" not in caplog.text, "once a minute"

    monkeypatch.setattr(streams.worker.watch, "CHECKPOINT_EVERY_S", 0.0)
    await eventually(written)
    await after.service.assign({POSTS})
    assert "alerts" in await offend(after, 3)
    await asyncio.sleep(0.05)
    assert killed.crashes == after.crashes == []


@pytest.fixture
def shared(three_strikes: dict[str, Path], tmp_path: Path) -> dict[str, Any]:
    """The same, with what is known of authors in a topic."""
    key = tmp_path / "key"
    key.write_bytes(b"a secret of all the workers of a group")
    return {**three_strikes, "author_state": "topic", "author_key_file": key}


async def test_a_strike_is_acknowledged_before_the_offset_of_its_post_is_released(
    start: Start, shared: dict[str, Any]
) -> None:
    bench = await start(changelog=Kept(), **shared)
    await bench.service.assign({POSTS})
    await bench.take_in_one(Message(0, post("number 0 of them", author="one-author")))
    await eventually(lambda: len(bench.sink.published) >= 3)
    await asyncio.sleep(0.02)

    assert sorted(each.kind for each in bench.sink.published) == ["authors", "flags", "labels"]
    assert bench.released == {}
    bench.sink.answer()
    await eventually(lambda: bench.released == {POSTS: 1})


async def test_a_worker_on_another_host_knows_what_a_killed_one_wrote(
    start: Start, shared: dict[str, Any], tmp_path: Path
) -> None:
    killed = await start(changelog=Kept(), **shared)
    await killed.service.assign({POSTS})
    assert "alerts" not in await offend(killed, 1, 2)

    after = await start(changelog=Kept(killed.sink), **shared, data_dir=tmp_path / "another host")
    ready: list[str] = []
    await after.service.assign({POSTS}, {POSTS[0]: 1}, lambda: ready.append("ready"))
    assert ready == [], "it does not know yet"
    assert "alerts" in await offend(after, 3)
    assert ready == ["ready"]
    assert after.crashes == []
    assert not await asyncio.to_thread(lambda: list(tmp_path.rglob("authors-*.json")))


async def test_waves_of_all_workers_are_told_once_the_broker_has_it_and_counted(start: Start, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"a secret of all the workers of a group")
    policy = write_policy(tmp_path, wave_authors=2)
    judging, counting = [await start(shared_waves="on", author_key_file=key, policy=policy) for _ in range(2)]
    judging.sink.answer()
    text = "earn money quickly from home with this trusted method"
    await judging.take_in(*(post(text, author=f"author {number}") for number in range(4)))
    await eventually(lambda: judging.released == {POSTS: 4})
    assert {each.kind for each in judging.sink.published} == {"labels", "waves"}
    told = [each.value for each in judging.sink.published if each.kind == "waves"]

    counted = counting.service.pipeline.counts.alerts
    assert await counting.service.count_sighted(POSTS[0], told[:3], tells=False) == 0
    telling = asyncio.create_task(counting.service.count_sighted(POSTS[0], [*told[3:], b"damaged"], tells=True))
    await eventually(lambda: counting.sink.published)
    assert not telling.done()
    counting.sink.answer()
    assert await telling == 1
    assert [(each.kind, orjson.loads(each.value or b"")["count"]) for each in counting.sink.published] == [
        ("alerts", 4)
    ]
    assert counted["spam_wave", "high"] == 1
    assert counting.service.recall_s(POSTS[0]) == 3600.0


async def test_what_waits_for_a_changelog_is_dropped_when_its_partition_is_given_up(
    start: Start, shared: dict[str, Any]
) -> None:
    class Never(Kept):
        async def read(self, begins: Mapping[int, int]) -> AsyncGenerator[tuple[int, Sequence[Any]], None]:
            await asyncio.Event().wait()
            yield 0, []

    bench = await start(changelog=Never(), **shared)
    await bench.service.assign({POSTS})
    waiting = asyncio.create_task(bench.take_in_one(Message(0, post("number 0 of them"))))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    await bench.service.drain()
    await bench.service.revoke({POSTS})
    await asyncio.wait_for(waiting, 5)

    assert bench.service.ledger.in_flight == 0
    assert bench.sink.published == []


async def test_the_quota_is_divided_by_partitions(start: Start, tmp_path: Path) -> None:
    bench = await start(policy=write_policy(tmp_path, action="remove", limit=6))
    bench.sink.answer()
    await bench.service.assign({POSTS, OLD_POSTS}, {POSTS[0]: 3, OLD_POSTS[0]: 3})
    for number in range(4):
        await bench.take_in_one(Message(number, post(f"number {number} of them", author=f"author-{number}")))
    await bench.service.drain()

    actions = [orjson.loads(each.value or b"")["action"] for each in bench.sink.published if each.kind == "labels"]
    assert sorted(actions) == ["remove", "remove", "review", "review"]


async def test_one_text_that_cannot_be_encoded_costs_no_other_record(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Even though records are encoded many at once."""
    encode = Encoder.encode

    def choosy(self: Encoder, texts: Sequence[str]) -> Sequence[Encoding]:
        if any("secret" in text for text in texts):
            raise RuntimeError(f"no word for {texts}")
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", choosy)
    bench = await start()
    bench.sink.answer()
    await bench.take_in(post("you are lovely"), post("a secret"), post("what a day"))
    await bench.service.drain()

    assert [output.kind for output in bench.sink.published] == ["labels", "dead-letters", "labels"]
    headers = dict(bench.sink.published[1].headers)
    assert (headers["reason"], headers["stage"]) == (b"internal_error", b"encode")
    assert headers["detail"] == b"encode failed with RuntimeError"
    assert "encode failed with RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def under_way_s(verdict: dict[str, Any]) -> float:
    """Before it was taken in: what of the total is in none of the stages."""
    stages = dict(verdict["timings_ms"])
    return float(stages.pop("total") - sum(stages.values())) / 1000


async def test_a_clock_that_is_wrong_by_days_degrades_nobody(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.worker.overload, "RISE_AFTER_S", 0.0)
    bench = await start(degrade_after_s=1)
    bench.sink.answer()
    for offset, ahead_s in enumerate((-2 * 86_400, 2 * 86_400, 60, -60)):
        await bench.take_in_one(Message(offset, post(f"you are lovely {offset}"), time.time() + ahead_s))
        await bench.service.drain()

    verdicts = [orjson.loads(output.value or b"") for output in bench.sink.published]
    assert [verdict["degraded"] for verdict in verdicts] == [False, False, False, True], "a late record is seen"
    assert [round(under_way_s(verdict)) for verdict in verdicts] == [2 * 86_400, 0, 0, 60], "an age is an age"


async def test_the_total_counts_from_the_time_stamp(start: Start) -> None:
    bench = await start()
    bench.sink.answer()
    for offset, late_s in enumerate((0.5, 3600.0, 30 * 86_400.0)):
        await bench.take_in_one(Message(offset, post(f"you are lovely {offset}"), time.time() - late_s))
    await bench.take_in_one(Message(3, post("you are lovely")))
    await bench.service.drain()

    verdicts = [orjson.loads(output.value or b"") for output in bench.sink.published]
    assert all(0 <= stage <= each["timings_ms"]["total"] for each in verdicts for stage in each["timings_ms"].values())
    late = [under_way_s(each) for each in verdicts]
    assert 0.5 <= late[0] < 1800
    assert 3600 <= late[1] < 5400
    assert 30 * 86_400 <= late[2] < 30 * 86_400 + 1800
    assert late[3] == pytest.approx(0.0, abs=0.01), "no time stamp, no lateness"


async def test_a_switch_under_load_loses_nothing_and_no_record_is_judged_by_two(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    """Another model and another policy, while records come in; what is remembered goes on."""
    bench = await start(max_in_flight_records=64)
    bench.sink.answer()
    await bench.service.assign({POSTS})
    changed = Path(shutil.copytree(tiny_artifact, tmp_path / "changed"))
    write_manifest(changed, version="2026.11.25")
    model = load_model(Settings(artifact=changed, device="cpu", threads=1))
    policy = Policy.load(write_policy(tmp_path, action="limit"))

    async def load() -> None:
        for offset in range(2000):
            await bench.take_in_one(Message(offset, post(f"you are an idiot {offset}")))
            if offset % 50 == 0:
                await asyncio.sleep(0)

    loading = asyncio.create_task(load())
    await eventually(lambda: len(bench.sink.published) > 300)
    await bench.service.activate(model, Parts(model.artifact, policy, "changed"))
    await loading
    await eventually(lambda: bench.released == {POSTS: 2000})

    verdicts = [orjson.loads(each.value or b"") for each in bench.sink.published if each.kind == "labels"]
    assert [verdict["source"]["offset"] for verdict in verdicts] == list(range(2000))
    sides = [(verdict["model_version"][:10], verdict["policy_version"]) for verdict in verdicts]
    switched_at = sides.index(("2026.11.25", "changed"))
    assert 0 < switched_at < 2000
    assert {side[0] for side in sides[:switched_at]} == {"2026.11.24"}
    assert set(sides[switched_at:]) == {("2026.11.25", "changed")}
    assert len({verdict["id"] for verdict in verdicts}) == 2000
    assert bench.crashes == []


async def test_backfill_takes_no_room_from_live_records(start: Start) -> None:
    """It has a quarter of it for itself."""
    bench = await start(max_in_flight_records=4)
    await bench.service.take_in(OLD_POSTS, [Message(0, BAD)])
    held_up = asyncio.create_task(bench.service.take_in(OLD_POSTS, [Message(1, BAD)]))
    async with asyncio.timeout(5):
        await bench.take_in(BAD, BAD, BAD, BAD)
    assert not held_up.done()
    assert (bench.service.gates.live.records, bench.service.gates.backfill.records) == (4, 1)

    bench.sink.answer()
    await asyncio.wait_for(held_up, 5)
    await bench.service.drain()
    assert bench.released == {POSTS: 4, OLD_POSTS: 2}
    assert (bench.service.gates.live.records, bench.service.gates.backfill.records) == (0, 0)


async def test_backfill_is_never_late(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await start(degrade_after_s=0.001)
    bench.sink.answer()
    seen: list[float] = []

    def observe(lateness_s: float, now: float) -> Depth:
        seen.append(lateness_s)
        return Depth.FULL

    monkeypatch.setattr(bench.service.overload, "observe", observe)
    await bench.service.take_in(OLD_POSTS, [Message(0, BAD, time.time() - 50)])
    assert seen == []
    await bench.take_in_one(Message(0, BAD, time.time() - 50))
    assert seen
