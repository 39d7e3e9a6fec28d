"""What a scenario plays in: brokers, a network, topics of its own, workers, a load, and a diary."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from load.faults.diary import Diary
from load.faults.fleet import Fleet, beside, write_policy
from load.faults.network import Network
from load.faults.observing import Sample, look
from load.faults.sending import Sender
from load.kafka.cluster import LocalKafka
from load.texts import REALISTIC
from load.worker_process import WorkerFailed
from streams.kafka.topics import create_topics
from streams.settings import Settings

if TYPE_CHECKING:
    from load.faults.scenario import Scenario, Size

LOOK_EVERY_S = 1.0
STALLED_S = 120.0
"""A backlog of which so long nothing was done will not be done."""
AUTHORS = 300


@dataclass(frozen=True, slots=True)
class Ground:
    """What worlds stand on. `brokers`: the processes behind `bootstrap`; None: somebody else's."""

    bootstrap: str
    brokers: LocalKafka | None = None
    network: Network | None = None

    @property
    def of_workers(self) -> str:
        """Where workers go."""
        return self.brokers.proxied if self.brokers and self.network else self.bootstrap


class World:
    """Lives on one event loop, in the main thread."""

    def __init__(
        self, scenario: Scenario, size: Size, seed: int, *, ground: Ground, artifact: Path, folder: Path
    ) -> None:
        self.scenario = scenario
        self.size = size
        self.rng = random.Random(seed)  # noqa: S311
        self.prefix = f"fault-{uuid.uuid4().hex[:8]}"
        self.bootstrap = ground.bootstrap
        self.folder = folder
        self.diary = Diary()
        self._ground = ground
        settings: dict[str, object] = {
            "brokers": ground.of_workers,
            "topic_prefix": self.prefix,
            "group": self.prefix,
            "data_dir": folder / "data",
            "artifact": artifact,
            "policy": write_policy(folder),
            "device": "cpu",
            "threads": 1,
            "degrade_after_s": 0,  # a slow machine is no fault
        }
        self.fleet = Fleet(folder, settings | dict(scenario.settings), self.diary)
        texts = scenario.writer(seed, REALISTIC, AUTHORS).mixed(10**9, scenario.symptoms_share, scenario.bad_share)
        self.sender = Sender(self.bootstrap, self.prefix, texts)

    @property
    def brokers(self) -> LocalKafka:
        assert self._ground.brokers is not None, f"{self.scenario.name} needs brokers of its own"
        return self._ground.brokers

    @property
    def network(self) -> Network:
        assert self._ground.network is not None, f"{self.scenario.name} needs a network of its own"
        return self._ground.network

    def topic(self, kind: str) -> str:
        return f"{self.prefix}.{kind}"

    async def create_topics(self) -> None:
        """Those that are missing."""
        settings = Settings(brokers=self.bootstrap, topic_prefix=self.prefix)
        await create_topics(settings, self.scenario.partitions, min(3, self.scenario.brokers))

    @asynccontextmanager
    async def load(self, rate: float | None = None) -> AsyncIterator[Sender]:
        """Records come while the block runs, and until there were as many as the size says."""
        enough = asyncio.Event()
        sending = asyncio.create_task(self.sender.send(rate or self.size.rate, self.size.records, enough))
        try:
            yield self.sender
            enough.set()
            await sending
        finally:
            sending.cancel()

    @asynccontextmanager
    async def watched(self, show: Callable[[Diary], None]) -> AsyncIterator[None]:
        """Looks at everything once a second, for the timeline and for whoever waits."""

        async def watch() -> None:
            while True:
                await self.look()
                show(self.diary)
                await asyncio.sleep(LOOK_EVERY_S)

        async with beside(watch):
            yield

    async def look(self) -> Sample | None:
        sample = await look(self.bootstrap, self.prefix, [worker.process.pid for worker in self.fleet.running])
        if sample is not None:
            self.diary.samples.append(sample)
        return sample

    async def settle(self, within_s: float = 3_600.0) -> None:
        """Returns when the group is done with everything, or does nothing any more.

        Raises:
            WorkerFailed: nobody runs who could be waited for.
        """
        deadline = time.monotonic() + within_s
        moved_at, least = time.monotonic(), 10**9
        while time.monotonic() < min(deadline, moved_at + STALLED_S):
            sample = await self.look()
            if sample is not None and sample.lag < least:
                least, moved_at = sample.lag, time.monotonic()
            if least == 0:
                return
            if not self.fleet.running:
                raise WorkerFailed(f"no worker runs\n{self.fleet.logs()}")
            await asyncio.sleep(0.5)

    async def until(self, claim: Callable[[], bool], within_s: float, what: str) -> None:
        """Raises WorkerFailed if it does not come to `claim` in time."""
        deadline = time.monotonic() + within_s
        while not claim():
            if time.monotonic() > deadline:
                raise WorkerFailed(f"it did not come to this within {within_s:g} s: {what}\n{self.fleet.logs()}")
            await asyncio.sleep(0.05)
