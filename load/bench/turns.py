"""One contestant's turn: start, warm up, drain a backlog of each stream, stop."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from load.bench.contestants import STREAMS, Contestant
from load.capacity import Drained, summarise_drain
from load.scenarios import SCENARIOS
from load.session import Session, Sessions
from load.stepping import drain_preloaded, drain_running
from load.texts import Payload

FIRST = 100
WARM_S = 0.6
"""A warm-up ends with a backlog that lasts that long: it tells how large the measured one has to be."""
MOST = 60_000
"""Records of a backlog."""
PRELOADED = 100_000
"""The same for a bare hop: about a second or two."""


class Texts:
    """The same records for everyone: writes each of them once."""

    def __init__(self, seed: int) -> None:
        self._sources: dict[str, Iterator[Payload]] = {
            stream: SCENARIOS[scenario].payloads(1_000_000, seed) for stream, scenario in STREAMS.items()
        }
        self._written: dict[str, list[Payload]] = {stream: [] for stream in STREAMS}

    def take(self, stream: str, start: int, count: int) -> Sequence[Payload]:
        written, source = self._written[stream], self._sources[stream]
        while len(written) < start + count:
            written.append(next(source))
        return written[start : start + count]


def next_size(size: int, took_s: float) -> int:
    """Of a warm-up backlog, after one of `size` was answered in `took_s`: enough for 1.25 `WARM_S`, at most 8 times."""
    return min(MOST, 8 * size, max(2 * size, round(size / max(took_s, 0.05) * 1.25 * WARM_S)))


async def take_turn(opened: Sessions, contestant: Contestant, texts: Texts, seconds: float) -> dict[str, Drained]:
    """How fast it works off backlogs of `seconds` each, by stream.

    Raises:
        WorkerFailed: it did not start, or ended.
        RuntimeError: no answer for a minute.
        ValueError: too few samples for a rate.
    """
    if contestant.is_preloaded:
        return await _preloaded(opened, contestant, texts)
    found: dict[str, Drained] = {}
    async with running(opened, contestant) as session:
        for stream in contestant.streams:
            used, rate = await _warm_up(session, texts, stream)
            count = max(200, min(MOST, round(rate * seconds)))
            samples = await drain_running(session, texts.take(stream, used, count))
            found[stream] = summarise_drain(samples)
        session.stop_workers()
    return found


async def _preloaded(opened: Sessions, contestant: Contestant, texts: Texts) -> dict[str, Drained]:
    found: dict[str, Drained] = {}
    for stream in contestant.streams:
        async with opened.open() as session:
            start = partial(session.begin_peer, command_of(contestant, session))
            samples = await drain_preloaded(session, texts.take(stream, 0, PRELOADED), start)
            found[stream] = summarise_drain(samples)
            session.stop_workers()
    return found


@asynccontextmanager
async def running(opened: Sessions, contestant: Contestant) -> AsyncIterator[Session]:
    """A session in which the contestant runs."""
    setup = opened.setup
    extra = setup.extra | contestant.settings
    async with opened.open(replace(setup, workers=contestant.workers, extra=extra)) as session:
        if contestant.module:
            session.start_peer(command_of(contestant, session))
        else:
            session.start_workers()
        yield session


def command_of(contestant: Contestant, session: Session) -> list[str]:
    """A peer's command line."""
    setup = session.setup
    return [
        *(contestant.python, "-m", contestant.module),
        *("--bootstrap", session.bootstrap, "--prefix", session.prefix),
        *("--artifact", str(setup.artifact.resolve()), "--threads", str(setup.threads or 1)),
        *("--device", "cuda" if setup.device == "cuda" else "cpu"),
        *contestant.arguments,
    ]


async def _warm_up(session: Session, texts: Texts, stream: str) -> tuple[int, float]:
    """Ever larger backlogs. Returns how many records were used, and the last rate."""
    used, size = 0, FIRST
    while True:
        samples = await drain_running(session, texts.take(stream, used, size))
        used, took_s = used + size, samples[-1].elapsed_s
        if took_s >= WARM_S or size == MOST:
            return used, size / took_s
        size = next_size(size, took_s)
