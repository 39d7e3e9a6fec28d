"""The HTTP server itself: where it listens, and how it starts and ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from streams.errors import ListenError
from streams.gateway.bounded_head import BoundedHead

KEEP_ALIVE_S: Final = 75
"""A connection without a request is kept: longer than the idle time of the usual proxies in front."""
BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Both or none of the TLS files."""

    host: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def scheme(self) -> str:
        return "http" if self.tls_cert is None else "https"

    @property
    def is_loopback(self) -> bool:
        """Whether nobody outside of this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def bound(address: Address) -> socket.socket:
    """Takes the address before the model is loaded; who connects until then is refused.

    Raises:
        ListenError: it is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where TCP is named; with it the body of an answer, which is written
    # after its head, waits 40 ms for the caller's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise ListenError(f"Cannot listen at {address.host}:{address.port}: {error.strerror or error}.") from None
    return listener


async def serve_until(
    stop: asyncio.Event,
    app: ASGIApp,
    listener: socket.socket,
    address: Address,
    grace_s: float,
    on_ready: Callable[[int], None],
) -> None:
    """Answers until the event is set, then finishes what is in work within `grace_s`, rounded to seconds.

    Args:
        on_ready: called with the port as soon as clients can connect.

    Raises:
        ListenError: the files for TLS cannot be used.
    """
    server = _Server(_config(app, address, grace_s), on_ready)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


class _Server(uvicorn.Server):
    """Leaves the signals to us, and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready(self.servers[0].sockets[0].getsockname()[1])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp, address: Address, grace_s: float) -> uvicorn.Config:
    for name in ("uvicorn.error", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        http=BoundedHead,
        ssl_certfile=address.tls_cert,
        ssl_keyfile=address.tls_key,
        log_config=None,
        access_log=False,  # its lines hold whole addresses, and with them keys
        lifespan="off",
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(grace_s)),
    )
    try:
        config.load()
    except OSError as error:  # TLS's errors are of this kind, too
        raise ListenError(f"The certificate or its key cannot be used: {error.strerror or error}.") from None
    return config
