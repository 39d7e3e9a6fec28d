from __future__ import annotations

import asyncio

import pytest

from streams.worker.gate import AdmissionGate


async def admitted(gate: AdmissionGate, cost: int) -> asyncio.Task[None]:
    task = asyncio.create_task(gate.admit(cost))
    await asyncio.sleep(0)
    return task


async def test_records_beyond_the_bound_wait_their_turn() -> None:
    gate = AdmissionGate(max_records=2, max_tokens=100)
    assert gate.try_admit(1)
    assert gate.try_admit(1)
    third, fourth = await admitted(gate, 1), await admitted(gate, 1)
    assert not third.done()
    gate.release(1)
    await asyncio.wait_for(third, 1)
    assert not fourth.done()
    gate.release(1)
    await asyncio.wait_for(fourth, 1)
    assert gate.records == 2


async def test_tokens_are_bounded_too_and_nobody_overtakes() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=100)
    assert gate.try_admit(90)
    large = await admitted(gate, 50)
    assert not gate.try_admit(5), "a small record must not overtake the large one that waits"
    gate.release(90)
    await asyncio.wait_for(large, 1)
    assert gate.tokens == 50


async def test_a_record_larger_than_the_gate_passes_alone() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.try_admit(500)
    assert not gate.try_admit(1)
    gate.release(500)
    assert gate.try_admit(1)


async def test_a_cancelled_wait_leaves_no_trace() -> None:
    gate = AdmissionGate(max_records=1, max_tokens=10)
    assert gate.try_admit(1)
    first, second = await admitted(gate, 1), await admitted(gate, 1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.release(1)
    await asyncio.wait_for(second, 1)
    gate.release(1)
    assert (gate.records, gate.tokens) == (0, 0)


async def test_a_cancelled_wait_makes_way_for_a_smaller_record_behind_it() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.try_admit(5)
    large, small = await admitted(gate, 9), await admitted(gate, 1)
    assert not small.done()
    large.cancel()
    await asyncio.wait_for(small, 1)
    assert (gate.records, gate.tokens) == (2, 6)


async def test_admitted_in_the_moment_of_being_cancelled_gives_its_room_back() -> None:
    gate = AdmissionGate(max_records=1, max_tokens=10)
    assert gate.try_admit(1)
    waiting = await admitted(gate, 1)
    gate.release(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gate.try_admit(1)


def test_what_just_fits_is_admitted() -> None:
    gate = AdmissionGate(max_records=2, max_tokens=10)
    assert gate.try_admit(4)
    assert gate.try_admit(6)


async def test_a_gate_that_grows_lets_those_in_who_wait() -> None:
    gate = AdmissionGate(max_records=10, max_tokens=10)
    assert gate.try_admit(8)
    waiting = await admitted(gate, 8)
    gate.resize(16)
    await asyncio.wait_for(waiting, 1)
    gate.resize(10)
    assert (gate.records, gate.tokens) == (2, 16), "what is inside stays"
    assert not gate.try_admit(1)


@pytest.mark.parametrize("bounds", [(0, 1), (1, 0)])
def test_a_gate_without_room_is_refused(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="room"):
        AdmissionGate(*bounds)
    assert AdmissionGate(1, 1).try_admit(1)
