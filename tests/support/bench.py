"""One test's place on the broker: its own topics and consumer group, its workers, and its accounts."""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from load.kafka.admin import committed, members
from load.watching import ANSWERS
from load.worker_process import WORKER, Worker
from streams.history import History, Place
from streams.kafka.topics import create_topics
from streams.settings import Settings
from tests.support.fork_server import ForkServer
from tests.support.traffic import Draft, Output, read, send, send_steadily


class Bench:
    """Topics under a prefix that nobody else uses, and the workers that serve them, which `server` starts."""

    def __init__(self, bootstrap: str, artifact: Path, folder: Path, server: ForkServer) -> None:
        self._server = server
        self.bootstrap = bootstrap
        self.prefix = f"t{uuid.uuid4().hex[:10]}"
        self.folder = folder
        self.workers: list[Worker] = []
        self._env = {
            "TIDEGATE_BROKERS": bootstrap,
            "TIDEGATE_TOPIC_PREFIX": self.prefix,
            "TIDEGATE_GROUP": self.prefix,
            "TIDEGATE_DATA_DIR": str(folder / "data"),
            "TIDEGATE_ARTIFACT": str(artifact),
            "TIDEGATE_DEVICE": "cpu",
            "TIDEGATE_THREADS": "1",
            "TIDEGATE_DEGRADE_AFTER_S": "0",  # a slow machine is no overload
        }

    async def create_topics(self, partitions: int = 1, replication: int = 1) -> None:
        settings = Settings(brokers=self.bootstrap, topic_prefix=self.prefix)
        await create_topics(settings, partitions, replication)

    def begin_worker(self, **settings: object) -> Worker:
        """Starts a worker and does not wait. `settings`: TIDEGATE_* in lower case, without the prefix."""
        return self._begin("worker", WORKER, settings)

    def _begin(self, name: str, command: Sequence[str], settings: Mapping[str, object]) -> Worker:
        own = {f"TIDEGATE_{name.upper()}": str(value) for name, value in settings.items()}
        name = f"{name}-{len(self.workers) + 1}"
        worker = Worker(name, self.folder, {**self._env, **own}, command, self._server.start)
        self.workers.append(worker)
        return worker

    async def start_worker(self, **settings: object) -> Worker:
        """Starts a worker and waits until it consumes."""
        return await asyncio.to_thread(self.begin_worker(**settings).wait_ready)

    async def start_assessor(self, *options: str, **settings: object) -> Worker:
        """Starts `tidegate reviews follow` and waits until it reads."""
        command = (sys.executable, "-m", "streams.cli", "reviews", "follow", *options)
        return await asyncio.to_thread(self._begin("assessor", command, settings).wait_ready)

    def close(self) -> None:
        """Kills every worker that still runs."""
        for worker in self.workers:
            worker.kill()

    def logs(self) -> str:
        return "\n".join(f"--- {worker.name}\n{worker.tail()}" for worker in self.workers)

    def topic(self, kind: str) -> str:
        return f"{self.prefix}.{kind}"

    async def send(self, drafts: Iterable[Draft]) -> list[Place]:
        return await send(self.bootstrap, drafts)

    async def send_steadily(self, drafts: Iterable[Draft], rate: float) -> list[Place]:
        return await send_steadily(self.bootstrap, drafts, rate)

    async def read(
        self,
        kinds: Sequence[str] = ANSWERS,
        *,
        until: Callable[[list[Output]], bool] | None = None,
        within_s: float = 30.0,
    ) -> list[Output]:
        return await read(self.bootstrap, self.prefix, kinds, until=until, within_s=within_s)

    async def answers(self, places: Iterable[Place], quiet_s: float = 45.0) -> "Answers":
        """What came for `places`, read until each has an answer or nothing has come for `quiet_s`: a machine that does
        300 records a second loses none of 20,000.
        """
        wanted = frozenset(places)
        count, last = 0, time.monotonic()

        def is_over(so_far: list[Output]) -> bool:
            nonlocal count, last
            if len(so_far) > count:
                count, last = len(so_far), time.monotonic()
            return wanted <= {each.source for each in so_far} or time.monotonic() > last + quiet_s

        return Answers(wanted, await self.read(until=is_over, within_s=600))  # the test's own timeout comes first

    async def all_answers(self, places: Iterable[Place]) -> "Answers":
        """What is on the topics now, late duplicates included; for when the workers have stopped."""
        return Answers(frozenset(places), await self.read())

    async def committed(self) -> dict[tuple[str, int], int]:
        return await committed(self.bootstrap, self.prefix, [self.topic(kind) for kind in ("posts", "symptoms")])

    async def wait_committed(self, places: Iterable[Place], within_s: float = 15.0) -> None:
        """Returns when the group has committed all of `places`, and not more."""
        ends: dict[tuple[str, int], int] = {}
        for topic, partition, offset in places:
            ends[topic, partition] = max(ends.get((topic, partition), 0), offset + 1)
        await self.wait_committed_up_to(ends, within_s)

    async def wait_committed_up_to(self, ends: Mapping[tuple[str, int], int], within_s: float = 15.0) -> None:
        """Returns when the group has committed just these offsets."""
        now: dict[tuple[str, int], int] = {}
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            now = await self.committed()
            if all(now.get(at) == end for at, end in ends.items()):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"committed {now} and not {ends} after {within_s} s")

    async def wait_first_commit(self, within_s: float = 30.0) -> None:
        """Returns within milliseconds of the group's first commit."""
        deadline = time.monotonic() + within_s
        while not await self.committed():
            assert time.monotonic() < deadline, f"nothing committed after {within_s} s"
            await asyncio.sleep(0.01)

    async def wait_members(self, count: int, within_s: float = 40.0) -> None:
        """Returns when the group is stable with so many members."""
        state: tuple[str, int] = ("", 0)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            state = await members(self.bootstrap, self.prefix)
            if state == ("Stable", count):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"the group is {state} and not stable with {count} members after {within_s} s")


