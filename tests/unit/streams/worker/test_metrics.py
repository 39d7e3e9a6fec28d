"""What a worker exposes: all that is declared, in known words, and nothing of a record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.wire import Header
from streams.health.monitor import Monitor
from streams.health.vitals import Phase
from streams.kafka.topics import topic_name
from streams.model import Model, load_model
from streams.pipeline.activation import build_tasks
from streams.record import Outgoing, Partition
from streams.settings import METRICS_PORT_FILE, Settings
from streams.worker.drift import Watcher
from streams.worker.gate import Cost
from streams.worker.metrics import LogPlace, WorkerMetrics
from streams.worker.service import Service
from streams.worker.sink import Sink
from tests.support.expositions import (
    OPENMETRICS,
    assert_is_as_declared,
    assert_promtool_is_content,
    families,
    get,
    values,
)

POSTS = ("moderation.posts", 0)
SECRETS = ("quibblewort", "author-4711", "post-4711", "patient-4711", "record-4711")


@dataclass
class Message:
    tp: Partition
    offset: int
    value: bytes | None
    key: bytes | None = b"author-4711"
    sent_at: float | None = None
    headers: tuple[Header, ...] = ()
    timestamp: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.timestamp = None if self.sent_at is None else 1000 * self.sent_at


class OpenSink(Sink):
    """A broker that acknowledges while `is_open` is set."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()

    def waited_s(self, now: float) -> float:
        return 0.0

    async def start(self) -> None: ...

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        await self.is_open.wait()
        return ()

    async def stop(self) -> None: ...


@dataclass
class Counted:
    """Of waves, and since when."""

    places: Mapping[Partition, LogPlace]
    age: float

    def age_s(self, now: float) -> float:
        return self.age


@dataclass
class Bench:
    service: Service
    sink: OpenSink
    metrics: WorkerMetrics
    places: dict[Partition, LogPlace]
    port: int
    counted: list[Counted]

    async def take_in(self, *messages: Message) -> None:
        for message in messages:
            await self.service.take_in(message.tp, [message])

    async def scraped(self) -> Mapping[str, float]:
        """After the next look at the service."""
        self.metrics.look()
        return values((await asyncio.to_thread(get, self.port)).text)


@pytest.fixture(scope="module")
def model(tiny_artifact: Path) -> Model:
    return load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1))


