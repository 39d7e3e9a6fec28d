"""Connections that ask once and are then kept: what a server's memory has to hold for them."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

OPENED_AT_ONCE = 200
OPEN_WITHIN_S = 60.0
"""All of them: the first would be closed by the server 75 s after its answer."""
OTHER_FILES = 500
"""That a process has open besides."""
_QUESTION = b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
_END_OF_ANSWER = b"ok\n"


@dataclass(slots=True)
class Crowd:
    """So many connections are open now."""

    open: int = 0


class _Kept(asyncio.Protocol):
    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._answer = b""
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._crowd.open += 1
        transport.write(_QUESTION)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self._answer.endswith(_END_OF_ANSWER) and not self.answered.done():
            self.answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._crowd.open -= 1
        if not self.answered.done():
            self.answered.set_exception(error or ConnectionResetError("it was closed before there was an answer"))


@asynccontextmanager
async def idle_connections(port: int, count: int) -> AsyncIterator[Crowd]:
    """Opens them, waits until each was answered, and closes them at the end.

    Raises:
        ExceptionGroup: of OSError; one was refused, or closed before its answer.
        TimeoutError: it took too long.
    """
    crowd, transports = Crowd(), list[asyncio.BaseTransport]()
    loop = asyncio.get_running_loop()

    async def open_one() -> None:
        transport, kept = await loop.create_connection(lambda: _Kept(crowd), "127.0.0.1", port)
        transports.append(transport)
        await kept.answered

    try:
        async with asyncio.timeout(OPEN_WITHIN_S):
            for start in range(0, count, OPENED_AT_ONCE):
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(OPENED_AT_ONCE, count - start)):
                        group.create_task(open_one())
        yield crowd
    finally:
        for transport in transports:
            transport.close()


def allow_connections(wanted: int) -> int:
    """Raises the limit of open files for this process and those that it starts, as far as the system lets it.

    Returns:
        How many of the wanted connections that allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        soft = limit
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - OTHER_FILES)
