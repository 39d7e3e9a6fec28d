"""A model that judges a share of the authors: who is judged by which, what is shared, and how it ends."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Control
from schemas.control import Guards
from schemas.event import Breach
from streams.control import trying as module
from streams.control.canary import Canary
from streams.control.change import ConflictError
from streams.control.follower import Follower
from streams.control.share import is_in_share
from streams.control.trying import Trying
from streams.errors import ClientError
from streams.settings import Settings
from tests.support.tiny_artifact import teach
from tests.unit.streams.control.test_follower import Start, Worker, eventually, model, policy, start
from tests.unit.streams.worker.test_service import POSTS, Message, post

__all__ = ["start"]  # the fixture

AUTHORS = [f"author-{number}".encode() for number in range(40)]
OLD, NEW = "2026.11.24", "2026.11.25"
BREACH = Breach(guard="actions", task="posts", measured=0.5, active=0.1, limit=0.15, n=120, n_active=900)


def canary(tiny_artifact: Path, folder: Path, share: float = 0.5, **changes: Any) -> Control:
    entry = model(tiny_artifact, folder)
    return entry.model_copy(update={"name": "candidate", "share": share, "judges": True, **changes})


def later(entry: Control, **changes: Any) -> Control:
    return entry.model_copy(update={"revision": entry.revision + 1, "expected": entry.revision, **changes})


async def judge(worker: Worker, authors: Sequence[bytes | None] = AUTHORS, text: str = "you are an idiot") -> None:
    for author in authors:
        value = post(f"{text} {worker.offset}")
        await worker.service.take_in(POSTS, [Message(worker.offset, value, key=author)])
        worker.offset += 1
    await worker.service.drain()


def judged(worker: Worker) -> dict[bytes | None, list[str]]:
    """The versions that judged each author, in order."""
    found: dict[bytes | None, list[str]] = defaultdict(list)
    for each in worker.sink.published:
        if each.kind == "labels":
            found[each.key].append(orjson.loads(each.value or b"")["model_version"][:10])
    return found


def the_canary(worker: Worker) -> Canary:
    trial = worker.follower.trying._trial
    assert isinstance(trial, Canary)
    return trial


class Written:
    """What a worker writes to the control topic, in place of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str, str]] = []
        self.error: ClientError | None = None

    async def __call__(self, settings: Settings, trial: Control, breach: Breach, worker: str) -> Control:
        self.calls.append((trial.revision, breach.guard, worker))
        if self.error is not None:
            raise self.error
        return trial


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    made = Written()
    original = Follower.__init__

    def init(self: Follower, settings: Settings, topic: Any = None) -> None:
        original(self, settings, topic, Trying(settings, made))

    monkeypatch.setattr(Follower, "__init__", init)
    monkeypatch.setattr(module, "TRY_AGAIN_S", 0.001)
    return made


