"""A worker that follows the control topic: what it takes up, what it refuses, and what it says of it."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import logging
import shutil
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Control, Event
from schemas.control import Kind
from streams.control.candidate import state_file
from streams.control.follower import Follower
from streams.control.reports import Reports, following
from streams.control.state import State
from streams.control.topic import ControlTopic, Said
from streams.errors import BrokerUnreachableError, TidegateError
from streams.kafka import outage
from streams.pipeline.activation import tasks_of
from streams.settings import Settings
from streams.tasks.base import Parts
from streams.tasks.symptoms import PROTOCOL
from streams.tasks.symptoms.protocol import ProtocolError
from streams.tasks.symptoms.task import SymptomsTask
from streams.worker.service import Service
from tests.support.policies import write_policy
from tests.support.tiny_artifact import write_manifest
from tests.unit.streams.worker.test_service import HeldSink, Message, post

POSTS = ("posts", 0)


class FakeTopic(ControlTopic):
    """Hands out what a test puts into it."""

    def __init__(self, *entries: Control) -> None:
        self.coming: deque[Said] = deque((entry.key, entry) for entry in entries)
        self.is_away = False

    async def read_to_end(self) -> list[Said]:
        return await self.read()

    async def read(self) -> list[Said]:
        if self.is_away:
            raise BrokerUnreachableError("No broker answered at nowhere.")
        await asyncio.sleep(0.001)
        said = list(self.coming)
        self.coming.clear()
        return said

    def say(self, entry: Control) -> None:
        self.coming.append((entry.key, entry))

    async def close(self) -> None: ...


class Worker:
    """What life.py makes of a follower, without Kafka."""

    def __init__(self, settings: Settings, topic: FakeTopic) -> None:
        self.settings, self.topic = settings, topic
        self.sink = HeldSink()
        self.sink.answer()
        self.crashes: list[BaseException] = []
        self.follower = Follower(settings, topic)
        self.offset = 0

    async def start(self) -> Worker:
        candidate = await self.follower.begin()
        tasks = {task.declaration.name: task for task in tasks_of(self.settings, candidate.parts)}
        self.service = Service(self.settings, candidate.model, tasks, self.sink, self.crashes.append)
        await self.service.start()
        await self.follower.join(self.service)
        self.following = asyncio.create_task(self.follower.follow())
        return self

    async def stop(self) -> None:
        self.following.cancel()
        await self.service.stop()

    @property
    def events(self) -> list[Event]:
        return [Event.model_validate_json(each.value or b"") for each in self.sink.published if each.kind == "events"]

    def told(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    @property
    def runs(self) -> tuple[str, str]:
        running = self.told("running")[-1].running
        assert running is not None
        return running.model_version[:10], running.policy_version.split("-")[0]

    async def judge(self, text: str = "you are an idiot") -> dict[str, Any]:
        await self.service.take_in(POSTS, [Message(self.offset, post(text))])
        self.offset += 1
        await self.service.drain()
        verdicts = [each for each in self.sink.published if each.kind == "labels"]
        return dict(orjson.loads(verdicts[-1].value or b""))


Start = Callable[..., Awaitable[Worker]]


async def eventually(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(60):  # models are loaded meanwhile
        while not claim():  # noqa: ASYNC110  # what it looks at tells nobody when it changes
            await asyncio.sleep(0.001)


@pytest.fixture
async def start(tiny_artifact: Path, tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Worker] = []

    async def start_with(*entries: Control, topic: FakeTopic | None = None, **settings: Any) -> Worker:
        known = Settings(
            artifact=tiny_artifact, data_dir=tmp_path / "data", device="cpu", threads=1, drain_s=30, **settings
        )
        worker = Worker(known, topic or FakeTopic(*entries))
        started.append(await worker.start())
        return worker

    yield start_with
    for worker in started:
        await worker.stop()


def policy(folder: Path, revision: int = 1, **fields: Any) -> Control:
    folder.mkdir(exist_ok=True)
    content = write_policy(folder, action="limit").read_text()
    return Control(kind="policy", name="default", content=content, revision=revision, **fields)


def model(tiny_artifact: Path, folder: Path, revision: int = 1, **changes: Any) -> Control:
    """Of a copy of the artifact with another manifest."""
    copy = Path(shutil.copytree(tiny_artifact, folder))
    write_manifest(copy, **{"version": "2026.11.25"} | changes)
    digest = hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest()
    return Control(kind="model", name="default", address=str(copy), digest=digest, revision=revision)


BROKEN = Control(kind="policy", name="default", content="version = 5", revision=2, expected=1, by="ana")


async def test_an_event_that_is_too_large_for_its_topic_is_told_in_the_log_and_not_tried_again(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await start()
    await eventually(lambda: worker.events)
    worker.sink.too_small.add("events")
    with caplog.at_level(logging.WARNING):
        worker.topic.say(policy(tmp_path / "policy"))
        await eventually(lambda: "larger than the topic of events takes" in caplog.text)
    worker.sink.too_small.clear()
    worker.topic.say(BROKEN)
    await eventually(lambda: worker.told("refused"))
    assert len(worker.told("activated")) == 1
    assert worker.crashes == []


async def test_without_an_entry_the_settings_say_what_judges(start: Start) -> None:
    worker = await start()
    await eventually(lambda: worker.events)
    assert worker.runs == ("2026.11.24", "1")
    assert worker.events[0].running is not None
    assert worker.events[0].running.tasks == ["posts", "symptoms"]


async def test_a_policy_and_a_model_are_taken_up_while_it_runs(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start()
    before = await worker.judge()
    worker.topic.say(policy(tmp_path / "policy"))
    await eventually(lambda: worker.told("activated"))
    between = await worker.judge()
    worker.topic.say(model(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: len(worker.told("activated")) == 2)
    after = await worker.judge()

    assert [each["model_version"][:10] for each in (before, between, after)] == ["2026.11.24"] * 2 + ["2026.11.25"]
    assert [each["policy_version"].split("-")[0] for each in (before, between, after)] == ["1", "test", "test"]
    assert between["action"] == "limit"
    assert worker.runs == ("2026.11.25", "test")
    assert worker.crashes == []


async def test_a_policy_whose_file_is_gone_or_changed_goes_on_under_another_model(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    entry = policy(tmp_path / "policy")
    path = tmp_path / "policy" / "policy.toml"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    worker = await start(entry.model_copy(update={"content": None, "address": str(path), "digest": digest}))
    path.write_text("version = 5")
    worker.topic.say(model(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("activated", "refused"))
    await eventually(lambda: worker.runs == ("2026.11.25", "test"))


async def test_what_the_topic_says_judges_from_the_first_record_on(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start(policy(tmp_path / "policy"), model(tiny_artifact, tmp_path / "copy"))
    verdict = await worker.judge()
    assert (verdict["model_version"][:10], verdict["policy_version"].split("-")[0]) == ("2026.11.25", "test")


async def test_a_refused_policy_is_told_and_the_old_one_goes_on(start: Start, tmp_path: Path) -> None:
    worker = await start(policy(tmp_path / "policy"))
    worker.topic.say(BROKEN)
    await eventually(lambda: worker.told("refused"))
    (refused,) = worker.told("refused")
    assert refused.change is not None
    assert (refused.change.revision, refused.change.by, refused.worker) == (2, "ana", worker.follower.name)
    assert refused.reason is not None
    assert refused.reason.startswith("The policy of revision 2 is wrong: ")
    await eventually(lambda: worker.told("running")[-1].running.refused)  # type: ignore[union-attr]
    assert worker.runs[1] == "test"
    assert (await worker.judge())["policy_version"].startswith("test-")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_tokens": "many"}, "cannot be read"),
        ({"heads": {}}, "The records want no head"),
    ],
)
async def test_a_model_that_does_not_load_is_refused(
    start: Start, tiny_artifact: Path, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    worker = await start()
    worker.topic.say(model(tiny_artifact, tmp_path / "copy", **changes))
    await eventually(lambda: worker.told("refused", "activated"))
    assert [event.kind for event in worker.told("refused", "activated")] == ["refused"]
    assert reason in (worker.told("refused")[0].reason or "")
    assert (await worker.judge())["model_version"].startswith("2026.11.24-")


async def test_a_model_that_a_task_cannot_use_is_refused(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    manifest = json.loads((tiny_artifact / "manifest.json").read_text())
    heads = {name: head for name, head in manifest["heads"].items() if name != "condition"}
    worker = await start()
    worker.topic.say(model(tiny_artifact, tmp_path / "copy", heads=heads))
    await eventually(lambda: worker.told("refused", "activated"))
    assert [event.kind for event in worker.told("refused", "activated")] == ["refused"]
    assert "It does not load: KeyError at" in (worker.told("refused")[0].reason or "")


async def test_a_model_is_refused_while_the_protocol_is_broken(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    """It was fine at the start; the worker goes on with what it read then."""
    protocol = tmp_path / "protocol.toml"
    protocol.write_text(PROTOCOL.read_text("utf-8"), "utf-8")
    worker = await start(protocol=protocol)
    before = await worker.judge()
    protocol.write_text("version = 5", "utf-8")
    worker.topic.say(model(tiny_artifact, tmp_path / "copy"))
    await eventually(lambda: worker.told("refused"))
    assert "protocol.toml is wrong" in (worker.told("refused")[0].reason or "")
    after = await worker.judge("you are another idiot")
    assert (after["model_version"], after["policy_version"]) == (before["model_version"], before["policy_version"])
    assert worker.crashes == []


async def test_a_change_is_refused_as_a_whole_where_one_task_cannot_take_it_up(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posts could, and their quota would be over; what one task cannot do, none does."""
    (tmp_path / "strict").mkdir()
    content = write_policy(tmp_path / "strict", action="limit", limit=0).read_text()
    strict = Control(kind="policy", name="default", content=content, revision=2, expected=1)
    worker = await start(policy(tmp_path / "policy"))
    before = await worker.judge()
    with monkeypatch.context() as broken:
        broken.setattr(SymptomsTask, "succeed", unable)
        worker.topic.say(strict)
        await eventually(lambda: worker.told("refused", "activated"))
    assert worker.told("refused")[0].reason == "The protocol is wrong."
    after = await worker.judge("you are another idiot")
    assert (after["action"], after["policy_version"]) == ("limit", before["policy_version"])
    assert not worker.following.done()

    worker.topic.say(strict.model_copy(update={"revision": 3, "expected": 2}))
    await eventually(lambda: worker.told("activated"))
    last = await worker.judge("you are a third idiot")
    assert (last["action"], last["reasons"][-1]) == ("review", "quota")
    assert worker.crashes == []


