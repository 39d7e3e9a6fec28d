"""The pipeline fed from memory: every record gets its verdict, and a GPU that is made up goes the way of a real one."""

import time
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from load.feeding import Fed, Feed, Feeder, feed_all
from models.serving import device as devices
from streams.settings import Settings


def _settings(artifact: Path, **more: Any) -> dict[str, Any]:
    return {"artifact": artifact, "device": "cpu", "threads": 1, "max_in_flight_records": 64, **more}


async def _feed(settings: dict[str, Any], records: int, rate: float | None = None) -> Fed:
    feed = Feed(settings, "short", records, seed=1, rate=rate)
    feeder = Feeder(Settings.load(**settings), feed)
    await feeder.prepare()
    return await feeder.run(time.time())


async def test_every_record_gets_its_verdict_within_the_room(tiny_artifact: Path) -> None:
    fed = await _feed(_settings(tiny_artifact), 500)

    assert (fed.records, fed.failed, fed.device) == (450, 0, "cpu")
    assert fed.rate > 0
    assert fed.cpu_us > 0
    assert fed.latency_ms["p50"] <= fed.latency_ms["p99"]


async def test_records_that_end_with_the_warm_up_are_not_timed(tiny_artifact: Path) -> None:
    """They come in batches: one that holds the end of the warm-up holds records beyond it, which took no time."""
    fed = await _feed(_settings(tiny_artifact, engine="null", max_in_flight_records=256), 1000)

    assert fed.timed <= fed.records == 900
    assert fed.rate == fed.timed / fed.seconds


async def test_a_batch_that_holds_everything_has_a_rate(tiny_artifact: Path) -> None:
    fed = await _feed(_settings(tiny_artifact, engine="null", max_in_flight_records=256), 100)

    assert fed.rate > 0


async def test_records_are_due_at_a_rate(tiny_artifact: Path) -> None:
    """Two hundred at 400 a second cannot end before half a second less the warm-up has passed."""
    fed = await _feed(_settings(tiny_artifact), 200, rate=400.0)

    assert fed.records == 180
    assert fed.seconds > 0.4


async def test_a_made_up_gpu_goes_the_way_of_a_real_one(tiny_artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is listed, the session says that it runs there, and computes on the CPU."""
    on_cpu = devices.open_session

    class Cuda:
        def __init__(self, session: Any) -> None:
            self._session = session

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def get_providers(self) -> list[str]:
            return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(devices, "open_session", lambda model, _, threads: Cuda(on_cpu(model, "cpu", threads)))
    monkeypatch.setattr("models.serving.engine.open_session", devices.open_session)

    fed = await _feed(_settings(tiny_artifact, device="cuda"), 300)

    assert (fed.device, fed.failed) == ("cuda", 0)


async def test_a_broken_pipeline_ends_the_feeding(tiny_artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("streams.pipeline.pipeline.decide", broken)
    with pytest.raises(MemoryError):
        await _feed(_settings(tiny_artifact), 100)


def test_several_processes_feed_at_once(tiny_artifact: Path) -> None:
    feeds = [Feed(_settings(tiny_artifact), "short", 100, seed) for seed in (1, 2)]

    assert [fed.records for fed in feed_all(feeds)] == [90, 90]


def test_a_process_that_cannot_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a feeding process ended"):
        feed_all([Feed(_settings(tmp_path), "short", 100, 1)])