@pytest.fixture
async def bench(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A worker without Kafka, and its port."""
    monkeypatch.setenv(METRICS_PORT_FILE, str(tmp_path / "port"))
    settings = Settings(data_dir=tmp_path, metrics_port=0)
    tasks: dict[str, Any] = {
        topic_name("moderation", task.declaration.name): task for task in build_tasks(settings, model.artifact)
    }
    sink = OpenSink()
    crashes: list[BaseException] = []
    service = Service(settings, model, tasks, sink, crashes.append)
    await service.start()
    places: dict[Partition, LogPlace] = {}
    watcher = Watcher(tmp_path / "drift.json")
    watcher.indices = {("posts", "language"): 0.5}
    counted: list[Counted] = []
    metrics = WorkerMetrics(service, lambda: places, watcher=watcher, counted=counted, control=Counted({}, 33.0))
    async with Monitor(settings) as monitor:
        monitor.watch(metrics)
        monitor.reach(Phase.READY)
        yield Bench(service, sink, metrics, places, int((tmp_path / "port").read_text()), counted)
    sink.is_open.set()
    await service.stop()
    assert crashes == []


def post(text: str) -> bytes:
    return orjson.dumps({"id": "post-4711", "author": "author-4711", "text": text})


def record() -> bytes:
    return orjson.dumps({"id": "record-4711", "patient": "patient-4711", "text": "chest pain, quibblewort"})


async def eventually(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not claim():  # noqa: ASYNC110  what it looks at tells nobody when it changes
            await asyncio.sleep(0.001)


async def done(bench: Bench, count: int) -> None:
    await eventually(lambda: bench.service.ledger.released_total == count)


MIXED = (
    Message(POSTS, 0, post("you idiot quibblewort")),
    Message(POSTS, 1, post("good morning quibblewort")),
    Message(POSTS, 2, b"{ quibblewort"),
    Message(POSTS, 3, post("good morning quibblewort")),
    Message(("moderation.symptoms", 1), 0, record(), b"patient-4711"),
)


async def test_all_that_is_declared_is_exposed_in_known_words_and_promtool_is_content(bench: Bench) -> None:
    bench.places[POSTS] = LogPlace(4, 4)
    await bench.take_in(*MIXED)
    await done(bench, 5)
    bench.metrics.look()

    assert_is_as_declared(await asyncio.to_thread(families, bench.port), "both", "worker")
    await asyncio.to_thread(assert_promtool_is_content, get(bench.port).text)


async def test_nothing_of_a_record_is_exposed(bench: Bench) -> None:
    await bench.take_in(*MIXED)
    await done(bench, 5)
    for accept in ("text/plain", OPENMETRICS):
        exposition = (await asyncio.to_thread(get, bench.port, "/metrics", accept)).text
        assert "tidegate_verdicts_total" in exposition
        assert [secret for secret in (*SECRETS, "chest") if secret in exposition] == []


async def test_every_record_is_counted_as_what_it_became(bench: Bench) -> None:
    await bench.take_in(*MIXED)
    await done(bench, 5)
    found = await bench.scraped()

    assert found["tidegate_records_total{task=posts}"] == 4
    assert found["tidegate_records_total{task=symptoms}"] == 1
    assert found["tidegate_dead_letters_total{reason=invalid_json}"] == 1
    verdicts = {name: count for name, count in found.items() if name.startswith("tidegate_verdicts_total") and count}
    assert sum(count for name, count in verdicts.items() if "task=posts" in name) == 3
    assert sum(count for name, count in verdicts.items() if "task=symptoms" in name and "action=level_" in name) == 1
    assert found["tidegate_settled_total{}"] == 5
    assert found["tidegate_verdict_duration_seconds_count{task=posts}"] == 3
    assert found["tidegate_stage_duration_seconds_count{stage=published}"] == 4
    assert found["tidegate_batch_rows_sum{}"] + found["tidegate_cache_hits_total{}"] >= 2
    assert found["tidegate_in_flight_records{}"] == found["tidegate_in_flight_tokens{}"] == 0
    assert found["tidegate_oldest_in_flight_seconds{}"] == found["tidegate_progress_age_seconds{}"] == 0


async def test_what_the_broker_has_not_acknowledged_is_in_flight_and_late(bench: Bench) -> None:
    bench.sink.is_open.clear()
    bench.places[POSTS] = LogPlace(10, 15)
    sent_at = time.time() - 100
    await bench.take_in(*(Message(POSTS, 10 + n, post(f"good morning {n}"), sent_at=sent_at) for n in range(2)))
    found = await bench.scraped()

    where = "{partition=0,topic=moderation.posts}"
    assert found["tidegate_in_flight_records{}"] == 2
    assert found["tidegate_in_flight_tokens{}"] > 0
    assert found[f"tidegate_lag_records{where}"] == 5
    assert 100 <= found[f"tidegate_lag_seconds{where}"] < 160
    assert found[f"tidegate_released_offset{where}"] == 10
    assert found["tidegate_partitions{}"] == 1


async def test_drift_is_that_of_the_last_look(bench: Bench) -> None:
    found = await bench.scraped()
    assert found["tidegate_drift{task=posts,trait=language}"] == 0.5
    assert found["tidegate_drift{task=symptoms,trait=length}"] == 0, "nothing can be told yet"


@pytest.mark.parametrize(
    ("text", "band"),
    [("you are an idiot", 0), ("you are an idiot 안녕하세요", 4), ("안녕하세요 감사합니다 반갑습니다", 6)],
)
async def test_unknown_tokens_are_those_of_the_text_as_it_came(bench: Bench, text: str, band: int) -> None:
    """What is unknown is taken out before the model reads the rest; a copy that is answered from memory counts, too."""
    await bench.take_in(*(Message(POSTS, offset, post(text)) for offset in range(2)))
    await done(bench, 2)
    await bench.take_in(Message(POSTS, 2, post(text)))
    await done(bench, 3)
    bands = bench.service.pipeline.counts.traits.profile()["posts", "unknown"]
    assert bands[band] == 3, bands


async def test_tokens_in_flight_are_those_of_both_gates(bench: Bench) -> None:
    assert bench.service.gates.live.admit_now([Cost(5, 20)])
    assert bench.service.gates.backfill.admit_now([Cost(7, 28)])
    assert (await bench.scraped())["tidegate_in_flight_tokens{}"] == 12


async def test_without_lag_nothing_is_late_however_long_nothing_comes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.places[POSTS] = LogPlace(7, 7)
    await bench.scraped()
    found = await _later(bench, monkeypatch, 500)

    assert found["tidegate_lag_seconds{partition=0,topic=moderation.posts}"] == 0


async def test_what_waits_and_is_not_taken_in_grows_late(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused or broken intake has nothing in flight, and is behind all the same."""
    bench.places[POSTS] = LogPlace(7, 9)
    await bench.scraped()
    found = await _later(bench, monkeypatch, 500)

    assert found["tidegate_lag_records{partition=0,topic=moderation.posts}"] == 2
    assert 500 <= found["tidegate_lag_seconds{partition=0,topic=moderation.posts}"] < 560


async def test_what_workers_tell_each_other_has_a_lag_as_records_have(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is none of the partitions that the worker judges."""
    found = await bench.scraped()
    assert found["tidegate_waves_age_seconds{}"] == 0, "nobody counts waves here"
    assert found["tidegate_control_age_seconds{}"] == 33
    bench.places[POSTS] = LogPlace(7, 7)
    bench.counted.append(Counted({("moderation.waves", 0): LogPlace(5, 9, 30.0)}, 70.0))
    found = await bench.scraped()

    where = "{partition=0,topic=moderation.waves}"
    assert found[f"tidegate_lag_records{where}"] == 4
    assert found[f"tidegate_lag_seconds{where}"] == 30
    assert found[f"tidegate_released_offset{where}"] == 5
    assert found["tidegate_partitions{}"] == 1
    assert found["tidegate_waves_age_seconds{}"] == 70
    assert 500 <= (await _later(bench, monkeypatch, 500))[f"tidegate_lag_seconds{where}"] < 560


async def _later(bench: Bench, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Mapping[str, float]:
    clock = WorkerMetrics.look.__globals__["monotonic"]
    monkeypatch.setattr("streams.worker.metrics.monotonic", lambda: clock() + seconds)
    return await bench.scraped()


async def test_a_partition_that_was_given_up_is_not_shown(bench: Bench) -> None:
    bench.places[POSTS] = LogPlace(7, 9)
    await bench.scraped()
    bench.places.clear()
    found = await bench.scraped()

    assert not [name for name in found if "moderation.posts" in name]
    assert found["tidegate_partitions{}"] == 0


async def test_a_worker_with_no_partitions_is_ready(bench: Bench) -> None:
    assert (await asyncio.to_thread(get, bench.port, "/readyz")).status == 200