async def test_each_author_is_judged_by_one_model_and_the_share_by_the_candidate(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start()
    worker.topic.say(canary(tiny_artifact, tmp_path / "copy", 0.3))
    await eventually(lambda: worker.told("activated"))
    await judge(worker)
    await judge(worker)
    for author, versions in judged(worker).items():
        assert versions == [NEW if is_in_share(author, 0.3) else OLD] * 2
    assert {version for versions in judged(worker).values() for version in versions} == {OLD, NEW}
    running = worker.told("running")[-1].running
    assert running is not None
    assert running.model_version.startswith(OLD)
    assert [(each.name, each.revision) for each in running.revisions] == [("candidate", 1)]
    assert worker.follower.trying.share == 0.3


async def test_a_record_without_a_key_is_judged_by_the_active_model(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start(canary(tiny_artifact, tmp_path / "copy", 1.0))
    await judge(worker, [None, b"author"])
    assert judged(worker) == {None: [OLD], b"author": [NEW]}


async def test_what_is_remembered_is_remembered_of_both(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start(policy(tmp_path / "policy"), canary(tiny_artifact, tmp_path / "copy"))
    await judge(worker)
    memory = worker.service.judging.tasks["posts"]._memory  # type: ignore[attr-defined]
    assert sum(map(len, memory.quota._order.values())) == len(AUTHORS)
    worker.topic.say(Control(kind="model", name="candidate", active=False, revision=2, expected=1))
    await eventually(lambda: worker.follower.trying.entry is None)
    assert worker.service.judging.tasks["posts"]._memory is memory  # type: ignore[attr-defined]


async def test_a_worker_that_starts_in_the_middle_judges_its_first_record_so(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    worker = await start(canary(tiny_artifact, tmp_path / "copy", 1.0))
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [NEW]}


async def test_at_a_higher_degree_nobody_goes_back_and_nothing_is_loaded(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    entry = canary(tiny_artifact, tmp_path / "copy", 0.3)
    worker = await start(entry)
    engine = the_canary(worker).candidate.model.engine
    (tmp_path / "copy" / "manifest.json").unlink()

    async def load() -> None:
        for _ in range(5):
            await judge(worker)

    loading = asyncio.create_task(load())
    worker.topic.say(later(entry, share=0.6))
    await eventually(lambda: worker.follower.trying.share == 0.6)
    await loading
    await judge(worker)
    for author, versions in judged(worker).items():
        assert versions == sorted(versions), "an author went back"
        assert versions[-1] == (NEW if is_in_share(author, 0.6) else OLD)
    assert the_canary(worker).candidate.model.engine is engine


async def test_it_goes_on_under_another_policy(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    worker = await start(canary(tiny_artifact, tmp_path / "copy", 1.0))
    worker.topic.say(policy(tmp_path / "policy"))
    await eventually(lambda: len(worker.told("activated")) == 3)
    await judge(worker, [b"author"])
    (verdict,) = [orjson.loads(each.value or b"") for each in worker.sink.published if each.kind == "labels"]
    assert (verdict["model_version"][:10], verdict["policy_version"].split("-")[0]) == (NEW, "test")


async def test_a_candidate_that_is_activated_takes_over_from_itself(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    """Its engine goes on, and no author of its share goes back to the former model on the way."""
    entry = canary(tiny_artifact, tmp_path / "copy")
    worker = await start(entry)
    engine = the_canary(worker).candidate.model.engine
    await judge(worker)
    worker.topic.say(entry.model_copy(update={"name": "default", "judges": False, "share": None}))
    worker.topic.say(later(entry, active=False))
    await eventually(lambda: worker.follower.trying.entry is None)
    await judge(worker)
    for versions in judged(worker).values():
        assert versions[-1] == NEW
        assert versions == sorted(versions)
    assert worker.service.judging.model.engine is engine
    assert worker.crashes == []


async def test_a_shadow_becomes_a_canary_with_the_model_that_it_has(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    entry = canary(tiny_artifact, tmp_path / "copy", 1.0)
    worker = await start(entry.model_copy(update={"judges": False}))
    await eventually(lambda: worker.told("activated"))
    worker.topic.say(later(entry))
    await eventually(lambda: len(worker.told("activated")) == 2)
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [NEW]}
    worker.topic.say(later(later(entry), judges=False))
    await eventually(lambda: len(worker.told("activated")) == 3)
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [NEW, OLD]}


async def test_a_worker_that_ends_keeps_the_authors_with_their_judge(
    start: Start, tiny_artifact: Path, tmp_path: Path
) -> None:
    """It takes in records until it has left the group, and is told to end before that."""
    worker = await start(canary(tiny_artifact, tmp_path / "copy", 1.0))
    await judge(worker, [b"author"])
    worker.following.cancel()
    await worker.follower.stop()
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [NEW, NEW]}


async def test_a_refused_candidate_costs_the_work_nothing(start: Start, tiny_artifact: Path, tmp_path: Path) -> None:
    entry = canary(tiny_artifact, tmp_path / "copy", 1.0, digest="0" * 64)
    worker = await start(entry)
    await eventually(lambda: worker.told("refused"))
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [OLD]}
    assert worker.follower.trying.share == 0.0


async def test_a_broken_guard_ends_it_here_at_once_and_is_written_until_the_topic_says_so(
    start: Start, tiny_artifact: Path, tmp_path: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = canary(tiny_artifact, tmp_path / "copy", 1.0)
    worker = await start(entry)
    written.error = ConflictError("Others change what is active at this moment.")
    found = the_canary(worker)
    monkeypatch.setattr(found._window, "breach", lambda: BREACH)
    found._looked_at -= 10.0
    await judge(worker, [b"author"])
    await judge(worker, [b"author"])
    assert judged(worker) == {b"author": [NEW, OLD]}, "from the next record on"
    await eventually(lambda: len(written.calls) >= 2)
    assert set(written.calls) == {(1, "actions", worker.follower.name)}
    (refused,) = worker.told("refused")
    assert "The guard actions of posts ended it: 50 %" in (refused.reason or "")

    worker.topic.say(later(entry, share=0.6))
    await eventually(lambda: (2, "actions", worker.follower.name) in written.calls)
    await judge(worker, [b"author"])
    assert judged(worker)[b"author"][-1] == OLD, "no degree begins it again"
    worker.topic.say(policy(tmp_path / "policy"))
    await eventually(lambda: worker.runs[1] == "test")
    await judge(worker, [b"author"])
    assert judged(worker)[b"author"][-1] == OLD, "nor does a policy"

    worker.topic.say(later(later(entry), active=False))
    await eventually(lambda: worker.follower.trying.entry is None)
    worker.topic.say(later(later(later(entry))))
    await eventually(lambda: worker.follower.trying.share == 1.0)
    await judge(worker, [b"author"])
    assert judged(worker)[b"author"][-1] == NEW, "an operator may try again"
    assert worker.follower.trying.breaches["actions"] == 1
    assert worker.crashes == []


async def test_a_guard_that_breaks_while_the_next_degree_is_taken_is_not_forgotten(
    start: Start, tiny_artifact: Path, tmp_path: Path, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = canary(tiny_artifact, tmp_path / "copy", 0.3)
    worker = await start(entry)
    found = the_canary(worker)
    try_out = worker.service.try_out

    async def slow(*given: Any) -> Any:
        activation = await try_out(*given)
        found.breach = BREACH  # as `offer` does with the record that shows it
        worker.follower.trying._broken(BREACH)
        return activation

    monkeypatch.setattr(worker.service, "try_out", slow)
    worker.topic.say(later(entry, share=0.6))
    await eventually(lambda: (2, "actions", worker.follower.name) in written.calls)
    await judge(worker)
    assert {versions[-1] for versions in judged(worker).values()} == {OLD}


async def test_what_came_in_under_the_degree_before_says_nothing_about_this_one(
    start: Start, tiny_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await start(canary(tiny_artifact, tmp_path / "copy", 0.5))
    found = the_canary(worker)
    counted: list[bytes] = []
    monkeypatch.setattr(found._window, "add", lambda task, key, *_: counted.append(key))
    found._began_at += 3600.0
    await judge(worker)
    assert counted == []
    found._began_at -= 3600.0
    await judge(worker)
    assert set(counted) == set(AUTHORS)


async def test_a_candidate_that_acts_on_everybody_is_found_by_what_it_does(
    start: Start, tiny_artifact: Path, tmp_path: Path, written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    guards = Guards(actions=1.5, dead_letters=0.01, p99=2.0, at_least=30)
    entry = canary(tiny_artifact, tmp_path / "copy", guards=guards)
    teach(tmp_path / "copy", "fever", "spam", version=NEW)
    entry = entry.model_copy(update={"digest": _digest(tmp_path / "copy")})
    worker = await start(entry)
    authors = [f"a-{number}".encode() for number in range(200)]
    the_canary(worker)._looked_at = math.inf  # not before all have come
    with caplog.at_level(logging.ERROR):
        await judge(worker, authors, "fever")
        the_canary(worker)._looked_at = -math.inf
        await judge(worker, [b"a-0"], "fever")
    await eventually(lambda: written.calls)
    breach = worker.follower.trying.breach
    assert breach is not None
    assert (breach.guard, breach.measured, breach.active, breach.n + breach.n_active) == ("actions", 1.0, 0.0, 200)
    assert "The guard actions of posts ended it" in caplog.text
    assert not any(author.decode() in caplog.text for author in authors)


async def test_a_candidate_like_the_active_model_breaks_no_guard(
    start: Start, tiny_artifact: Path, tmp_path: Path, written: Written
) -> None:
    guards = Guards(actions=1.5, dead_letters=0.01, p99=2.0, at_least=30)
    worker = await start(canary(tiny_artifact, tmp_path / "copy", guards=guards))
    await judge(worker, [f"a-{number}".encode() for number in range(200)])
    the_canary(worker)._looked_at -= 10.0
    await judge(worker, [b"a-0"])
    assert the_canary(worker).breach is None
    assert written.calls == []


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
