"""The proxy of the fault suite, between a client and a server that echoes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from load.faults.network import Network, Way
from load.kafka.config import Node, server_properties


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data.upper())
        await writer.drain()
    writer.close()


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Network, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A network with one link, and a connection over it."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    network, port = Network(seed=1), free_port()
    await network.open({port: server.sockets[0].getsockname()[1]})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield network, reader, writer
    finally:
        writer.close()
        await network.close()
        server.close()


async def hears(reader: asyncio.StreamReader, expected: bytes) -> bool:
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(reader.readexactly(len(expected)), 0.3) == expected
    return False


async def test_what_goes_in_comes_out_in_order() -> None:
    async with linked() as (_, reader, writer):
        for word in (b"one", b"two"):
            writer.write(word)
        assert await hears(reader, b"ONETWO")


async def test_a_cut_holds_everything_back_and_healing_brings_it() -> None:
    for ways in ((), (Way.OUT,), (Way.BACK,)):
        async with linked() as (network, reader, writer):
            network.cut(*ways)
            writer.write(b"held")
            assert not await hears(reader, b"HELD")
            network.heal()
            assert await hears(reader, b"HELD")


async def test_a_cut_one_way_lets_the_other_way_through() -> None:
    async with linked() as (network, reader, writer):
        network.delay_s = 0.1
        writer.write(b"out")
        await asyncio.sleep(0.15)
        network.cut(Way.OUT)
        assert await hears(reader, b"OUT")


async def test_delay_and_loss_make_it_late_and_lose_nothing() -> None:
    async with linked() as (network, reader, writer):
        loop = asyncio.get_running_loop()
        network.delay_s, network.loss = 0.1, 0.5
        began = loop.time()
        writer.write(b"late")
        assert await asyncio.wait_for(reader.readexactly(4), 10) == b"LATE"
        assert loop.time() - began >= 0.2


async def test_lateness_is_seeded_and_doubles_with_each_loss() -> None:
    one, other = Network(seed=3), Network(seed=3)
    one.loss = other.loss = 0.5
    drawn = [round(one._lateness_s(), 3) for _ in range(200)]
    assert drawn == [round(other._lateness_s(), 3) for _ in range(200)]
    assert set(drawn) <= {0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0}
    assert {0.0, 0.2, 0.6} < set(drawn)


async def test_an_end_that_closes_closes_the_other() -> None:
    async with linked() as (_, reader, writer):
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 2) == b""


async def test_where_nobody_listens_a_connection_is_closed() -> None:
    network, port = Network(seed=1), free_port()
    await network.open({port: free_port()})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    await network.close()


def test_only_a_node_behind_a_proxy_tells_clients_to_come_to_another_port(tmp_path: Path) -> None:
    for inner, proxy in (0, 0), (3, 4):
        node = Node(1, 11, 12, tmp_path, inner, proxy)
        said = dict(line.split("=", 1) for line in server_properties(node, [node]).splitlines())
        proxied = {
            "listeners": f",PROXIED://127.0.0.1:{inner}",
            "advertised.listeners": f",PROXIED://127.0.0.1:{proxy}",
        }
        for name, ending in proxied.items():
            assert said[name].endswith(ending) is bool(proxy)
        assert ("PROXIED:PLAINTEXT" in said["listener.security.protocol.map"]) is bool(proxy)
