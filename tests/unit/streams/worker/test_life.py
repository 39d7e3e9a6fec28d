"""Waits of a worker that is about to start; the broker tests have its whole life."""

from __future__ import annotations

import asyncio

import pytest

from streams.settings import Settings
from streams.worker.life import _Worker


async def test_a_stop_ends_a_wait() -> None:
    worker = _Worker(Settings())
    cancelled = asyncio.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    asyncio.get_running_loop().call_soon(worker._stop.set)
    await asyncio.wait_for(worker._unless_stopped(for_ever()), 1)
    assert cancelled.is_set()


async def test_a_wait_that_fails_fails() -> None:
    async def fails() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        await asyncio.wait_for(_Worker(Settings())._unless_stopped(fails()), 1)