class Answers(History[Place, None, Output]):
    """Outputs by the input record that they answer."""

    def __init__(self, sent: Iterable[Place], outputs: Sequence[Output]) -> None:
        super().__init__(dict.fromkeys(sent))
        self.outputs = outputs
        for each in outputs:
            self.add_answer(each.source, each)

    def __getitem__(self, place: Place) -> Output:
        """The one answer to a record."""
        found = self.answers.get(place, [])
        assert len(found) == 1, f"{len(found)} answers to {place}"
        return found[0]

    def assert_exactly_once(self) -> None:
        assert not self.lost, f"{len(self.lost)} of {len(self.sent)} records lost, e.g. {sorted(self.lost)[:3]}"
        assert not self.invented, f"{len(self.invented)} answers to nothing"
        assert not self.repeated, f"{len(self.repeated)} records answered more than once"

    def assert_at_least_once(self) -> None:
        """Nothing lost; what was answered twice was answered alike."""
        assert not self.lost, f"{len(self.lost)} of {len(self.sent)} records lost, e.g. {sorted(self.lost)[:3]}"
        self.assert_no_contradictions()

    def assert_no_contradictions(self) -> None:
        """What was answered twice was answered alike, and only what was sent was answered."""
        assert not self.invented, f"{len(self.invented)} answers to nothing"
        for place, found in self.repeated.items():
            assert len({decision(each) for each in found}) == 1, f"{place} was decided in two ways"


# `sampled` is drawn by the record's place, of which 1 in 1,000 is: two places of one text may differ in it.
_NOT_DECISION = {"timings_ms", "source", "sampled"}
_NOT_REASON = {"failed-at"}


def decision(output: Output) -> tuple[str, ...]:
    """All of an answer that must be the same for the same content: id, scores, action, reasons, versions."""
    if output.kind == "dead-letters":
        headers = [f"{name}={value!r}" for name, value in output.headers if name not in _NOT_REASON]
        return output.kind, repr(output.key), repr(output.value), *headers
    kept = {name: value for name, value in output.body.items() if name not in _NOT_DECISION}
    return output.kind, repr(output.key), repr(sorted(kept.items()))
