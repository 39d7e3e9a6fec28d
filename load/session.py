"""The service under load: a broker, topics of its own, worker processes; everything is stopped at the end."""

import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from load.kafka.cluster import LocalKafka
from load.worker_process import WORKER, Worker, WorkerFailed
from models.folders import RELEASE
from streams.kafka.topics import create_topics
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Setup:
    """What runs. `extra`: more TIDEGATE_* settings of the workers, in lower case and without the prefix."""

    brokers: str | None = None
    """None: a Kafka of its own on this machine."""
    workers: int = 1
    partitions: int = 4
    artifact: Path = RELEASE
    device: str = "cpu"
    threads: int | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def settings(self, bootstrap: str, prefix: str) -> dict[str, str]:
        chosen = {
            "brokers": bootstrap,
            "topic_prefix": prefix,
            "group": prefix,
            "artifact": str(self.artifact),
            "device": self.device,
            "degrade_after_s": "0",  # a run that is late must show it, not answer with less
            "dead_letter_max_ratio": "0",
            "dead_letter_max_consecutive": "0",
        }
        if self.threads is not None:
            chosen["threads"] = str(self.threads)
        return chosen | self.extra


@dataclass(slots=True)
class Session:
    """Topics under a prefix of their own, and the workers that serve them."""

    setup: Setup
    bootstrap: str
    prefix: str
    folder: Path
    broker_pids: Sequence[int] = ()
    """None where the broker is not ours."""
    workers: list[Worker] = field(default_factory=list)

    def start_workers(self, command: Sequence[str] = WORKER, **extra: str) -> None:
        """Starts them all and waits until they consume."""
        settings = self.setup.settings(self.bootstrap, self.prefix) | extra
        for number in range(self.setup.workers):
            name = f"worker-{len(self.workers) + 1}"
            own = settings | {"data_dir": str(self.folder / f"data-{number}")}
            env = {f"TIDEGATE_{key.upper()}": value for key, value in own.items()}
            self.workers.append(Worker(name, self.folder, env, command))
        for worker in self.running:
            worker.wait_ready(180)

    def start_peer(self, command: Sequence[str]) -> None:
        """Starts another program in the place of workers and waits until it consumes."""
        self.begin_peer(command)
        self.workers[-1].wait_ready(180)

    def begin_peer(self, command: Sequence[str]) -> None:
        """The same without waiting."""
        self.workers.append(Worker(f"peer-{len(self.workers) + 1}", self.folder, {}, command))

    @property
    def running(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.process.poll() is None]

    def check(self) -> None:
        """Raises WorkerFailed if a worker has ended by itself."""
        for worker in self.workers:
            if worker.process.poll() not in (None, 0):
                code = worker.process.returncode
                raise WorkerFailed(f"{worker.name} ended ({code}) under load\n{worker.tail()}")

    def cpu_s(self) -> float:
        """Processor time of the running workers, all threads together."""
        return used_s([psutil.Process(worker.process.pid) for worker in self.running])

    def stop_workers(self) -> list[int]:
        """SIGTERM to all; returns their exit statuses."""
        for worker in self.running:
            worker.process.terminate()
        return [worker.stop(30) for worker in self.workers]


def families(pids: Iterable[int]) -> list[psutil.Process]:
    """These processes and their children. It looks at every process of the machine: not for often."""
    parents = [psutil.Process(pid) for pid in pids]
    return [each for parent in parents for each in (parent, *parent.children(recursive=True))]


def used_s(processes: Iterable[psutil.Process]) -> float:
    """Processor time, all threads together; of a process that has ended, nothing."""
    used = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # a server's helper; whether the server runs is asked elsewhere
            times = process.cpu_times()
            used += times.user + times.system
    return used


@asynccontextmanager
async def sessions(setup: Setup) -> AsyncIterator["Sessions"]:
    """Opens the broker that the sessions of one command share."""
    with contextlib.ExitStack() as stack:
        kafka = None if setup.brokers else stack.enter_context(LocalKafka())
        bootstrap, pids = (setup.brokers or "", ()) if kafka is None else (kafka.bootstrap, kafka.pids)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidegate-load-")))
        yield Sessions(setup, bootstrap, folder, pids)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens sessions, each with fresh topics, on one broker."""

    setup: Setup
    bootstrap: str
    folder: Path
    broker_pids: Sequence[int] = ()

    @asynccontextmanager
    async def open(self, setup: Setup | None = None) -> AsyncIterator[Session]:
        """`setup`: other workers than those of the command."""
        setup = setup or self.setup
        prefix = f"load-{uuid.uuid4().hex[:8]}"
        settings = Settings(brokers=self.bootstrap, topic_prefix=prefix)
        await create_topics(settings, setup.partitions)
        folder = self.folder / prefix
        folder.mkdir()
        session = Session(setup, self.bootstrap, prefix, folder, self.broker_pids)
        try:
            yield session
        finally:
            for worker in session.workers:
                worker.kill()
            await _delete_topics(self.bootstrap, prefix)


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        names: Sequence[str] = [name for name in await admin.list_topics() if name.startswith(f"{prefix}.")]
        await admin.delete_topics(list(names))
    finally:
        await admin.close()
