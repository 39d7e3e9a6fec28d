"""A Kafka-compatible broker without Java, for the demo and for quick tests: in memory, loopback only.

    python -m streams.kafka.embedded_broker --port-file FILE

It is the mock cluster inside librdkafka, behind a small proxy. The proxy is there because the mock does not answer a
waiting fetch when a record arrives, only when the fetch's own wait is over (1.5 s for Faust): it cuts the wait short.

Limits: one member per consumer group, four partitions a topic, created on first use; nothing survives its end.
The process ends when its standard input closes, so it cannot outlive whoever started it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.errors import EmbeddedBrokerError
from streams.kafka.mock_cluster import mock_cluster
from streams.leash import call_when_let_go

HOST = "127.0.0.1"
MAX_FETCH_WAIT_MS = 5
_FETCH = 1
_LAST_FIXED_FETCH = 11  # from version 12 on the header has tagged fields; no Python client sends those
_MAX_FRAME_BYTES = 128 * 1024 * 1024


class EmbeddedBroker:
    """`async with EmbeddedBroker() as broker:` gives `broker.address` while the block runs."""

    def __init__(self) -> None:
        self.address = ""
        self._mock = mock_cluster()
        self._mock_port = 0
        self._advertised = b""
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._mock_port = await asyncio.to_thread(self._mock.__enter__)
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        self._advertised = _address_bytes(port)
        self.address = f"{HOST}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=2.0)
        await asyncio.to_thread(self._mock.__exit__, kind, error, trace)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            mock, to_mock = await asyncio.open_connection(HOST, self._mock_port)
            try:
                await self._relay(client, to_client, mock, to_mock)
            finally:
                to_mock.close()
        except (OSError, asyncio.CancelledError):
            pass  # the broker is going away; the client sees a closed connection
        finally:
            to_client.close()
            self._connections.discard(task)

    async def _relay(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        mock: asyncio.StreamReader,
        to_mock: asyncio.StreamWriter,
    ) -> None:
        both = {
            asyncio.create_task(_pump(client, to_mock, shorten_fetch_wait)),
            asyncio.create_task(_pump(mock, to_client, self._advertise_proxy)),
        }
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    def _advertise_proxy(self, frame: bytes) -> bytes:
        """Metadata and coordinator answers name host and port of the mock; clients must come here instead."""
        return frame.replace(_address_bytes(self._mock_port), self._advertised)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, change: Callable[[bytes], bytes]) -> None:
    """Passes Kafka frames (a 4-byte length, then the frame) until one side closes."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            (length,) = struct.unpack(">i", await source.readexactly(4))
            if not 0 < length <= _MAX_FRAME_BYTES:
                return
            frame = change(await source.readexactly(length))
            target.write(struct.pack(">i", len(frame)) + frame)
            await target.drain()


def shorten_fetch_wait(frame: bytes) -> bytes:
    """A Fetch request starts: api, version, correlation id, client id, replica id, then the longest wait in ms."""
    api, version, _, client_id_length = struct.unpack_from(">hhih", frame)
    if api != _FETCH or version > _LAST_FIXED_FETCH:
        return frame
    at = 10 + max(0, client_id_length) + 4
    (wait_ms,) = struct.unpack_from(">i", frame, at)
    return frame[:at] + struct.pack(">i", min(wait_ms, MAX_FETCH_WAIT_MS)) + frame[at + 4 :]


def _address_bytes(port: int) -> bytes:
    return HOST.encode() + struct.pack(">i", port)


async def _run(port_file: Path | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    call_when_let_go(loop, ended.set)
    async with EmbeddedBroker() as broker:
        if port_file is not None:
            _write_whole(port_file, broker.address)
        sys.stdout.write(f"{broker.address}\n")
        sys.stdout.flush()
        await ended.wait()


def _write_whole(path: Path, text: str) -> None:
    """A reader never sees half of it."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description="A Kafka-compatible broker in memory, on loopback.")
    parser.add_argument("--port-file", type=Path, help="write host:port here when the broker listens")
    arguments = parser.parse_args()
    try:
        asyncio.run(_run(arguments.port_file))
    except EmbeddedBrokerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
