"""The embedded broker, on loopback: enough of Kafka for the demo and quick tests."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.kafka.embedded_broker import MAX_FETCH_WAIT_MS, EmbeddedBroker, shorten_fetch_wait
from streams.kafka.topics import create_topics, kinds, list_topics
from streams.settings import Settings


async def test_records_come_back_with_nulls_headers_and_committed_offsets() -> None:
    async with EmbeddedBroker() as broker:
        producer = AIOKafkaProducer(bootstrap_servers=broker.address, acks="all", enable_idempotence=True)
        await producer.start()
        headers = [("trace", b"\x00\xff"), ("empty", None)]
        await producer.send_and_wait("t", b"value", key=b"key", headers=headers, partition=0)
        await producer.send_and_wait("t", None, key=b"key", partition=0)
        await producer.send_and_wait("t", b"value", partition=0)
        await producer.stop()
        for group, seen in (("g", 3), ("g", 0)):
            consumer = AIOKafkaConsumer(
                "t",
                bootstrap_servers=broker.address,
                group_id=group,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
            )
            await consumer.start()
            records: list[Any] = []
            while batches := await consumer.getmany(timeout_ms=300):
                records += [record for batch in batches.values() for record in batch]
            assert len(records) == seen
            if records:
                assert [(record.key, record.value) for record in records] == [
                    (b"key", b"value"),
                    (b"key", None),
                    (None, b"value"),
                ]
                assert list(records[0].headers) == headers
                await consumer.commit()
            await consumer.stop()


async def test_a_waiting_consumer_gets_a_record_at_once() -> None:
    """The mock cluster alone would let it wait for the whole fetch, a second and a half here."""
    async with EmbeddedBroker() as broker:
        producer = AIOKafkaProducer(bootstrap_servers=broker.address)
        await producer.start()
        await producer.partitions_for("t")
        consumer = AIOKafkaConsumer("t", bootstrap_servers=broker.address, fetch_max_wait_ms=1500)
        await consumer.start()
        for partition in consumer.assignment():
            await consumer.position(partition)
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await producer.send_and_wait("t", b"now")
        await asyncio.wait_for(consumer.getone(), 5)
        assert time.monotonic() - began < 0.7
        await consumer.stop()
        await producer.stop()


async def test_topics_come_into_being_and_are_then_left_alone() -> None:
    async with EmbeddedBroker() as broker:
        settings = Settings(brokers=broker.address, topic_prefix="here")
        assert {state.partitions for state in await list_topics(settings)} == {0}
        first = await create_topics(settings, partitions=4)
        assert [state.name for state in first] == [f"here.{kind}" for kind in kinds()]
        assert all(state.created and state.partitions == 4 for state in first)
        again = await create_topics(settings, partitions=7)
        assert not any(state.created for state in again)
        assert all(state.differs for state in again)


@pytest.mark.parametrize("client_id", [b"", b"aiokafka-0.14.0"])
def test_only_the_wait_of_a_fetch_changes(client_id: bytes) -> None:
    header = struct.pack(">hhih", 1, 4, 77, len(client_id)) + client_id
    rest = b"\x00\x00\x00\x01the rest of it"
    frame = header + struct.pack(">ii", -1, 1500) + rest
    assert shorten_fetch_wait(frame) == header + struct.pack(">ii", -1, MAX_FETCH_WAIT_MS) + rest
    short = header + struct.pack(">ii", -1, 2) + rest
    assert shorten_fetch_wait(short) == short
    produce = struct.pack(">hhih", 0, 7, 77, len(client_id)) + client_id + rest
    assert shorten_fetch_wait(produce) == produce


def test_the_process_ends_when_its_starter_lets_go(tmp_path: Path) -> None:
    port_file = tmp_path / "address"
    process = subprocess.Popen(
        [sys.executable, "-m", "streams.kafka.embedded_broker", "--port-file", str(port_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    address = process.stdout.readline().decode().strip()
    assert port_file.read_text() == address
    assert address.startswith("127.0.0.1:")
    process.stdin.close()
    assert process.wait(5) == 0
    process.stdout.close()
