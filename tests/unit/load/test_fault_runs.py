"""What is measured, claimed and reported of a fault run, without a broker."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

import load.producing
from load.faults import running, sending
from load.faults.checker import Findings, check
from load.faults.command import _chosen, _size
from load.faults.diary import Diary
from load.faults.faulty_worker import FAULTS, MARK
from load.faults.history import Input, Outcome, RunHistory
from load.faults.measuring import measure, recover, slope
from load.faults.observing import Sample
from load.faults.running import Result
from load.faults.scenario import Account, Scenario, Size, below, equal
from load.faults.scenarios import SCENARIOS, brokers
from load.faults.scenarios.inside import MarkedWriter
from load.faults.sending import Sender
from load.faults.timeline import draw_timeline
from load.texts import Payload, Writer
from load.worker_process import ROOT
from streams.settings import Settings
from streams.tasks import declared
from tests.support.guards import GUARDS, Guard
from tests.support.trap_guards import TESTS, TRAPS


def history(written: dict[int, list[float]], partition: int = 0) -> RunHistory:
    """Records sent at 0, 1, 2, ... seconds, and the moments at which each was answered."""
    inputs = [Input(("m.posts", partition, offset), b"k", b"v", sent_at=float(offset)) for offset in written]
    moments = sorted((moment, offset) for offset, each in written.items() for moment in each)
    outcomes = [
        Outcome("labels", ("m.posts", partition, offset), b"k", partition, at, b"d", moment)
        for at, (moment, offset) in enumerate(moments)
    ]
    return RunHistory(frozenset(one.place for one in inputs), inputs, outcomes)


def test_repeats_are_counted_and_latency_is_that_of_the_first_outcome() -> None:
    facts = measure(history({0: [1.0], 1: [3.0, 40.0, 41.0], 2: [], 3: [6.0]}), Diary())
    assert (facts["records"], facts["outcomes"], facts["repeats"], facts["redelivered"]) == (4, 5, 2, 0.5)
    assert facts["p50_s"] == 2.0
    assert "recovery_s" not in facts


def test_a_time_stamp_that_cannot_be_right_says_nothing_about_latency() -> None:
    """Zero, years ago, ahead: what producers may write."""
    now, year = 1_795_000_000.0, 31_536_000.0
    inputs = [
        Input(("m.posts", 0, at), b"k", b"v", sent_at=sent)
        for at, sent in enumerate((0.0, now - 5 * year, now + 3_000, now - 2, now - 2))
    ]
    outcomes = [Outcome("labels", each.place, b"k", 0, at, b"d", now) for at, each in enumerate(inputs)]
    facts = measure(RunHistory(frozenset(), inputs, outcomes), Diary())
    assert (facts["p50_s"], facts["p99_s"]) == (2.0, 2.0)
    nobody = measure(RunHistory(frozenset(), inputs[:2], outcomes[:2]), Diary())
    assert "p99_s" not in nobody


def test_the_latency_of_live_records_is_told_by_stretch() -> None:
    live, old = history({0: [1.0], 1: [3.0], 10: [14.0], 11: [12.0]}), history({10: [99.0]})
    again = RunHistory(
        frozenset(),
        [replace(each, place=("m.posts-backfill", 0, 10)) for each in old.inputs],
        [replace(each, source=("m.posts-backfill", 0, 10)) for each in old.outcomes],
    )
    both = RunHistory(frozenset(), [*live.inputs, *again.inputs], [*live.outcomes, *again.outcomes])
    diary = Diary(stretches={"alone": (0.0, 10.0), "beside": (10.0, 12.0), "after": (12.0, 20.0)})
    facts = measure(both, diary)
    assert facts["p99_alone_s"] == pytest.approx(2.0, abs=0.02)
    assert facts["p99_beside_s"] == pytest.approx(4.0, abs=0.05)
    assert facts["p99_s"] < 5, "what is judged again may wait"
    assert "p99_after_s" not in facts


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"p99_alone_s": 0.1, "p99_beside_s": 0.2}, True),
        ({"p99_alone_s": 0.1, "p99_beside_s": 0.21}, False),
        ({"p99_alone_s": 0.1}, False),
    ],
)
def test_a_backfill_may_double_the_p99_of_live_records(facts: dict[str, float], holds: bool) -> None:
    claim = SCENARIOS["backfill"].claims[-1]
    assert claim.holds(Account(Findings(), facts)) is holds


def test_recovery_is_the_longest_wait_of_a_partition_for_its_next_first_outcome() -> None:
    here = history({0: [1.0], 1: [2.0, 6.0], 2: [14.0], 3: [15.0]})
    there = history({0: [1.0], 1: [5.5]}, partition=1)
    both = RunHistory(frozenset(), [*here.inputs, *there.inputs], [*here.outcomes, *there.outcomes])
    assert list(recover(both, [5.0])) == [9.0]
    assert list(recover(both, [5.0, 14.5, 99.0])) == [9.0, 0.5, 0.0], "a repeat is no recovery, nor is an end a fault"


def test_the_slope_leaves_out_how_it_began() -> None:
    samples = [Sample(at, 0, 0, 100 + (50 if at < 25 else 0) + at / 60) for at in range(100)]
    assert slope(samples) == pytest.approx(1.0)
    assert slope(samples[:8]) == 0.0


def test_a_claim_about_what_was_not_measured_does_not_hold() -> None:
    account = Account(Findings(), {"exit_s": 4.0, "repeats": 0})
    assert below("exit_s", 5, "").holds(account)
    assert not below("exit_s", 4, "").holds(account)
    assert not below("recovery_s", 5, "").holds(account)
    assert equal("repeats", 0, "").holds(account)
    assert not equal("left", 0, "").holds(account)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_every_scenario_claims_that_nothing_is_lost(scenario: Scenario) -> None:
    facts = {"left": 0.0}
    for findings, expected in ((Findings(), True), (Findings(lost=[("m.posts", 0, 1)]), False)):
        sound, caught_up, *_ = scenario.pass_line
        assert sound.holds(Account(findings, facts)) is expected
        assert caught_up.holds(Account(findings, facts))
    assert not scenario.pass_line[1].holds(Account(Findings(), {"left": 3}))
    assert scenario.full.records >= scenario.short.records


def test_a_size_is_bounded_by_the_command_line() -> None:
    (one,) = _chosen(["kill-9"])
    assert _size(one, full=True, records=None, seconds=None) == one.full
    assert _size(one, full=False, records=500, seconds=2.0) == Size(500, one.short.rate, one.short.times, 2.0)
    assert len(_chosen(None)) == len(SCENARIOS)


def test_odd_time_stamps_make_no_long_timeline(tmp_path: Path) -> None:
    """Two points a second from 1970 on would be 27 GiB."""
    now = 1_795_000_000.0
    inputs = [
        Input(("m.posts", 0, at), b"k", b"v", sent_at=sent) for at, sent in enumerate((0.0, now + 1, now + 3_000))
    ]
    outcomes = [Outcome("labels", each.place, b"k", 0, at, b"d", now + at) for at, each in enumerate(inputs)]
    run = RunHistory(frozenset(), inputs, outcomes)
    diary = Diary(samples=[Sample(now, 0, 0), Sample(now + 10, 3, 3)])
    scenario = SCENARIOS["odd-time-stamps"]
    account = Account(Findings(), {})
    draw_timeline(Result(scenario, scenario.short, 1, 10.0, account, (), run, diary), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1_000


def test_where_there_are_too_many_workers_some_have_no_partition() -> None:
    scenario = SCENARIOS["too-many-workers"]
    settings = Settings.model_validate(scenario.settings)
    topics = [topic for name in settings.tasks for topic in (declared()[name].input, declared()[name].backfill)]
    assert scenario.workers > len(topics) * scenario.partitions
    assert scenario.workers - scenario.short.times == 1, "whoever has one is among those that end"


class FakeProducer:
    """Acknowledges every third record, loses every third, and refuses every third."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.partitions = 4

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self.partitions))

    async def send(self, topic: str, value: bytes, **how: Any) -> asyncio.Future[Any]:
        self.sent.append({"topic": topic, "value": value, **how})
        turn = len(self.sent) % 3
        if turn == 0:
            raise KafkaTimeoutError
        receipt: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if turn == 1:
            receipt.set_result(SimpleNamespace(offset=len(self.sent)))
        else:
            receipt.set_exception(KafkaTimeoutError())
        return receipt


