"""Drift is told against a day of reference, over restarts, and once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Event
from schemas.event import Drift
from streams.health.traits import Profile, Traits
from streams.record import Decision, Outgoing
from streams.worker import drift as module
from streams.worker.drift import Watcher, watch_drift
from streams.worker.drift_memory import DriftMemory
from streams.worker.sink import PublishError

DAY, HOUR = 86_400, 3600
START = 1_800_000_000.0
A_DAY_OF = 2400


class Stream:
    """Verdicts, so many an hour, looked at once an hour."""

    def __init__(self, path: Path, at: float = START) -> None:
        self.path = path
        self.at = at
        self.begin()

    def begin(self) -> None:
        """A process that starts."""
        self.watcher = Watcher(self.path)
        self.traits = Traits()

    def goes_on(
        self, hours: int, lang: str = "en", score: float = 0.1, model: str = "m1", an_hour: int = 100
    ) -> list[Drift]:
        found = []
        for _ in range(hours):
            for _ in range(an_hour):
                self.traits.note("posts", Decision("allow", lang, scores={"hate": score}), length=30, unknown=0.0)
            found += self.watcher.look(model, self.traits.profile(), self.at)
            self.at += HOUR
        return found

    def index(self, trait: Any = "language") -> float | None:
        return self.watcher.indices.get(("posts", trait))


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    return Stream(tmp_path / "state" / "drift.json")


def test_the_first_day_is_the_reference_and_what_differs_from_it_is_told_once(stream: Stream) -> None:
    assert stream.goes_on(24) == []
    assert stream.index() is None, "there is no whole day yet"
    assert stream.goes_on(10) == []
    assert stream.index() == pytest.approx(0, abs=0.01)

    found = stream.goes_on(24, lang="zh")
    assert [(one.task, one.trait) for one in found] == [("posts", "language")]
    assert found[0].index > found[0].limit == 0.25
    assert found[0].reference_at.timestamp() == START + DAY
    assert stream.goes_on(5, lang="zh") == [], "it was told"

    assert stream.goes_on(30) == []
    assert stream.index() == pytest.approx(0, abs=0.01)
    assert len(stream.goes_on(24, lang="zh")) == 1, "it had been over, and is back"


def test_a_restart_forgets_neither_the_reference_nor_the_day(stream: Stream) -> None:
    stream.goes_on(20)
    stream.begin()
    stream.goes_on(12)
    assert stream.index() == pytest.approx(0, abs=0.01)
    stream.begin()
    assert [one.trait for one in stream.goes_on(24, lang="zh")] == ["language"]


def test_too_few_verdicts_say_nothing(stream: Stream) -> None:
    assert stream.goes_on(72, an_hour=10) == []
    assert stream.watcher.indices == {}


def test_scores_of_another_model_are_learned_anew_and_all_else_goes_on(stream: Stream) -> None:
    stream.goes_on(30)
    assert stream.goes_on(20, model="m2", score=0.9, lang="zh")[0].trait == "language"
    assert stream.index("score") is None
    assert stream.goes_on(10, model="m2", score=0.9, lang="zh") == []
    assert stream.index("score") == pytest.approx(0, abs=0.01)
    assert [one.trait for one in stream.goes_on(24, model="m2", score=0.1, lang="zh")] == ["score"]


def test_after_a_day_away_a_whole_day_is_waited_for(stream: Stream) -> None:
    """A few hours of the night are no day."""
    stream.goes_on(30)
    stream.at += 2 * DAY
    stream.begin()
    assert stream.goes_on(8, lang="zh", an_hour=1000) == []
    assert stream.index() is None
    assert len(stream.goes_on(20, lang="zh")) == 1


def test_processes_of_a_host_have_one_reference(tmp_path: Path) -> None:
    first, second = Stream(tmp_path / "drift.json"), Stream(tmp_path / "drift.json")
    first.goes_on(25)
    second.goes_on(25, lang="zh")
    assert second.index() is not None
    assert second.index() > 0.25  # type: ignore[operator]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"format": 2}', b'{"format": 1, "model": "m", "began": {"a/b": 1}, "hours": {}, "references": {}}'],
)
def test_a_file_that_is_damaged_is_told_and_learned_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "drift.json").write_bytes(content)
    stream = Stream(tmp_path / "drift.json")
    assert "learned anew" in caplog.text
    stream.goes_on(25)
    assert stream.index() is not None


def test_a_folder_that_cannot_be_written_costs_the_copy_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("no folder")
    stream = Stream(tmp_path / "state" / "drift.json")
    stream.goes_on(30)
    assert len(stream.goes_on(24, lang="zh")) == 1
    assert "is not saved" in caplog.text


def test_what_lies_on_disk_holds_counts_alone(stream: Stream) -> None:
    stream.goes_on(26)
    document = orjson.loads(stream.path.read_bytes())
    assert set(document) == {"format", "model", "began", "hours", "references"}
    assert len(document["hours"]) == 24
    assert DriftMemory(stream.path).window().keys() == {
        ("posts", trait) for trait in ("score", "language", "unknown", "length")
    }


class Pipeline:
    class Active:
        model_version = "m1"

    active = Active()

    def __init__(self) -> None:
        self.counts = type("Counts", (), {"traits": Traits()})


class Service:
    def __init__(self, is_broken: bool = False) -> None:
        self.pipeline = Pipeline()
        self.published: list[Outgoing] = []
        self.is_broken = is_broken

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        if self.is_broken:
            raise PublishError("the topic is not there")
        self.published += messages


class Drifting(Watcher):
    """Finds the same at its first look."""

    def __init__(self) -> None:
        self.looks = 0

    def look(self, model_version: str, counted: Profile, now: float) -> list[Drift]:
        self.looks += 1
        at = "2026-11-20T09:35:00Z"
        found = {"task": "posts", "trait": "length", "index": 0.5, "limit": 0.25, "reference_at": at}
        return [Drift.model_validate(found)] if self.looks == 1 else []


async def watched(service: Any, worker: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.001)
    watcher = Drifting()
    watching = asyncio.create_task(watch_drift(watcher, service, "group", worker))
    async with asyncio.timeout(10):
        while watcher.looks < 3:  # noqa: ASYNC110  # it tells nobody when it looks
            await asyncio.sleep(0.001)
    assert not watching.done()
    watching.cancel()


async def test_a_drift_stands_in_the_log_and_on_the_topic_of_events(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service()
    with caplog.at_level(logging.WARNING):
        await watched(service, "host-1", monkeypatch)
    (message,) = service.published
    event = Event.model_validate_json(message.value or b"")
    assert (message.kind, message.key, event.kind, event.worker) == ("events", event.id.encode(), "drifted", "host-1")
    assert event.drift is not None
    assert (event.drift.trait, event.drift.index) == ("length", 0.5)
    assert "length of posts has drifted: index 0.50" in caplog.text


@pytest.mark.parametrize(("worker", "is_broken", "said"), [(None, False, "drifted"), ("host-1", True, "not told")])
async def test_without_the_topic_the_log_says_it(
    worker: str | None, is_broken: bool, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(is_broken)
    await watched(service, worker, monkeypatch)
    assert service.published == []
    assert said in caplog.text