def unable(task: SymptomsTask, parts: Parts) -> SymptomsTask:
    raise ProtocolError("The protocol is wrong.")


async def test_a_model_that_fails_a_golden_case_or_has_another_hash_is_refused(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start()
    good = model(tiny_artifact, tmp_path / "copy")
    golden = tmp_path / "copy" / "golden.json"
    golden.write_text(golden.read_text().replace("0.98201", "0.5"))
    worker.topic.say(good)
    await eventually(lambda: worker.told("refused"))
    write_manifest(tmp_path / "copy", version="2026.11.26")
    worker.topic.say(good.model_copy(update={"revision": 2, "expected": 1}))
    await eventually(lambda: len(worker.told("refused")) == 2)
    digest = hashlib.sha256((tmp_path / "copy" / "manifest.json").read_bytes()).hexdigest()
    worker.topic.say(good.model_copy(update={"revision": 3, "expected": 2, "digest": digest}))
    await eventually(lambda: len(worker.told("refused")) == 3)

    first, second, third = [event.reason or "" for event in worker.told("refused")]
    assert "golden.json does not have the hash that the manifest names" in first
    assert "manifest.json does not have the hash that the change names" in second
    assert "fails its golden case insult" in third
    assert worker.runs[0] == "2026.11.24"


async def test_the_same_entry_again_changes_nothing(start: Start, tmp_path: Path) -> None:
    entry = policy(tmp_path / "policy")
    worker = await start(entry)
    worker.topic.say(entry)
    worker.topic.say(BROKEN)
    await eventually(lambda: worker.told("refused"))
    assert worker.told("activated") == []


async def test_a_key_that_is_deleted_gives_the_word_back_to_the_settings(start: Start, tmp_path: Path) -> None:
    worker = await start(policy(tmp_path / "policy"))
    worker.topic.coming.append(("policy/default", None))
    await eventually(lambda: worker.told("running") and worker.runs[1] == "1")


@pytest.mark.parametrize("kind", ["policy", "model"])
async def test_an_entry_that_names_nothing_gives_the_word_back_to_the_settings_and_is_followed(
    start: Start, tiny_artifact: Path, tmp_path: Path, kind: Kind
) -> None:
    named = policy(tmp_path / "policy"), model(tiny_artifact, tmp_path / "copy")
    settings = Control(kind=kind, name="default", active=False, revision=2, expected=1, by="ana")
    worker = await start(*named)
    worker.topic.say(settings)
    await eventually(lambda: worker.told("activated"))
    wanted = ("2026.11.25", "1") if kind == "policy" else ("2026.11.24", "test")
    await eventually(lambda: worker.runs == wanted)
    verdict = await worker.judge()
    assert (verdict["model_version"][:10], verdict["policy_version"].split("-")[0]) == wanted
    assert following(settings, [worker.follower.name], reports_of(worker)).is_complete
    again = await start(*(entry for entry in named if entry.kind != kind), settings)
    await eventually(lambda: again.told("running"))
    assert again.runs == wanted
    assert following(settings, [again.follower.name], reports_of(again)).is_complete


def reports_of(worker: Worker) -> Reports:
    reports = Reports(worker.settings)
    for event in worker.events:
        reports.add(event)
    return reports


async def test_an_overwrite_that_nobody_saw_is_told(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await start(policy(tmp_path / "policy", revision=4, expected=3))
    with caplog.at_level(logging.WARNING):
        worker.topic.say(policy(tmp_path / "policy", revision=4, expected=3, note="of another operator"))
        await eventually(lambda: worker.told("activated"))
    assert "revision 4 of policy/default replaces revision 4 unseen" in caplog.text


async def test_while_the_topic_is_away_the_last_known_state_judges(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await start(policy(tmp_path / "policy"))
    await first.stop()
    away = FakeTopic()
    away.is_away = True
    with caplog.at_level(logging.WARNING):
        second = await start(topic=away)
    assert "the control topic is away" in caplog.text
    assert "last known state" in caplog.text
    since = second.follower.age_s(0.0)
    await asyncio.sleep(0.02)
    assert second.follower.age_s(0.0) == since, "nothing was read, so what it goes by grows older"
    assert (await second.judge())["policy_version"].startswith("test-")


async def test_a_topic_that_comes_back_is_followed(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.001)
    worker = await start()
    worker.topic.is_away = True
    worker.topic.say(policy(tmp_path / "policy"))
    await asyncio.sleep(0.02)
    assert worker.told("activated") == []
    since = worker.follower.age_s(0.0)
    worker.topic.is_away = False
    await eventually(lambda: worker.told("activated"))
    assert worker.follower.age_s(0.0) < since, "it was read since"


async def test_after_a_start_without_the_topic_its_history_is_not_gone_through_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.001)
    off = Control(kind="task", name="symptoms", active=False, revision=1)
    latest = policy(tmp_path / "policy", revision=3, expected=2)
    first = await start(latest, off)
    await first.stop()
    topic = FakeTopic(policy(tmp_path / "policy", note="the first"), BROKEN, latest)
    topic.is_away = True
    second = await start(topic=topic)
    await eventually(lambda: second.told("running"))
    topic.is_away = False
    await eventually(lambda: not topic.coming)
    topic.say(off.model_copy(update={"active": False, "revision": 2}))
    await eventually(lambda: second.told("activated"))
    changes = [event.change for event in second.told("activated", "refused")]
    assert [(change.kind, change.revision) for change in changes if change] == [("task", 2)]
    assert second.runs[1] == "test"


async def test_with_the_topic_away_and_nothing_on_disk_it_does_not_start(start: Start) -> None:
    """It could judge by what is active nowhere else."""
    away = FakeTopic()
    away.is_away = True
    with pytest.raises(BrokerUnreachableError):
        await start(topic=away)


async def test_a_worker_that_starts_with_a_refused_change_goes_by_the_former_one(start: Start, tmp_path: Path) -> None:
    former = policy(tmp_path / "policy").model_copy(update={"name": "former"})
    worker = await start(former, BROKEN)
    await eventually(lambda: worker.told("running"))
    assert worker.runs[1] == "test"
    assert [event.change.revision for event in worker.told("refused") if event.change] == [2]


@pytest.mark.parametrize("starts_late", [False, True])
async def test_a_policy_that_does_not_fit_the_model_costs_no_worker_the_model(
    start: Start, tiny_artifact: Path, tmp_path: Path, starts_late: bool
) -> None:
    """Whether it runs when the policy comes or starts afterwards: all of a group judge alike."""
    when = datetime(2026, 11, 26, tzinfo=UTC)
    newer = model(tiny_artifact, tmp_path / "copy").model_copy(update={"at": when})
    content = (policy(tmp_path / "policy").content or "").replace("[posts]", "[posts]\noperating_point = 'strict'", 1)
    unfit = policy(tmp_path / "policy", at=when + timedelta(hours=1)).model_copy(update={"content": content})
    worker = await start(newer, *([unfit] if starts_late else []))
    if not starts_late:
        worker.topic.say(unfit)
    await eventually(lambda: worker.told("refused"))
    await eventually(lambda: worker.told("running")[-1].running.refused)  # type: ignore[union-attr]
    assert worker.runs[0] == "2026.11.25"
    assert [event.change.kind for event in worker.told("refused") if event.change] == ["policy"]


async def test_what_cannot_be_told_is_told_later(start: Start, tmp_path: Path) -> None:
    worker = await start()
    await eventually(lambda: worker.told("running"))
    worker.sink.answer(TidegateError("no"))  # type: ignore[arg-type]
    worker.topic.say(policy(tmp_path / "policy"))
    await eventually(lambda: worker.told("activated"))
    worker.sink.answer()
    await eventually(lambda: len(worker.told("activated")) >= 2 and not worker.follower._telling._events)
    assert len({event.id for event in worker.told("activated")}) == 1


async def test_the_state_on_disk_is_what_was_said_last(start: Start, tmp_path: Path) -> None:
    worker = await start()
    entry = policy(tmp_path / "policy")
    worker.topic.say(entry)
    await eventually(lambda: worker.told("activated"))
    saved = State.load(state_file(worker.settings))
    assert saved is not None
    assert list(saved) == [entry]


async def test_a_disabled_task_waits_and_loses_nothing(start: Start) -> None:
    off = Control(kind="task", name="posts", active=False, revision=1)
    worker = await start(off)
    waiting = asyncio.create_task(worker.judge())
    await asyncio.sleep(0.05)
    assert worker.service.ledger.in_flight == 0
    assert not waiting.done()
    worker.topic.say(off.model_copy(update={"active": True, "revision": 2, "expected": 1}))
    assert (await asyncio.wait_for(waiting, 5))["post_id"] == "p"
    (activated,) = worker.told("activated")
    assert activated.running is not None
    assert activated.running.tasks == ["posts", "symptoms"]


async def test_a_record_that_waited_while_its_partition_went_away_is_left_to_its_new_owner(start: Start) -> None:
    off = Control(kind="task", name="posts", active=False, revision=1)
    worker = await start(off)
    taking = asyncio.create_task(worker.service.take_in(POSTS, [Message(0, post("you are lovely"))]))
    await asyncio.sleep(0.02)
    await worker.service.revoke([POSTS])
    worker.service.enable(["posts"])
    await asyncio.wait_for(taking, 5)
    await worker.service.take_in(POSTS, [Message(0, post("you are lovely"))])
    await worker.service.drain()
    assert len([each for each in worker.sink.published if each.kind == "labels"]) == 1


async def test_under_load_nothing_is_lost_none_is_judged_by_two_and_one_model_is_left(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start(max_in_flight_records=64)
    first = weakref.ref(worker.service.judging.model.engine)
    gc.freeze()  # as life.py does: what is in a circle would stay for ever

    async def load() -> int:
        """Goes on for 500 records after the second change; returns how many were sent."""
        offset, left = 0, 500
        while left:
            await worker.service.take_in(POSTS, [Message(offset, post(f"you are an idiot {offset}"))])
            if offset % 20 == 0:
                await asyncio.sleep(0.001)
            offset += 1
            left -= len(worker.told("activated")) == 2
        return offset

    loading = asyncio.create_task(load())
    worker.topic.say(policy(tmp_path / "policy"))
    worker.topic.say(BROKEN)
    worker.topic.say(model(tiny_artifact, tmp_path / "copy"))
    sent = await asyncio.wait_for(loading, 60)
    await eventually(lambda: worker.service.ledger.released() == {POSTS: sent})

    verdicts = [orjson.loads(each.value or b"") for each in worker.sink.published if each.kind == "labels"]
    assert [verdict["source"]["offset"] for verdict in verdicts] == list(range(sent))
    sides = [(each["model_version"][:10], each["policy_version"].split("-")[0]) for each in verdicts]
    expected = [("2026.11.24", "1"), ("2026.11.24", "test"), ("2026.11.25", "test")]
    assert list(dict.fromkeys(sides)) == [side for side in expected if side in sides]
    assert sides == sorted(sides)
    assert sides[-1] == expected[-1]
    assert len({verdict["id"] for verdict in verdicts}) == sent
    assert worker.crashes == []
    await eventually(lambda: first() is None)
    gc.unfreeze()
