"""Asks a server over kept connections: as fast as it answers, or at a rate that does not wait for it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import psutil

from load.arrivals import constant
from load.http.requests import Request
from load.measure import LatencyHistogram
from load.session import used_s

JSON = {"content-type": "application/json"}
LONGEST_S = 60.0
"""For one answer."""
NO_ANSWER = 0
"""In the place of a status: the connection broke, or nothing came in time."""
OK = 200
LEAD_S = 0.2


@dataclass(slots=True)
class Full:
    """How many answers a second some connections got that asked all the time."""

    rate: float
    server_us: float
    sender_us: float
    """Processor time an answer, of the server and of who asked."""
    others: Counter[int]
    """Answers other than 200, by status; they are not in the rate."""


@dataclass(slots=True)
class Steady:
    """Requests at a constant rate. Latency counts from the moment at which a request was due."""

    latency: dict[str, LatencyHistogram] = field(default_factory=dict)
    """Of answers with 200, by path."""
    others: Counter[int] = field(default_factory=Counter)
    late_ms: LatencyHistogram = field(default_factory=LatencyHistogram)
    """How late requests were sent, which is the sender's fault."""

    def add(self, path: str, status: int, milliseconds: float) -> None:
        if status == OK:
            self.latency.setdefault(path, LatencyHistogram()).record(milliseconds)
        else:
            self.others[status] += 1


async def ask_all_the_time(
    url: str, requests: Iterator[Request], connections: int, seconds: float, warm_up_s: float, pid: int
) -> Full:
    """Every connection asks again as soon as it has its answer.

    Args:
        pid: of the server, whose processor time is counted.

    Raises:
        ValueError: nothing was answered.
    """
    server, sender = [psutil.Process(pid)], [psutil.Process()]
    statuses: Counter[int] = Counter()
    async with _session(url, connections) as http, asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask_on(http, requests, statuses)) for _ in range(connections)]
        await asyncio.sleep(warm_up_s)
        statuses.clear()
        began, before = time.perf_counter(), (used_s(server), used_s(sender))
        await asyncio.sleep(seconds)
        took_s, counted = time.perf_counter() - began, statuses.copy()
        after = used_s(server), used_s(sender)
        for task in tasks:
            task.cancel()
    if (answered := counted.pop(OK, 0)) == 0:
        raise ValueError(f"nothing was answered with 200, but {dict(counted)}")
    used = [1e6 * (now - then) / answered for now, then in zip(after, before, strict=True)]
    return Full(answered / took_s, used[0], used[1], counted)


async def ask_steadily(url: str, requests: Sequence[Request], rate: float, warm_up: int, connections: int) -> Steady:
    """Each request at its moment, however long the others take; the first `warm_up` are not in the account."""
    done = Steady()
    loop = asyncio.get_running_loop()

    async def ask(http: aiohttp.ClientSession, request: Request, due_at: float, counts: bool) -> None:
        sent_at = loop.time()
        status = await _ask(http, request)
        if counts:
            done.late_ms.record(1e3 * (sent_at - due_at))
            done.add(request.path, status, 1e3 * (loop.time() - due_at))

    async with _session(url, connections) as http, asyncio.TaskGroup() as group:
        starts_at = loop.time() + LEAD_S
        for number, due_s in enumerate(constant(rate, len(requests) / rate).tolist()):
            due_at = starts_at + due_s
            await asyncio.sleep(max(0.0, due_at - loop.time()))
            group.create_task(ask(http, requests[number], due_at, number >= warm_up))
    return done


@asynccontextmanager
async def _session(url: str, connections: int) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=connections)
    timeout = aiohttp.ClientTimeout(total=LONGEST_S)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout, headers=JSON) as http:
        yield http


async def _ask_on(http: aiohttp.ClientSession, requests: Iterator[Request], statuses: Counter[int]) -> None:
    for request in requests:
        statuses[await _ask(http, request)] += 1


async def _ask(http: aiohttp.ClientSession, request: Request) -> int:
    try:
        async with http.post(request.path, data=request.body) as response:
            await response.read()
            return response.status
    except (aiohttp.ClientError, TimeoutError):
        return NO_ANSWER
