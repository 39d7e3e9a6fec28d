"""Every kind of change under load, with a worker killed in the middle of each, and a canary that a guard ends."""

import asyncio
import contextlib
import itertools
import random
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from schemas import Control
from schemas.event import Breach
from streams.control.change import GUARD, ConflictError, change, now, proposed, read_state, roll_back
from streams.control.share import is_in_share
from streams.control.state import State
from streams.control.topic import ControlTopic
from streams.history import Place
from streams.policy.file import POLICY
from streams.settings import Settings
from tests.broker.test_control import tidegate
from tests.support.bench import Answers, Bench
from tests.support.records import post, symptom_records, unique_text
from tests.support.tiny_artifact import teach, write_manifest
from tests.support.traffic import Draft

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.real_broker("what it holds of a transaction cannot be read, and it has no groups of two"),
]

PARTITIONS = 4
AUTHORS = 400
RATE = 40.0


def drafts(topic: str, seed: int = 1) -> Iterator[Draft]:
    """Posts of many authors without end, each author in one partition."""
    rng = random.Random(seed)
    for number in itertools.count():
        author = f"author-{number % AUTHORS}"
        value = post(f"p{number}", unique_text(rng, 8), author=author)
        yield Draft(topic, value, key=author.encode(), partition=number % PARTITIONS)


def feverish(topic: str) -> list[Draft]:
    """Of authors whom nobody has seen yet."""
    made = []
    for number in range(AUTHORS):
        author = f"new-{number}"
        value = post(f"f{number}", f"fever {number}", author=author)
        made.append(Draft(topic, value, key=author.encode(), partition=number % PARTITIONS))
    return made


