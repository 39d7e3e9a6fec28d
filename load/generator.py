"""The open-loop sender, in a process of its own.

Each record has the moment at which it is due, fixed before the run. Records are sent when due whether or not
earlier ones were answered, and late sending is no excuse: latency counts from the due moment.
"""

import asyncio
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from load.arrivals import Seconds, due_by
from load.producing import Batches, producing
from load.scenarios import SCENARIOS
from load.texts import Payload


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides what is sent and when; picklable."""

    bootstrap: str
    prefix: str
    partitions: int
    scenario: str
    rate: float
    seconds: float
    seed: int = 1

    def schedule(self) -> Seconds:
        return SCENARIOS[self.scenario].schedule(self.rate, self.seconds)

    def payloads(self) -> list[Payload]:
        return list(SCENARIOS[self.scenario].payloads(len(self.schedule()), self.seed))


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender did. `late_ms`: how late it handed records over, its own fault."""

    records: int
    refused: int
    late_ms_p50: float
    late_ms_max: float
    with_pictures: int = 0


class Generator:
    """Starts the sending process, tells it when to begin, and takes its account."""

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(plan, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def prepare(self, within_s: float = 120.0) -> None:
        """Returns when all payloads are written and the producer is connected."""
        await self._receive(within_s)

    def begin(self, starts_at: float) -> None:
        """Fixes the wall-clock time at which offset 0 of the schedule is due."""
        self._pipe.send(starts_at)

    async def account(self, within_s: float) -> Sent:
        """Waits until everything was sent and acknowledged."""
        sent = await self._receive(within_s)
        self._process.join(5)
        assert isinstance(sent, Sent)
        return sent

    def close(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join(5)

    async def _receive(self, within_s: float) -> object:
        deadline = time.monotonic() + within_s
        while not self._pipe.poll():
            if not self._process.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the load generator ended or hung (exit code {self._process.exitcode})")
            await asyncio.sleep(0.05)
        received: object = self._pipe.recv()
        return received


def _main(plan: Plan, pipe: Connection) -> None:
    asyncio.run(_run(plan, pipe))


async def _run(plan: Plan, pipe: Connection) -> None:
    schedule, payloads = plan.schedule(), plan.payloads()
    async with producing(plan.bootstrap) as producer:
        await producer.partitions_for(f"{plan.prefix}.posts")
        pipe.send("ready")
        starts_at: float = pipe.recv()
        batches = Batches(producer, plan.prefix, plan.partitions)
        acks, late_s = await _send_on_time(batches, payloads, schedule, starts_at)
        results = await asyncio.gather(*acks, return_exceptions=True)
    refused = sum(isinstance(result, BaseException) for result in results)
    late_ms = np.array(late_s) * 1e3
    with_pictures = sum(b'"images":' in payload.value for payload in payloads)
    pipe.send(Sent(len(payloads), refused, float(np.median(late_ms)), float(late_ms.max()), with_pictures))


async def _send_on_time(
    batches: Batches, payloads: list[Payload], schedule: Seconds, starts_at: float
) -> tuple[list[asyncio.Future[Any]], list[float]]:
    acks: list[asyncio.Future[Any]] = []
    late_s: list[float] = []
    done = 0
    while done < len(payloads):
        elapsed_s = time.time() - starts_at
        until = due_by(schedule, elapsed_s)
        if until == done:
            await asyncio.sleep(max(0.0005, schedule[done] - elapsed_s))
            continue
        until = min(until, done + 2_000)
        due_ms = [int((starts_at + offset) * 1000) for offset in schedule[done:until]]
        late_s.append(elapsed_s - float(schedule[done]))
        acks += await batches.send(payloads[done:until], due_ms)
        done = until
    return acks, late_s