class FakeProducing:
    def __init__(self, producer: FakeProducer) -> None:
        self._producer = producer

    async def __aenter__(self) -> FakeProducer:
        return self._producer

    async def __aexit__(self, *_: object) -> None: ...


def payloads() -> Iterator[Payload]:
    while True:
        yield Payload("posts", b"author", b"text")


async def test_only_what_the_broker_acknowledged_is_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = FakeProducer()
    monkeypatch.setattr(sending, "producing", lambda bootstrap, **options: FakeProducing(producer))
    sender = Sender("nowhere:1", "m", payloads())
    sender.timestamp_ms = lambda number: number * 10
    enough = asyncio.Event()
    enough.set()
    await sender.send(100_000, 9, enough)
    (partition,) = {each["partition"] for each in producer.sent}
    assert sender.acknowledged == {("m.posts", partition, offset) for offset in (1, 4, 7)}
    assert (sender.sent, sender.refused) == (9, 6)
    assert [each["timestamp_ms"] for each in producer.sent] == [10 * number for number in range(1, 10)]


async def test_the_producer_waits_longer_than_any_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing that is sent meanwhile is acknowledged, and there is nothing to catch up with."""
    options: dict[str, Any] = {}

    def producing(bootstrap: str, **given: Any) -> FakeProducing:
        options.update(given)
        return FakeProducing(FakeProducer())

    monkeypatch.setattr(sending, "producing", producing)
    enough = asyncio.Event()
    enough.set()
    await Sender("nowhere:1", "m", payloads()).send(100_000, 1, enough)
    assert options["request_timeout_ms"] > 2_000 * max(each.full.seconds for each in brokers.SCENARIOS)


@pytest.mark.parametrize("scenario", brokers.SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_broker_that_is_away_costs_no_acknowledgement(scenario: Scenario) -> None:
    facts = {"left": 0.0, "ended_unasked": 0.0, "unacknowledged": 30_795.0}
    missed = [claim.says for claim in scenario.pass_line if not claim.holds(Account(Findings(), facts))]
    assert missed == ["every record is acknowledged"]


async def test_a_record_goes_to_a_partition_that_the_producer_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses any other. When there are more, it learns of them after a while."""
    producer, enough = FakeProducer(), asyncio.Event()
    monkeypatch.setattr(sending, "producing", lambda bootstrap, **options: FakeProducing(producer))
    enough.set()
    many = (Payload("posts", str(number).encode(), b"text") for number in count())
    sender = Sender("nowhere:1", "m", many)
    await sender.send(100_000, 99, enough)
    assert {each["partition"] for each in producer.sent} == {0, 1, 2, 3}
    producer.partitions = 6
    await sender.send(100_000, 99, enough)
    assert {each["partition"] for each in producer.sent} == {0, 1, 2, 3, 4, 5}


