"""Faust's own traps, each with the guard that keeps a worker out of it; docs/faults.md says how each was seen failing.

Faust as it is installed falls into each of them: where one of its own ways is still there, the test shows that, too.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import Message
from mode import Service as FaustService
from mode.supervisors import CrashingSupervisor

from streams.worker.agents import AgentEndedError, add_agents
from streams.worker.faust_app import NoTables, TidegateApp
from streams.worker.faust_consumer import FetchedMessage, LedgerConsumer, LedgerTransport
from streams.worker.ledger import Ledger

HERE = TP("m.posts", 0)
NOT_JSON = b"{\xff"


class TakingService:
    """Stands for the service behind the agents and the consumer."""

    def __init__(self, error: Exception | None = None) -> None:
        self.topics = [HERE.topic]
        self.ledger = Ledger()
        self.did: list[str] = []
        self._error = error

    async def take_in(self, partition: TP, records: Sequence[object]) -> None:
        if self._error is not None:
            raise self._error
        self.did.append("took in")

    async def drain(self) -> None:
        self.did.append("drained")


@pytest.fixture
def service() -> TakingService:
    return TakingService()


@pytest.fixture
def consumer(service: TakingService, monkeypatch: pytest.MonkeyPatch) -> LedgerConsumer:
    """Just the service that it is, without a connection; Faust's own books are there."""
    bare = LedgerConsumer.__new__(LedgerConsumer)
    FaustService.__init__(bare)
    transport = LedgerTransport.__new__(LedgerTransport)
    transport.service = service  # type: ignore[assignment]
    bare.transport = transport
    bare._thread = SimpleNamespace(gaps=SimpleNamespace(found={}))  # type: ignore[assignment]
    bare._acked = defaultdict(list)
    bare._gap = defaultdict(lambda: None)
    bare._committed_offset = defaultdict(lambda: None)
    bare._acked_index = defaultdict(set)
    bare._unacked_messages = set()

    async def commit(*_: object, **__: object) -> bool:
        service.did.append("committed")
        return True

    monkeypatch.setattr(bare, "commit", commit)
    return bare


@pytest.fixture
def app() -> TidegateApp:
    return TidegateApp("tidegate", broker="kafka://127.0.0.1:1", store="memory://", web_enabled=False)


def the_agent(app: TidegateApp, service: TakingService) -> Any:
    app.tidegate, app.reading = service, {}  # type: ignore[assignment]
    add_agents(app, service)  # type: ignore[arg-type]
    (agent,) = app.agents.values()
    return agent


class OneRecord(faust.Stream[Any]):
    """A stream that gives one record and ends, as Faust's does after some errors."""

    def __init__(self) -> None:
        self.acks = True

    def noack(self) -> OneRecord:
        self.acks = False
        return self

    async def events(self) -> AsyncIterator[Any]:
        message = FetchedMessage(*HERE, 0, 0.0, 0, None, None, None, None, tp=HERE)
        message.records = [object()]
        yield SimpleNamespace(message=message)


def test_what_is_in_flight_is_not_committed_past(consumer: LedgerConsumer, service: TakingService) -> None:
    """Faust, with nothing committed yet, 0 to 4 in flight and 5 and 6 acknowledged, would commit 7."""
    tickets = service.ledger.open(HERE, range(7), now=0)
    for ticket in tickets[5:]:
        service.ledger.settle(ticket)
    consumer._acked[HERE] = [5, 6]
    assert driver.Consumer._new_offset(consumer, HERE) == 7
    consumer._acked[HERE] = [5, 6]
    assert consumer._filter_committable_offsets([HERE]) == {}
    service.ledger.settle(tickets[0])
    assert consumer._filter_committable_offsets([HERE]) == {HERE: 1}


async def test_an_exception_acknowledges_nothing_and_ends_the_worker(app: TidegateApp) -> None:
    """Faust acknowledges a record whose processing failed, restarts the agent and goes on behind it."""
    agent = the_agent(app, TakingService(LookupError("broken")))
    stream = OneRecord()
    with pytest.raises(LookupError):
        await agent.fun(stream)
    assert not stream.acks
    assert agent._get_supervisor_strategy() is CrashingSupervisor


async def test_a_stream_that_ends_by_itself_ends_the_worker(app: TidegateApp, service: TakingService) -> None:
    """Faust ends it without a word after an error while decoding; the worker would live and consume nothing."""
    agent = the_agent(app, service)
    with pytest.raises(AgentEndedError, match=r"m\.posts"):
        await agent.fun(OneRecord())
    assert service.did == ["took in"]


async def test_bytes_that_are_no_json_reach_the_service(app: TidegateApp, service: TakingService) -> None:
    """Faust decodes by default, acknowledges what it cannot decode, and throws into the stream."""
    message = Message(*HERE, 0, 0.0, 0, [], NOT_JSON, NOT_JSON, None, tp=HERE)
    with pytest.raises(faust.exceptions.DecodeError):
        await app.topic("m.others", value_serializer="json").decode(message, propagate=True)
    event = await the_agent(app, service).channel.decode(message, propagate=True)
    assert (event.key, event.value) == (NOT_JSON, NOT_JSON)


def test_what_was_released_and_not_committed_outlives_a_rebalance(
    consumer: LedgerConsumer, service: TakingService
) -> None:
    """Faust drops its list of acknowledged records when partitions change hands."""
    (ticket,) = service.ledger.open(HERE, [0], now=0)
    service.ledger.settle(ticket)
    consumer._acked.clear()
    assert list(driver.Consumer._filter_committable_offsets(consumer, [HERE])) == []
    assert consumer._filter_committable_offsets([HERE]) == {HERE: 1}


async def test_before_partitions_are_given_up_what_was_drained_is_committed(
    consumer: LedgerConsumer, service: TakingService
) -> None:
    await consumer.wait_empty()
    assert service.did == ["drained", "committed"]


async def test_the_end_waits_for_no_acknowledgement(consumer: LedgerConsumer, held: object) -> None:
    """Faust waits for every record that was not acknowledged, without a bound. Ours are never acknowledged."""
    await asyncio.wait_for(consumer.wait_empty(), 2)


@pytest.fixture
def held(consumer: LedgerConsumer, monkeypatch: pytest.MonkeyPatch) -> object:
    """A record that was read and is not acknowledged."""
    message = Message(*HERE, 0, 0.0, 0, [], b"k", b"v", None, tp=HERE)
    consumer._unacked_messages.add(message)

    async def wait(timeout: float) -> None:
        await asyncio.sleep(timeout / 100)

    monkeypatch.setattr(consumer, "_wait_for_ack", wait)
    consumer.app = SimpleNamespace(agents=SimpleNamespace(human_tracebacks=str))  # type: ignore[assignment]
    return message


async def test_a_start_does_not_wait_for_tables_that_there_are_not(
    app: TidegateApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []

    def doing(what: str) -> Callable[..., Awaitable[None]]:
        async def do(_: object, seconds: float = 0) -> None:
            did.append(f"{what} {seconds}" if seconds else what)

        return do

    monkeypatch.setattr(TableManager, "sleep", doing("sleep"))
    monkeypatch.setattr(TableManager, "_update_channels", doing("channels"))
    monkeypatch.setattr(Recovery, "start", doing("recovery"))
    tables = NoTables(app)
    await tables.on_start()
    assert did == ["channels", "recovery"]
    await TableManager.on_start(tables)
    assert did[2:] == ["sleep 1.0", "channels", "recovery"]
