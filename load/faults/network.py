"""The network between workers and brokers: one TCP proxy for each broker, which can be cut, slow or lossy."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from enum import Enum
from functools import partial

_CHUNK = 64 * 1024
_AHEAD = 64
"""Chunks under way on one connection; then the sender has to wait, as a full window makes it."""
_REPEAT_AFTER_S = 0.2
"""Linux sends a segment again after that at the earliest, then after twice the time, and so on."""


class Way(Enum):
    """A direction, as the workers see it."""

    OUT = "to the brokers"
    BACK = "from the brokers"


class Network:
    """Links that share their condition. Lives on one event loop.

    A cut drops nothing that is under way and closes no connection: bytes wait, as they do in a kernel that goes on
    sending them again, and the peer hears nothing. Loss is what TCP makes of it: a share of the chunks come late by
    0.2 s, 0.4 s and so on, and all behind them on the connection, too.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311
        self._flowing = {way: asyncio.Event() for way in Way}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.delay_s = 0.0
        self.loss = 0.0
        self.heal()

    async def open(self, links: Mapping[int, int]) -> None:
        """Listens on loopback: `links` has the port of the broker behind each port."""
        for port, behind in links.items():
            server = await asyncio.start_server(partial(self._connect, behind), "127.0.0.1", port)
            self._servers.append(server)

    def cut(self, *ways: Way) -> None:
        """Nothing goes these ways, any where none is named, until `heal`."""
        for way in ways or Way:
            self._flowing[way].clear()

    def heal(self) -> None:
        self.delay_s = self.loss = 0.0
        for flowing in self._flowing.values():
            flowing.set()

    async def close(self) -> None:
        """Ends every connection."""
        for server in self._servers:
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # the broker is away: so is the connection
            writer.close()
            return
        for way, source, sink in ((Way.OUT, reader, broker_writer), (Way.BACK, broker_reader, writer)):
            task = asyncio.create_task(self._carry(way, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)
        taking = asyncio.create_task(self._take(source, under_way))
        try:
            while True:
                due, chunk = await under_way.get()
                await asyncio.sleep(due - asyncio.get_running_loop().time())
                await self._flowing[way].wait()
                if not chunk:
                    break
                sink.write(chunk)
                await sink.drain()
        except OSError:
            pass  # one end is gone: the other learns it below
        finally:
            taking.cancel()
            sink.close()

    async def _take(self, source: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Ends with an empty chunk, which closes the other side in its turn."""
        chunk = b"-"
        while chunk:
            chunk = b""
            with contextlib.suppress(OSError):
                chunk = await source.read(_CHUNK)
            await under_way.put((asyncio.get_running_loop().time() + self._lateness_s(), chunk))

    def _lateness_s(self) -> float:
        late_s, again_s = self.delay_s, _REPEAT_AFTER_S
        while self._rng.random() < self.loss:
            late_s += again_s
            again_s *= 2
        return late_s
