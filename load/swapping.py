"""Another policy and another model put to work in the middle of an open-loop run, and what the records paid for it."""

import asyncio
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import psutil

from load.generator import Generator, Plan
from load.measure import Answer, Measurement
from load.openloop import LEAD_S, settle
from load.session import Session
from load.watching import Watcher
from models.artifact import read_manifest
from models.errors import TidegateError
from schemas import Control
from streams.control.change import change, now, proposed
from streams.policy import POLICY
from streams.settings import Settings

STEP_S = 0.25
STEADY = 0.95
"""Of the answers a second before: throughput is back from there on, or from the lowest second before on."""
SETTLED_S = 5.0


@dataclass(slots=True)
class Swap:
    """One change: when it was asked for, and what it made of the verdicts. Seconds since the start of the run."""

    kind: str
    asked_s: float
    version: str
    """Of the verdicts before it."""
    new_s: float = float("nan")
    """The first verdict under another version."""
    old_s: float = float("nan")
    """The last one under the former."""
    megabytes: list[float] = field(default_factory=list)
    """Resident, of all workers together: before it, at most, and a while after it."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a swap cost. p99 in milliseconds, by the moment at which records were due."""

    p99_before: float
    p99_swap: float
    """Of the worst second around the swap."""
    p99_asked: float
    """Of the worst second since it was asked for: the candidate is loaded and warmed in that time."""
    back_s: float
    """Until throughput was back, from the first verdict under the new version on."""


class Versions:
    """Notes by which versions verdicts were made, and hands them on."""

    def __init__(self, measurement: Measurement, starts_at: float) -> None:
        self._measurement = measurement
        self._starts_at = starts_at
        self.seen: dict[str, tuple[float, float]] = {}
        """The first and the last verdict of each."""

    def take(self, answer: Answer) -> None:
        at = answer.received_at - self._starts_at
        if answer.version:
            self.seen[answer.version] = self.seen.get(answer.version, (at, at))[0], at
        self._measurement.add(answer)

    @property
    def latest(self) -> str:
        """Raises TidegateError: there was no verdict yet."""
        if not self.seen:
            raise TidegateError("No verdict came before the change.")
        return max(self.seen, key=lambda version: self.seen[version][0])


def price_of(swap: Swap, measured: Measurement, before_s: float, until_s: float) -> Price:
    """Args:
    before_s: so many seconds before it was asked for say what is usual.
    until_s: the next change, or the end.
    """
    usual = measured.due_between(swap.asked_s - before_s, swap.asked_s)
    steady = STEADY * measured.answered_between(swap.asked_s - before_s, swap.asked_s) / before_s
    earlier = np.arange(swap.asked_s - before_s, swap.asked_s - 1.0 + 1e-9, STEP_S)
    lowest = min(measured.answered_between(start, start + 1.0) for start in earlier)
    starts = np.arange(swap.new_s, until_s - 1.0, STEP_S)
    slow = [start for start in starts if measured.answered_between(start, start + 1.0) < min(steady, lowest)]
    return Price(
        p99_before=float(np.percentile(usual, 99)),
        p99_swap=worst_second(measured, swap.new_s - 1.0, swap.old_s + 1.0),
        p99_asked=worst_second(measured, swap.asked_s, swap.old_s + 1.0),
        back_s=float(slow[-1] + 1.0 - swap.new_s) if slow else 0.0,
    )


def worst_second(measured: Measurement, first_s: float, last_s: float) -> float:
    """The highest p99 of any second between the two, in steps of a quarter."""
    starts = np.arange(first_s, max(first_s, last_s - 1.0) + 1e-9, STEP_S)
    seconds = [measured.due_between(start, start + 1.0) for start in starts]
    return max((float(np.percentile(found, 99)) for found in seconds if len(found)), default=float("nan"))


@dataclass(frozen=True, slots=True)
class Swapped:
    """A run with its changes, and what came back of it."""

    measurement: Measurement
    refused: int
    prices: Mapping[str, tuple[Swap, Price]]


async def swap_under_load(
    session: Session, scenario: str, rate: float, each_s: float, warm_up_s: float, seed: int
) -> Swapped:
    """Sends at a constant rate; after a while another policy is activated, and after another while another model.

    Args:
        each_s: before the first change, and after each.

    Raises:
        TidegateError: a change was not taken before the next one was due.
    """
    session.start_workers(control="on")
    seconds = warm_up_s + 3 * each_s
    plan = Plan(session.bootstrap, session.prefix, session.setup.partitions, scenario, rate, seconds, seed)
    entries = {"policy": other_policy(), "model": other_model(session.setup.artifact, session.folder / "other")}
    generator = Generator(plan)
    try:
        await generator.prepare()
        starts_at = time.time() + LEAD_S
        measured = Measurement(plan.schedule(), starts_at, warm_up_s)
        versions = Versions(measured, starts_at)
        async with Watcher(session.bootstrap, session.prefix, versions.take) as watcher:
            generator.begin(starts_at)
            swaps = []
            for number, entry in enumerate(entries.values()):
                due_s = warm_up_s + (number + 1) * each_s
                swaps.append(await _swapped(session, entry, versions, starts_at, due_s, each_s))
            sent = await generator.account(within_s=seconds + 120)
            await settle(session, measured, watcher)
    finally:
        generator.close()
    session.stop_workers()
    ends = [warm_up_s + (number + 2) * each_s for number in range(len(swaps))]
    prices = {swap.kind: (swap, price_of(swap, measured, each_s, end)) for swap, end in zip(swaps, ends, strict=True)}
    return Swapped(measured, sent.refused, prices)


async def _swapped(
    session: Session, entry: Control, versions: Versions, starts_at: float, due_s: float, each_s: float
) -> Swap:
    """Asks for a change when it is due, and looks on until shortly before the next one."""
    await asyncio.sleep(max(0.0, starts_at + due_s - time.time()))
    swap = Swap(entry.kind, time.time() - starts_at, versions.latest, megabytes=[_megabytes(session)])
    settings = Settings(brokers=session.bootstrap, topic_prefix=session.prefix, group=session.prefix)
    await change(settings, lambda state: proposed(state, entry, None, now()))
    most = 0.0
    while time.time() - starts_at < due_s + each_s - 0.5:
        session.check()
        most = max(most, _megabytes(session))
        await asyncio.sleep(STEP_S)
    if versions.latest == swap.version:
        said = "\n".join(worker.tail(5) for worker in session.workers)
        raise TidegateError(f"No worker took the other {entry.kind} within {each_s:g} s; they said last:\n{said}")
    swap.new_s, swap.old_s = versions.seen[versions.latest][0], versions.seen[swap.version][1]
    swap.megabytes += [most, _megabytes(session)]
    return swap


def _megabytes(session: Session) -> float:
    return sum(psutil.Process(worker.process.pid).memory_info().rss for worker in session.running) / 2**20


def other_policy() -> Control:
    """The packaged one under another version."""
    text = POLICY.read_text("utf-8").replace('version = "1"', 'version = "2"', 1)
    digest = sha256(text.encode()).hexdigest()
    return Control(kind="policy", name="default", version="2", digest=digest, content=text, by="load")


def other_model(artifact: Path, folder: Path) -> Control:
    """A copy under another version: what is measured is the swap, not how fast the other one is."""
    shutil.copytree(artifact, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes()) | {"version": "0-load"}
    path.write_text(json.dumps(manifest), "utf-8")
    version, digest = read_manifest(folder).full_version, sha256(path.read_bytes()).hexdigest()
    return Control(kind="model", name="default", version=version, address=str(folder), digest=digest, by="load")
