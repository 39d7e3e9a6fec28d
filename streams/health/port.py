"""The port for operators: `/metrics`, `/livez`, `/readyz`, and nothing else.

A server of its own, in threads of its own: it answers while the event loop stands still, which is when it is needed
most, and makes no text on the loop.
"""

from __future__ import annotations

import logging
import os
import socket
import socketserver
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore, Thread
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from models.errors import place_of
from streams.errors import ListenError
from streams.settings import METRICS_PORT_FILE

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 16
"""Connections; one more is closed at once."""
SLOWEST_S: Final = 10.0
"""For a request to come, and for its answer to be taken."""
PLAIN: Final = "text/plain; charset=utf-8"

WhyNot = Callable[[], str | None]


@contextmanager
def listening(
    host: str, port: int, registry: CollectorRegistry, why_not_live: WhyNot, why_not_ready: WhyNot
) -> Iterator[int]:
    """Answers until the block ends; gives the port, which is chosen where 0 is asked for.

    Raises:
        ListenError: the address is taken, or not this machine's.
    """
    try:
        server = _Server(host, port, registry, why_not_live, why_not_ready)
    except OSError as error:
        raise ListenError(f"Cannot listen for metrics at {host}:{port}: {error.strerror or error}.") from None
    thread = Thread(target=server.serve_forever, name="tidegate-metrics", daemon=True)
    thread.start()
    chosen = server.server_address[1]
    logger.info("metrics at http://%s:%d/metrics", host, chosen)
    try:
        if path := os.environ.get(METRICS_PORT_FILE):
            Path(path).write_text(f"{chosen}\n")
        yield chosen
    finally:
        server.shutdown()
        server.server_close()
        thread.join(1.0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, host: str, port: int, registry: CollectorRegistry, why_not_live: WhyNot, why_not_ready: WhyNot
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.registry = registry
        self.probes = {"/livez": why_not_live, "/readyz": why_not_ready}
        self._room = BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of the host's name that HTTPServer does, which may take long."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked has left, or was too slow."""
        error = sys.exc_info()[1]
        logger.debug("a request for metrics ended early: %s", error and place_of(error))


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SLOWEST_S
    server_version = "tidegate"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._expose()
        elif (why_not := self.server.probes.get(path)) is not None:
            said = why_not()
            self._answer(200 if said is None else 503, PLAIN, f"{said or 'ok'}\n".encode())
        else:
            self._answer(404, PLAIN, b"/metrics, /livez and /readyz are here\n")

    def _expose(self) -> None:
        encode, kind = choose_encoder(self.headers.get("accept", ""))
        try:
            exposition = encode(self.server.registry)
        except Exception as error:  # noqa: BLE001  a defect of a collector's; the process goes on
            logger.error("metrics failed with %s", place_of(error))
            self._answer(500, PLAIN, b"a defect; the log says where\n")
        else:
            self._answer(200, kind, exposition)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is http.server's
        """A line for each scrape tells nobody anything."""
