"""Waits of a worker that is about to start; the broker tests have its whole life."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import NotLeaderForPartitionError

from streams.settings import Settings
from streams.worker.life import PUBLISH_TIMEOUT_S, _Worker
from streams.worker.producer import Producer


async def test_a_stop_ends_a_wait() -> None:
    worker = _Worker(Settings())
    cancelled = asyncio.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    asyncio.get_running_loop().call_soon(worker.life.end)
    await asyncio.wait_for(worker.life.unless_ended(for_ever()), 1)
    assert cancelled.is_set()


def test_the_topic_of_authors_is_needed_only_where_it_is_written(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    assert "authors" not in _Worker(Settings())._output_kinds()
    assert "authors" in _Worker(Settings(author_state="topic", author_key_file=key))._output_kinds()
    none = Settings(author_state="topic", author_key_file=key, tasks=["symptoms"])
    assert "authors" not in _Worker(none)._output_kinds()


def test_the_topic_of_waves_is_needed_only_where_it_is_written(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    assert "waves" not in _Worker(Settings())._output_kinds()
    assert "waves" in _Worker(Settings(shared_waves="on", author_key_file=key))._output_kinds()
    assert "waves" not in _Worker(Settings(shared_waves="on", author_key_file=key, tasks=["symptoms"]))._output_kinds()


def test_the_topic_of_figures_is_none_of_a_workers() -> None:
    for settings in (Settings(), Settings(control="on")):
        assert "quality" not in _Worker(settings)._output_kinds()
    assert "events" in _Worker(Settings(control="on"))._output_kinds()


async def test_a_wait_that_fails_fails() -> None:
    async def fails() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        await asyncio.wait_for(_Worker(Settings()).life.unless_ended(fails()), 1)


async def test_outputs_are_tried_again_as_long_as_they_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka gives up after its request timeout where a partition has no leader; a fail-over may take longer."""

    async def at_once(self: object) -> None: ...

    monkeypatch.setattr(AIOKafkaProducer, "start", at_once)
    producer = await _Worker(Settings())._start_producer()
    producer._txn_manager.set_pid_and_epoch(1, 0)
    batches = producer._message_accumulator
    held = batches._append_batch(batches.create_builder(), TopicPartition("labels", 0))
    held._ctime = time.monotonic() - PUBLISH_TIMEOUT_S + 5
    _, unknown_leaders = batches.drain_by_nodes(ignore_nodes=())
    assert unknown_leaders
    assert not held.future.done()
    held._ctime -= 10
    batches.drain_by_nodes(ignore_nodes=())
    assert isinstance(held.future.exception(), NotLeaderForPartitionError)
    producer._closed = True  # or it would complain that nobody stopped what never started


def test_a_broker_that_is_away_for_less_than_five_minutes_ends_no_worker() -> None:
    assert PUBLISH_TIMEOUT_S >= 300


async def test_what_the_broker_did_not_take_leaves_no_hole_in_the_numbers() -> None:
    producer = Producer(Settings(), PUBLISH_TIMEOUT_S)
    here = TopicPartition("labels", 1)
    producer._txn_manager.increment_sequence_number(here, 5)
    producer._txn_manager.increment_sequence_number(here, 3)
    producer.take_back(here.topic, here.partition, 3)
    assert producer._txn_manager.sequence_number(here) == 5
    producer._closed = True
