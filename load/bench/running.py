"""The rounds of a bench, and what follows them, within a time that was given."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from rich.progress import Progress

from load.bench.contestants import (
    ENGINE,
    ENGINE_CASCADE,
    HOP,
    ONE,
    TOKENIZER,
    UNIQUE,
    Contestant,
    Group,
    missing,
)
from load.bench.curve import HOP_RATE, LONE_RATE, Point, latency_at, latency_curve
from load.bench.limits import Limits
from load.bench.results import Entry, Results
from load.bench.turns import Texts, take_turn
from load.capacity import Drained
from load.session import Sessions
from models.errors import TidegateError, place_of

POINT_S = 5.0
"""What a point of a curve takes beside the sending: the sender's start, the watcher, the wait for duplicates."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much to measure. `minutes`: no round begins that would not end by then, with the curves after it."""

    rounds: int
    seconds: float
    point_seconds: float
    shares: Sequence[float]
    minutes: float

    @property
    def curves_s(self) -> float:
        """About what the two curves and the two single rates will take."""
        return (2 * len(self.shares) + 7) * (self.point_seconds + POINT_S)


class Bar:
    """A progress bar that counts turns."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def expect(self, steps: int) -> None:
        self._progress.update(self._task, total=steps)

    def forget(self, steps: int) -> None:
        """So many will not come."""
        (task,) = self._progress.tasks
        self._progress.update(self._task, total=(task.total or steps) - steps)

    def say(self, what: str) -> None:
        self._progress.update(self._task, description=what)

    def step(self) -> None:
        self._progress.advance(self._task)


def new_results(everyone: Sequence[Contestant], limits: Limits) -> Results:
    """With an entry for everybody, also for those whose packages are not there."""
    names = {name: Entry(name, Group.LIMIT) for name in (ENGINE, ENGINE_CASCADE, TOKENIZER)}
    if limits.cascade is None:
        names[ENGINE_CASCADE].absent = limits.no_cascade
    for one in everyone:
        absent = missing(one)
        said = f"not installed: {', '.join(absent)}" if absent else ""
        if limits.cascade is None and one.settings.get("cascade") == "on":
            said = limits.no_cascade
        names[one.name] = Entry(one.name, one.group, one.workers, absent=said)
    return Results(names, psutil.cpu_count() or 1)


class Bench:
    """Runs everybody in turns, and tells `bar` of each."""

    def __init__(
        self, opened: Sessions, limits: Limits, everyone: Sequence[Contestant], extent: Extent, seed: int, bar: Bar
    ) -> None:
        self._opened = opened
        self._limits = limits
        self._extent = extent
        self._seed = seed
        self._bar = bar
        self._began = time.monotonic()
        self.results = new_results(everyone, limits)
        self._present = [one for one in everyone if not self.results.entries[one.name].absent]

    async def run(self) -> None:
        """The rounds, then the curves of Tidegate and of the best alternative."""
        self._bar.expect(self._extent.rounds * len(self._present) + 2 * len(self._extent.shares) + 2)
        longest_s = 0.0
        for number in range(self._extent.rounds):
            began = time.monotonic()
            if number and began + longest_s + self._extent.curves_s > self._began + 60 * self._extent.minutes:
                left = self._extent.rounds - number
                self.results.notes.append(
                    f"{left} of {self._extent.rounds} rounds were left out to end within {self._extent.minutes:g} min."
                )
                self._bar.forget(left * len(self._present))
                break
            texts = Texts(self._seed + 1_000 * number)
            await self._limit(texts, number)
            await self._round(texts, number)
            longest_s = max(longest_s, time.monotonic() - began)
        await self._limit(texts, self.results.rounds)
        await self._curves()

    async def _limit(self, texts: Texts, number: int) -> None:
        self._bar.say(ENGINE)
        if not self.results.turn_ms:
            self.results.turn_ms = await asyncio.to_thread(self._limits.turn_ms, texts)
        measured = await asyncio.to_thread(self._limits.measure, texts, self._extent.seconds / 2)
        for name, rates in measured.items():
            if name == ENGINE or number < self._extent.rounds:
                for stream, rate in rates.items():
                    self.results.entries[name].add(stream, number, Drained(rate, 0.0))
        if self._limits.cascade is not None:
            self.results.answered_early = self._limits.answered_early

    async def _round(self, texts: Texts, number: int) -> None:
        """Everybody starts a round somewhere else in line, so that nobody always comes after the same one."""
        first = number * max(1, len(self._present) // self._extent.rounds)
        for one in self._present[first:] + self._present[:first]:
            self._bar.say(f"round {number + 1}: {one.name}")
            try:
                for stream, drained in (await take_turn(self._opened, one, texts, self._extent.seconds)).items():
                    self.results.entries[one.name].add(stream, number, drained)
            except Exception as error:  # noqa: BLE001  stands in the report, and the others go on
                self.results.entries[one.name].absent = f"round {number + 1}: {why(error)}"
            self._bar.step()
        self.results.rounds += 1

    async def _curves(self) -> None:
        best = self.results.best_peer(UNIQUE)
        by_name = {one.name: one for one in self._present}
        for name in [ONE, *([best.name] if best else [])]:
            entry = self.results.entries[name]
            if entry.drained.get(UNIQUE):
                self._bar.say(f"latency: {name}")
                await self._curve(by_name[name], entry.median(UNIQUE))
        self.results.lone = await self._at(by_name.get(ONE), LONE_RATE, 2 * self._extent.point_seconds)
        self.results.hop = await self._at(by_name.get(HOP), HOP_RATE, self._extent.point_seconds)

    async def _at(self, one: Contestant | None, rate: float, seconds: float) -> Point | None:
        point = None
        if one is not None:
            self._bar.say(f"latency: {one.name}, {rate:g} a second")
            try:
                point = await latency_at(self._opened, one, rate, seconds, self._seed + 700)
            except Exception as error:  # noqa: BLE001  stands in the report, and the others go on
                self.results.notes.append(f"No latency of {one.name} at {rate:g} a second: {why(error)}")
        self._bar.step()
        return point

    async def _curve(self, one: Contestant, capacity: float) -> None:
        extent, step = self._extent, self._bar.step
        try:
            self.results.curves[one.name] = await latency_curve(
                self._opened, one, capacity, extent.shares, extent.point_seconds, self._seed + 500, step
            )
        except Exception as error:  # noqa: BLE001  stands in the report, and the others go on
            self.results.notes.append(f"No latency curve of {one.name}: {why(error)}")


def why(error: Exception) -> str:
    """The sentence that says it: of a process that ended, the last line of its log."""
    if not isinstance(error, (TidegateError, RuntimeError, ValueError)):
        return place_of(error)
    lines = str(error).strip().splitlines()
    return " ... ".join(dict.fromkeys([*lines[:1], *lines[-1:]])) or type(error).__name__