async def test_records_that_are_never_acknowledged_are_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(FakeProducer):
        async def send(self, topic: str, value: bytes, **how: Any) -> asyncio.Future[Any]:
            return asyncio.get_running_loop().create_future()

    class Stuck:
        """As aiokafka's, it stops when all is acknowledged or given up."""

        def __init__(self, **_: object) -> None:
            self._silent = Silent()
            self.send, self.partitions_for = self._silent.send, self._silent.partitions_for

        async def start(self) -> None: ...

        async def stop(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(load.producing, "AIOKafkaProducer", Stuck)
    monkeypatch.setattr(sending, "ANSWERED_WITHIN_S", 0.01)
    monkeypatch.setattr(sending, "STOP_WITHIN_S", 0.01)
    enough = asyncio.Event()
    enough.set()
    with pytest.raises(TimeoutError, match="not all records were acknowledged within"):
        await asyncio.wait_for(Sender("nowhere:1", "m", payloads()).send(100_000, 3, enough), 5)


async def test_the_load_goes_on_until_it_was_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "producing", lambda bootstrap, **options: FakeProducing(FakeProducer()))
    sender, enough = Sender("nowhere:1", "m", payloads()), asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, enough.set)
    await sender.send(1_000, 1, enough)
    assert sender.sent > 20


def test_what_a_faulty_worker_fails_on_is_what_a_dead_letter_is_due_for() -> None:
    bad = MarkedWriter(1).bad(5)
    assert Input(("m.posts", 0, 0), bad.key, bad.value).is_bad
    assert MARK.encode() in bad.value
    assert all(MARK.encode() not in Writer(1).post(number).value for number in range(50))
    plain = Writer(1).bad(5)
    assert Input(("m.posts", 0, 0), plain.key, plain.value).is_bad


def test_each_fault_of_a_worker_has_a_scenario() -> None:
    played = {*SCENARIOS}
    assert set(FAULTS) <= played


@pytest.mark.parametrize("guard", [*TRAPS, *GUARDS], ids=lambda guard: f"{guard.shown_by}-{guard.what}")
def test_each_guard_is_where_it_can_be_taken_out(guard: Guard) -> None:
    """`python -m tests.support.without_guards` shows what fails without them."""
    text = (ROOT / guard.path).read_text("utf-8")
    assert text.count(guard.old) == 1
    compile(text.replace(guard.old, guard.new), guard.path, "exec")


def test_each_scenario_and_each_test_of_a_trap_has_a_guard_that_it_misses() -> None:
    assert {guard.shown_by for guard in GUARDS} == {*SCENARIOS}
    tests = re.findall(r"(?m)^(?:async )?def (test_\w+)", (ROOT / TESTS).read_text("utf-8"))
    assert {guard.shown_by for guard in TRAPS} == {f"{TESTS}::{test}" for test in tests}


async def test_what_was_acknowledged_on_topics_that_cannot_be_read_has_vanished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def unreadable(*_: object) -> None:
        raise KafkaTimeoutError("no offsets within 40 s")

    monkeypatch.setattr(running, "read_everything", unreadable)
    world: Any = SimpleNamespace(
        bootstrap="b:1", prefix="m", sender=SimpleNamespace(acknowledged={("m.posts", 0, 0), ("m.posts", 0, 1)})
    )
    failures: list[str] = []
    found = await running._read(world, failures)
    assert (check(found).wrong, found.left) == ({"vanished": 2}, 2)
    (said,) = failures
    assert "cannot be read" in said
