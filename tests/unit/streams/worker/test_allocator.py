"""Memory goes back to the system when something large is gone."""

from __future__ import annotations

import asyncio

import pytest

from streams.worker import allocator
from tests.unit.streams.worker.test_service import eventually


class Large:
    """Something that can be held."""


async def test_memory_is_given_back_after_the_last_hold_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    trims: list[None] = []
    monkeypatch.setattr(allocator, "_trim", lambda: trims.append(None))
    monkeypatch.setattr(allocator, "TRIM_AFTER_S", 0.0)
    large = Large()
    held = [large]
    allocator.trim_after(large)
    del large
    await asyncio.sleep(0.02)
    assert trims == []
    held.clear()
    await eventually(lambda: trims)


def test_what_outlives_the_loop_does_no_harm() -> None:
    held = [Large()]

    async def hold() -> None:
        allocator.trim_after(held[0])

    asyncio.run(hold())
    held.clear()


def test_trimming_works_here() -> None:
    allocator._trim()