class Stage:
    """Two workers, posts that never stop coming, and somebody who kills."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.settings = Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix, group=bench.prefix)
        self.places: list[Place] = []
        self.authors: dict[Place, bytes] = {}
        self._ends = asyncio.Event()

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        sending = asyncio.create_task(self._send())
        try:
            yield
        finally:
            self._ends.set()
            await sending

    async def _send(self) -> None:
        coming = drafts(self.bench.topic("posts"))
        while not self._ends.is_set():
            chunk = list(itertools.islice(coming, int(RATE)))
            self.note(chunk, await self.bench.send_steadily(chunk, RATE))

    def note(self, sent: list[Draft], places: list[Place]) -> None:
        self.places += places
        self.authors |= {place: draft.key or b"" for place, draft in zip(places, sent, strict=True)}

    async def until(self, claim: Callable[[State], bool]) -> State:
        async with asyncio.timeout(120):
            while True:
                state = await read_state(self.settings)
                if claim(state):
                    return state
                await asyncio.sleep(0.05)

    async def kill_one(self) -> None:
        """The older one; a new one takes its place."""
        alive = [worker for worker in self.bench.workers if worker.process.poll() is None]
        alive[0].kill()
        await asyncio.to_thread(self.bench.begin_worker(control="on").wait_ready)

    async def interrupted(self, key: str, *command: str) -> dict[str, Any]:
        """What a change answers in the middle of which a worker is killed."""
        before = (await read_state(self.settings)).get(key)
        revision = 0 if before is None else before.revision

        def is_written(state: State) -> bool:
            entry = state.get(key)
            return entry is not None and entry.revision > revision

        doing = asyncio.create_task(tidegate(self.bench, *command, "--wait", "--as", "ana"))
        await self.until(is_written)
        await self.kill_one()
        said = await doing
        assert said["workers"]["reached"], said
        await self.bench.wait_members(2)
        return said


@pytest.fixture
async def stage(bench: Bench) -> Stage:
    await bench.create_topics(partitions=PARTITIONS)
    first, second = bench.begin_worker(control="on"), bench.begin_worker(control="on")
    await asyncio.gather(asyncio.to_thread(first.wait_ready), asyncio.to_thread(second.wait_ready))
    await bench.wait_members(2)
    return Stage(bench)


def copy_of(artifact: Path, folder: Path, version: str) -> Path:
    copy = Path(shutil.copytree(artifact, folder / version))
    write_manifest(copy, version=version)
    return copy


def versions(answers: Answers, stage: Stage, places: list[Place]) -> dict[bytes, set[str]]:
    """Of each author, the models that judged these records, those that were judged twice included."""
    found: dict[bytes, set[str]] = defaultdict(set)
    for place in places:
        for answer in answers.answers[place]:
            found[stage.authors[place]].add(answer.body["model_version"][:10])
    return found


async def trail(stage: Stage) -> list[Control]:
    """Every entry that was written, in order."""
    topic = ControlTopic(stage.settings)
    try:
        return [entry for _, entry in await topic.read_to_end() if entry is not None]
    finally:
        await topic.close()


async def test_every_kind_of_change_survives_a_killed_worker_and_a_guard_ends_a_canary(
    stage: Stage, tiny_artifact: Path
) -> None:
    bench = stage.bench
    policy = bench.folder / "policy.toml"
    policy.write_text(POLICY.read_text().replace('version = "1"', 'version = "2"'))
    better = copy_of(tiny_artifact, bench.folder, "2026.11.25")
    worse = copy_of(tiny_artifact, bench.folder, "2026.11.26")
    teach(worse, "fever", "spam", version="2026.11.26")
    await tidegate(bench, "tasks", "disable", "symptoms", "--wait", "--as", "ana")
    patients = await bench.send(symptom_records(bench.topic("symptoms"), 40))

    async with stage.load():
        await stage.interrupted("policy/default", "policy", "activate", str(policy))
        await stage.interrupted("model/default", "models", "activate", str(better))
        await stage.interrupted("task/symptoms", "tasks", "enable", "symptoms")
        await stage.interrupted("model/candidate", "models", "shadow", str(worse), "--share", "50")
        guards = ("--guard", "at_least=30", "--guard", "p99=off")
        await tidegate(bench, "models", "canary", "--share", "20", *guards, "--wait", "--as", "ana")
        await stage.interrupted("model/candidate", "models", "canary", "--share", "50")
        await asyncio.sleep(3)  # what was under way when both had it
        begun = len(stage.places)
        await stage.kill_one()  # who comes in the middle goes by the topic
        await bench.wait_members(2)
        await asyncio.sleep(5)
        during = stage.places[begun:]
        await bench.answers(during)  # or the last of them are judged when it has ended
        assert (await read_state(stage.settings)).trial is not None, "no guard spoke without a reason"

        bad = feverish(bench.topic("posts"))
        stage.note(bad, await bench.send(bad))
        killing = asyncio.create_task(stage.kill_one())
        state = await stage.until(lambda state: state.trial is None)
        await killing
        await bench.wait_members(2)

    ended = state.get("model/candidate")
    assert ended is not None
    assert (ended.by, ended.active, ended.share) == (GUARD, False, 0.5)
    answers = await bench.answers([*stage.places, *patients])
    assert not answers.lost
    assert not answers.invented
    assert len(during) > AUTHORS / 2
    for author, found in versions(answers, stage, during).items():
        assert found == {"2026.11.26" if is_in_share(author, 0.5) else "2026.11.25"}
    await _is_over(stage)
    await _assert_trail_is_complete(stage)


async def _is_over(stage: Stage) -> None:
    """Both workers have read that it is, and the active model judges everybody."""
    status = await tidegate(stage.bench, "models", "status")
    assert len(status["workers"]) == 2
    chunk = list(itertools.islice(drafts(stage.bench.topic("posts"), seed=7), AUTHORS))
    places = await stage.bench.send(chunk)
    stage.note(chunk, places)
    answers = await stage.bench.answers(places)
    assert {version for found in versions(answers, stage, places).values() for version in found} == {"2026.11.25"}


async def _assert_trail_is_complete(stage: Stage) -> None:
    """Each change follows the one before it, has somebody who asked for it, and an event that says so."""
    entries = [entry for entry in await trail(stage) if entry.name != "former"]
    by_key: dict[str, list[Control]] = defaultdict(list)
    for entry in entries:
        by_key[entry.key].append(entry)
    assert {key: len(found) for key, found in by_key.items()} == {
        "task/symptoms": 2,
        "policy/default": 1,
        "model/default": 1,
        "model/candidate": 4,
    }
    for found in by_key.values():
        assert [entry.revision for entry in found] == [number + 1 for number in range(len(found))]
        assert all(entry.expected == entry.revision - 1 and entry.by and entry.at for entry in found)
    shares = [(entry.share, entry.judges, entry.active, entry.by) for entry in by_key["model/candidate"]]
    assert shares == [(0.5, False, True, "ana"), (0.2, True, True, "ana"), (0.5, True, True, "ana"),
                      (0.5, True, False, GUARD)]  # fmt: skip
    events = [each.body for each in await stage.bench.read(["events"])]
    asked = [(each["change"]["kind"], each["change"]["revision"]) for each in events if each["kind"] == "requested"]
    assert sorted(asked) == sorted((entry.kind, entry.revision) for entry in entries if entry.by == "ana")
    (rolled_back,) = [each for each in events if each["kind"] == "rolled_back"]
    breach = rolled_back["breach"]
    assert (breach["guard"], breach["task"], rolled_back["change"]["revision"]) == ("actions", "posts", 4)
    assert breach["measured"] > breach["limit"]
    assert min(breach["n"], breach["n_active"]) >= 30
    assert rolled_back["worker"] is not None
    assert "The guard actions of posts ended it" in rolled_back["reason"]


async def test_of_workers_that_end_a_canary_at_once_one_writes_it(bench: Bench) -> None:
    await bench.create_topics()
    settings = Settings(brokers=bench.bootstrap, topic_prefix=bench.prefix, group=bench.prefix)
    entry = Control(kind="model", name="candidate", digest="a" * 64, share=0.5, judges=True, by="ana")
    trial = await change(settings, lambda state: proposed(state, entry, None, now()))
    breach = Breach(guard="p99", task="posts", measured=9.0, active=1.0, limit=2.0, n=100, n_active=2000)

    async def end(number: int) -> int:
        async with asyncio.timeout(120):
            while True:
                with contextlib.suppress(ConflictError):
                    return (await roll_back(settings, trial, breach, f"worker-{number}")).revision
                if (await read_state(settings)).trial is None:
                    return 0

    assert sorted(await asyncio.gather(*map(end, range(4)))) == [0, 0, 0, 2]
    ended = (await read_state(settings)).get("model/candidate")
    assert ended is not None
    assert (ended.active, ended.revision, ended.by) == (False, 2, GUARD)
    events = [each.body for each in await bench.read(["events"])]
    assert [each["breach"]["guard"] for each in events if each["kind"] == "rolled_back"] == ["p99"]


async def test_a_canary_goes_up_by_the_clock_and_its_workers_follow(bench: Bench, tiny_artifact: Path) -> None:
    await bench.create_topics()
    await bench.start_worker(control="on")
    copy = copy_of(tiny_artifact, bench.folder, "2026.11.25")
    plan = ("--share", "10", "--then", "30,100", "--every", "2s", "--wait", "--as", "ana")
    last = await tidegate(bench, "models", "canary", str(copy), *plan)
    assert (last["share"], last["revision"], last["then"]) == (1.0, 3, [])
    async with asyncio.timeout(60):
        while True:
            status = await tidegate(bench, "models", "status")
            (running,) = status["workers"].values()
            if [each["revision"] for each in running["revisions"] if each["name"] == "candidate"] == [3]:
                break
    chunk = list(itertools.islice(drafts(bench.topic("posts")), 20))
    places = await bench.send([Draft(each.topic, each.value, key=each.key) for each in chunk])
    answers = await bench.answers(places)
    answers.assert_exactly_once()
    assert {each.body["model_version"][:10] for each in answers.outputs} == {"2026.11.25"}
