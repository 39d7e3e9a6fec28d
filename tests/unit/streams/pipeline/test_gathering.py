from __future__ import annotations

import asyncio

import pytest

from streams.pipeline.gathering import CHUNK, Gathering


class Recorder:
    def __init__(self) -> None:
        self.chunks: list[list[int]] = []
        self._changed = asyncio.Condition()

    async def __call__(self, chunk: list[int]) -> None:
        async with self._changed:
            self.chunks.append(chunk)
            self._changed.notify_all()

    async def seen(self, items: int) -> None:
        async with self._changed, asyncio.timeout(1):
            await self._changed.wait_for(lambda: sum(map(len, self.chunks)) >= items)


async def test_a_lone_item_goes_at_once_and_what_follows_gathers() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder)
    running = asyncio.create_task(gathering.run())
    gathering.add([0])
    await recorder.seen(1)
    for item in range(1, 6):
        gathering.add([item])
        await asyncio.sleep(0)
    await recorder.seen(6)
    assert recorder.chunks == [[0], [1, 2, 3, 4, 5]]
    running.cancel()


async def test_a_flood_is_cut_into_chunks_without_rest() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder)
    gathering.add(range(2 * CHUNK + 1))
    running = asyncio.create_task(gathering.run())
    await recorder.seen(2 * CHUNK + 1)
    assert [len(chunk) for chunk in recorder.chunks] == [CHUNK, CHUNK, 1]
    assert [item for chunk in recorder.chunks for item in chunk] == list(range(2 * CHUNK + 1))
    running.cancel()


async def test_an_exception_of_the_stage_ends_it() -> None:
    async def broken(_: list[int]) -> None:
        raise RuntimeError("broken")

    gathering: Gathering[int] = Gathering(broken)
    gathering.add([1])
    with pytest.raises(RuntimeError, match="broken"):
        await asyncio.wait_for(gathering.run(), 1)
