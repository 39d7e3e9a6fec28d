"""A worker as a queue: records arrive, one server takes all that wait, up to a turn of them, and a fixed way is added.

What a turn takes comes from measured times; what a record takes beside it (the way through Kafka, decoding, publishing)
is drawn from the latency at the lowest measured load.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from load.arrivals import Seconds

MOST_ROWS = 64
"""Records of a turn."""


@dataclass(frozen=True, slots=True)
class Worker:
    """`turn_s`: seconds that a turn of so many records takes. `way_s`: draws what is added to so many records."""

    turn_s: Callable[[int], float]
    way_s: Callable[[int], Seconds]
    most_rows: int = MOST_ROWS

    @property
    def capacity(self) -> float:
        """Records a second, with full turns."""
        return self.most_rows / self.turn_s(self.most_rows)


def run(arrivals: Seconds, worker: Worker) -> Seconds:
    """How long each record was inside, in the order of arrival; all of them are finished."""
    waiting: list[int] = []
    finished = np.zeros(len(arrivals))
    environment = simpy.Environment()
    woken = [environment.event()]

    def source() -> Generator[simpy.Event, Any, None]:
        for number, at in enumerate(arrivals):
            if at > environment.now:
                yield environment.timeout(float(at) - environment.now)
            waiting.append(number)
            if not woken[0].triggered:
                woken[0].succeed()

    def serve() -> Generator[simpy.Event, Any, None]:
        while True:
            if not waiting:
                woken[0] = environment.event()
                yield woken[0]
            turn = waiting[: worker.most_rows]
            del waiting[: worker.most_rows]
            yield environment.timeout(worker.turn_s(len(turn)))
            finished[turn] = environment.now

    environment.process(source())
    environment.process(serve())
    environment.run()
    inside: Seconds = finished - arrivals + worker.way_s(len(arrivals))
    return inside


def poisson(rate: float, count: int, seed: int) -> Seconds:
    """Arrivals of many independent senders."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, count)
    arrivals: Seconds = np.cumsum(gaps)
    return arrivals


def turn_times(measured_s: Mapping[int, float], more_s: float) -> Callable[[int], float]:
    """Between measured sizes of a turn a straight line, beyond the largest in proportion; `more_s` for each record."""
    rows = sorted(measured_s)
    times = [measured_s[size] for size in rows]

    def turn_s(size: int) -> float:
        bare = float(np.interp(size, rows, times)) if size <= rows[-1] else times[-1] * size / rows[-1]
        return bare + more_s * size

    return turn_s


def drawn(percentiles_s: Mapping[float, float], seed: int) -> Callable[[int], Seconds]:
    """Draws from a distribution of which some percentiles are known: straight lines between them, the lowest below."""
    generator = np.random.default_rng(seed)
    places = sorted(percentiles_s)
    values = [percentiles_s[place] for place in places]

    def draw(count: int) -> NDArray[np.float64]:
        return np.interp(100 * generator.random(count), places, values)

    return draw


def calibrate(bench: Mapping[str, Any], name: str, stream: str = "unique", seed: int = 1) -> Worker:
    """One worker from the report of a bench.

    Raises:
        ValueError: the report lacks a figure; the message says which.
    """
    rates = {one["name"]: one["streams"].get(stream, {}).get("median") for one in bench.get("contestants", ())}
    points = bench.get("latency", {}).get(name) or []
    if not bench.get("turn_ms") or not rates.get(name) or not points:
        raise ValueError(f"the report has no turn times, no rate or no latency of {name!r}")
    turn_s = {int(rows): ms / 1e3 for rows, ms in bench["turn_ms"].items()}
    bare = turn_times(turn_s, 0.0)
    more_s = max(0.0, 1 / rates[name] - bare(MOST_ROWS) / MOST_ROWS)
    turn = turn_times(turn_s, more_s)
    lowest = min(points, key=lambda point: point["rate"])["latency_ms"]
    way = {_place(at): max(0.0, lowest[at] / 1e3 - turn(1)) for at in ("p50", "p95", "p99", "p99.9", "max")}
    return Worker(turn, drawn(way, seed))


def _place(percentile: str) -> float:
    return 100.0 if percentile == "max" else float(percentile[1:])


@dataclass(frozen=True, slots=True)
class Checked:
    """A measured point beside what the simulation says about it, in milliseconds."""

    share: float
    rate: float
    measured: float
    predicted: float

    @property
    def error(self) -> float:
        return self.predicted / self.measured - 1

    def is_within(self, tolerance: float) -> bool:
        return abs(self.error) <= tolerance


def predict(arrivals: Seconds, worker: Worker, percentile: float = 99.0, warm_up_s: float = 0.0) -> float:
    """Milliseconds."""
    inside = run(arrivals, worker)[arrivals >= warm_up_s]
    return 1e3 * float(np.percentile(inside, percentile))


def best_load(loads: Sequence[float], p99_ms: Sequence[float], target_ms: float) -> float | None:
    """The highest load below every one that misses the target; None where the lowest does."""
    best = None
    for load, found in zip(loads, p99_ms, strict=True):
        if found > target_ms:
            break
        best = load
    return best
