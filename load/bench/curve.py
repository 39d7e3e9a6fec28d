"""Latency against load: open loops at shares of a contestant's own capacity."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from load.bench.contestants import STREAMS, UNIQUE, Contestant
from load.bench.turns import running
from load.openloop import send_open_loop
from load.session import Session, Sessions

SHARES = (0.1, 0.3, 0.5, 0.7, 0.85, 1.0, 1.1)
FEW_SHARES = (0.1, 0.5, 1.1)
HOP_RATE = 100.0
LONE_RATE = 2.0
"""So few that each finds an idle service."""
WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """One open loop: what was asked, and how long answers took from when they were due."""

    share: float
    """Of the capacity; 0 where a fixed rate was asked."""
    rate: float
    throughput: float
    latency_ms: Mapping[str, float]
    stages_ms: Mapping[str, float]
    """Medians of the worker's own account; none of a peer."""
    lost: int
    sender_late_ms: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def latency_curve(
    opened: Sessions,
    contestant: Contestant,
    capacity: float,
    shares: Iterable[float],
    seconds: float,
    seed: int,
    done: Callable[[], None] = lambda: None,
) -> list[Point]:
    """One point a share, with the unique stream, one process throughout; `done` is called after each."""
    points: list[Point] = []
    async with running(opened, contestant) as session:
        await _point(session, 0.5, 0.5 * capacity, 2.0, seed)  # warms up
        for number, share in enumerate(shares):
            points.append(await _point(session, share, share * capacity, seconds, seed + 1 + number))
            done()
        session.stop_workers()
    return points


async def latency_at(opened: Sessions, contestant: Contestant, rate: float, seconds: float, seed: int) -> Point:
    """At a rate that does not depend on a capacity."""
    async with running(opened, contestant) as session:
        await _point(session, 0.0, HOP_RATE, 1.0, seed + 1)  # warms up
        point = await _point(session, 0.0, rate, seconds, seed)
        session.stop_workers()
    return point


async def _point(session: Session, share: float, rate: float, seconds: float, seed: int) -> Point:
    run = await send_open_loop(session, STREAMS[UNIQUE], rate, seconds, warm_up_s=WARM_UP_S, seed=seed)
    measured = run.measurement
    stages = {name: each.at(50) for name, each in measured.stages.items() if len(each)}
    return Point(
        share, rate, measured.throughput, measured.latency.summary(), stages, measured.lost, run.sent.late_ms_p50
    )
