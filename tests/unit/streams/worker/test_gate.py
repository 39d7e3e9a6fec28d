from __future__ import annotations

import asyncio

import pytest

from streams.worker.gate import AdmissionGate, Cost
from streams.worker.gates import Gates


def costs(*tokens: int, size: int = 1) -> list[Cost]:
    return [Cost(each, size) for each in tokens]


async def admitted(gate: AdmissionGate, *tokens: int) -> asyncio.Task[int]:
    task = asyncio.create_task(gate.admit(costs(*tokens)))
    await asyncio.sleep(0)
    return task


async def test_records_beyond_the_bound_wait_their_turn() -> None:
    gate = AdmissionGate(max_records=2, max_tokens=100)
    assert gate.admit_now(costs(1))
    assert gate.admit_now(costs(1))
    third, fourth = await admitted(gate, 1), await admitted(gate, 1)
    assert not third.done()
    gate.release(costs(1))
    await asyncio.wait_for(third, 1)
    assert not fourth.done()
    gate.release(costs(1))
    await asyncio.wait_for(fourth, 1)
    assert gate.records == 2


async def test_tokens_are_bounded_too_and_nobody_overtakes() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=100)
    assert gate.admit_now(costs(90))
    large = await admitted(gate, 50)
    assert not gate.admit_now(costs(5)), "a small record must not overtake the large one that waits"
    gate.release(costs(90))
    await asyncio.wait_for(large, 1)
    assert gate.tokens == 50


async def test_a_record_larger_than_the_gate_passes_alone() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.admit_now(costs(500))
    assert not gate.admit_now(costs(1))
    gate.release(costs(500))
    assert gate.admit_now(costs(1))


async def test_a_cancelled_wait_leaves_no_trace() -> None:
    gate = AdmissionGate(max_records=1, max_tokens=10)
    assert gate.admit_now(costs(1))
    first, second = await admitted(gate, 1), await admitted(gate, 1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.release(costs(1))
    await asyncio.wait_for(second, 1)
    gate.release(costs(1))
    assert (gate.records, gate.tokens) == (0, 0)


async def test_a_cancelled_wait_makes_way_for_a_smaller_record_behind_it() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.admit_now(costs(5))
    large, small = await admitted(gate, 9), await admitted(gate, 1)
    assert not small.done()
    large.cancel()
    await asyncio.wait_for(small, 1)
    assert (gate.records, gate.tokens) == (2, 6)


async def test_admitted_in_the_moment_of_being_cancelled_gives_its_room_back() -> None:
    gate = AdmissionGate(max_records=1, max_tokens=10)
    assert gate.admit_now(costs(1))
    waiting = await admitted(gate, 1)
    gate.release(costs(1))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gate.admit_now(costs(1))


def test_what_just_fits_is_admitted() -> None:
    gate = AdmissionGate(max_records=2, max_tokens=10)
    assert gate.admit_now(costs(4))
    assert gate.admit_now(costs(6))


async def test_a_gate_that_grows_lets_those_in_who_wait() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.admit_now(costs(8))
    waiting = await admitted(gate, 8)
    gate.resize(16)
    await asyncio.wait_for(waiting, 1)
    gate.resize(10)
    assert (gate.records, gate.tokens) == (2, 16), "what is inside stays"
    assert not gate.admit_now(costs(1))


@pytest.mark.parametrize("bounds", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_gate_without_room_is_refused(bounds: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="room"):
        AdmissionGate(*bounds)
    assert AdmissionGate(1, 1).admit_now(costs(1))


async def test_as_many_from_the_front_come_in_as_there_is_room_for() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.admit_now(costs(4, 4, 4, 1)) == 2, "the small one behind must not overtake"
    waiting, behind = await admitted(gate, 4, 4, 4), await admitted(gate, 1)
    gate.release(costs(4, 4))
    assert await asyncio.wait_for(waiting, 1) == 2
    assert await asyncio.wait_for(behind, 1) == 1
    assert (gate.records, gate.tokens) == (3, 9)


async def test_bytes_are_bounded_too() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=100, max_bytes=1000)
    assert gate.admit_now(costs(1, 1, 1, size=400)) == 2
    waiting = asyncio.create_task(gate.admit(costs(1, size=2000)))
    await asyncio.sleep(0)
    gate.release(costs(1, size=400))
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.release(costs(1, size=400))
    assert await asyncio.wait_for(waiting, 1) == 1, "it passes alone"
    gate.release(costs(1, size=2000))
    assert (gate.records, gate.tokens, gate.bytes) == (0, 0, 0)


async def test_several_admitted_in_the_moment_of_being_cancelled_give_their_room_back() -> None:
    gate = AdmissionGate(max_records=3, max_tokens=100)
    assert gate.admit_now(costs(1, 1, 1)) == 3
    waiting = await admitted(gate, 1, 1, 1)
    gate.release(costs(1, 1))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (gate.records, gate.tokens) == (1, 1)


def test_backfill_has_a_share_of_its_own_and_keeps_it_when_the_engine_changes() -> None:
    gates = Gates(max_records=8, max_tokens=40, backfill_topics=["again"])
    assert gates.of(("posts", 0)).admit_now(costs(*[5] * 9)) == 8
    assert gates.of(("again", 0)).admit_now(costs(5, 5, 5)) == 2
    assert gates.tokens == 50
    gates.resize(max_tokens=4)
    gates.of(("again", 0)).release(costs(5, 5))
    assert gates.of(("again", 0)).admit_now(costs(1, 1)) == 1
    assert gates.of(("posts", 0)).admit_now(costs(1)) == 0


async def test_what_the_engine_is_done_with_makes_room_for_tokens_and_not_for_records_or_bytes() -> None:
    gate = AdmissionGate(max_records=3, max_tokens=10, max_bytes=1000)
    assert gate.admit_now(costs(8, size=400))
    waiting = await admitted(gate, 8)
    gate.yield_tokens(8)
    assert await asyncio.wait_for(waiting, 1) == 1
    gate.yield_tokens(8)
    assert not gate.admit_now(costs(1, size=800)), "too many bytes"
    assert gate.admit_now(costs(500)), "no tokens are inside, so it passes"
    gate.yield_tokens(500)
    assert not gate.admit_now(costs(1)), "too many records"
