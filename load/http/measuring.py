"""What `python -m load serve` measures, part after part; each server is a process that was just started."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from load.engine_rate import EngineRate, one_post_ms, run_engine
from load.http.asking import Full, Steady, ask_all_the_time, ask_steadily
from load.http.idle import allow_connections, idle_connections
from load.http.requests import coral, moderations
from load.http.server import Server, serving
from load.memory import resident_mb
from load.scenarios import SCENARIOS
from load.session import Setup, sessions
from load.texts import Payload
from streams.model import Model, load_model
from streams.settings import Settings

CORAL_RATE = 50.0
HALF = 0.5
WARM_UP_S = 2.0
SETTLE_S = 2.0
KEPT_CONNECTIONS = 256
"""Of those who ask at a rate, at the most."""
ALONE = 200
"""Posts of which the engine's time for one is the median."""
FIRST = 500


@dataclass(frozen=True, slots=True)
class Extent:
    """How much to measure. `seconds`: of each open loop and each turn at full load."""

    seconds: float
    rounds: int
    connections: int
    idle: int
    has_kafka: bool
    """Else nothing is told of decisions, which go to a topic."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Resident memory with and without connections."""

    asked: int
    opened: int
    """As many as the system lets a process have."""
    left: int
    """That were still open when memory was looked at."""
    before_mb: float
    with_mb: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything."""

    engine: list[EngineRate]
    """One more than turns of the server: before the first, and after each."""
    full: list[Full]
    alone_ms: float
    """The engine's own time for one post."""
    half_rate: float
    half: Steady
    idle: Idle
    coral: Steady


async def measure(setup: Setup, extent: Extent, seed: int) -> Measured:
    """Raises TidegateError: a server or Kafka could not be started, or ended."""
    allowed = allow_connections(extent.idle)  # before any start: the limit is inherited
    posts = SCENARIOS["steady"].payloads(10**9, seed)
    with tempfile.TemporaryDirectory(prefix="tidegate-load-") as name:
        folder = Path(name)
        settings = Settings.load(artifact=setup.artifact, device=setup.device, threads=setup.threads, **setup.extra)
        model = await asyncio.to_thread(load_model, settings)
        with serving(setup, folder) as server:
            engine, full = await _turns(server, model, settings.max_in_flight_records, extent, posts)
            alone_ms = await asyncio.to_thread(one_post_ms, model, list(islice(posts, ALONE)))
            half_rate = HALF * float(np.median([each.rate for each in full]))
            half = await _steady(server, extent.seconds, half_rate, posts)
        idle = await _idle(setup, folder, extent.idle, allowed, posts)
        of_coral = await _coral(setup, extent, folder, posts)
    return Measured(engine, full, alone_ms, half_rate, half, idle, of_coral)


async def _turns(
    server: Server, model: Model, most_waiting: int, extent: Extent, posts: Iterator[Payload]
) -> tuple[list[EngineRate], list[Full]]:
    """The engine in this process and the server in turns."""
    first = await asyncio.to_thread(run_engine, model, list(islice(posts, FIRST)), most_waiting)
    same = list(islice(posts, max(FIRST, round(first.rate * extent.seconds))))
    engine, full = [await asyncio.to_thread(run_engine, model, same, most_waiting)], list[Full]()
    for _ in range(extent.rounds):
        asked = ask_all_the_time(
            server.url, moderations(posts), extent.connections, extent.seconds, WARM_UP_S, server.pid
        )
        full.append(await asked)
        engine.append(await asyncio.to_thread(run_engine, model, same, most_waiting))
    return engine, full


async def _steady(server: Server, seconds: float, rate: float, posts: Iterator[Payload]) -> Steady:
    warm_up = round(rate * WARM_UP_S)
    requests = list(islice(moderations(posts), warm_up + round(rate * seconds)))
    return await ask_steadily(server.url, requests, rate, warm_up, KEPT_CONNECTIONS)


async def _idle(setup: Setup, folder: Path, asked: int, allowed: int, posts: Iterator[Payload]) -> Idle:
    with serving(setup, folder) as server:
        await _steady(server, SETTLE_S, CORAL_RATE, posts)  # so that what the first requests cost is not theirs
        before_mb = resident_mb(server.pid)
        async with idle_connections(server.port, allowed) as crowd:
            await asyncio.sleep(SETTLE_S)
            return Idle(asked, allowed, crowd.open, before_mb, resident_mb(server.pid))


async def _coral(setup: Setup, extent: Extent, folder: Path, posts: Iterator[Payload]) -> Steady:
    warm_up = round(CORAL_RATE * WARM_UP_S)
    requests = list(islice(coral(posts, extent.has_kafka), warm_up + round(CORAL_RATE * extent.seconds)))
    if not extent.has_kafka:
        with serving(setup, folder) as server:
            return await ask_steadily(server.url, requests, CORAL_RATE, warm_up, KEPT_CONNECTIONS)
    async with sessions(setup) as opened, opened.open() as session:
        with serving(setup, folder, session.bootstrap, session.prefix) as server:
            return await ask_steadily(server.url, requests, CORAL_RATE, warm_up, KEPT_CONNECTIONS)
