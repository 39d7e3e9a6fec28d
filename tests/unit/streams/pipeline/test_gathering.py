from __future__ import annotations

import asyncio

import pytest

from streams.pipeline.gathering import CHUNK, LEAST_S, MOST_S, PATIENT_CHUNK, SHARE, Gathering, Pace


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
    gathering = Gathering(recorder, Pace())
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
    gathering = Gathering(recorder, Pace())
    gathering.add(range(2 * CHUNK + 1))
    running = asyncio.create_task(gathering.run())
    await recorder.seen(2 * CHUNK + 1)
    assert [len(chunk) for chunk in recorder.chunks] == [CHUNK, CHUNK, 1]
    assert [item for chunk in recorder.chunks for item in chunk] == list(range(2 * CHUNK + 1))
    running.cancel()


async def test_what_may_wait_goes_behind_the_rest_few_at_a_time_and_in_its_order() -> None:
    recorder = Recorder()
    gathering = Gathering(recorder, Pace(), may_wait=lambda item: item < 0)
    gathering.add(range(-3 * PATIENT_CHUNK, 0))
    gathering.add(range(CHUNK + 2))
    running = asyncio.create_task(gathering.run())
    await recorder.seen(3 * PATIENT_CHUNK + CHUNK + 2)
    first, second, third = recorder.chunks
    assert first == [*range(CHUNK), *range(-3 * PATIENT_CHUNK, -2 * PATIENT_CHUNK)], "some of it goes with every chunk"
    assert second == [CHUNK, CHUNK + 1, *range(-2 * PATIENT_CHUNK, -PATIENT_CHUNK)]
    assert third == [*range(-PATIENT_CHUNK, 0)]
    running.cancel()


async def test_an_exception_of_the_stage_ends_it() -> None:
    async def broken(_: list[int]) -> None:
        raise RuntimeError("broken")

    gathering: Gathering[int] = Gathering(broken, Pace())
    gathering.add([1])
    with pytest.raises(RuntimeError, match="broken"):
        await asyncio.wait_for(gathering.run(), 1)


def _learned(*took_s: float) -> float:
    pace = Pace()
    for each in took_s:
        pace.learn(each)
    return pace.rest_s


def test_it_rests_for_a_share_of_what_a_record_takes_and_never_long() -> None:
    assert _learned() == _learned(*[0.001] * 100) == LEAST_S
    assert _learned(*[0.05] * 200) == pytest.approx(SHARE * 0.05)
    assert _learned(*[5.0] * 200) == pytest.approx(MOST_S)


def test_where_it_is_not_to_rest_it_learns_nothing_else() -> None:
    pace = Pace(0.0)
    for took_s in (0.001, 5.0):
        pace.learn(took_s)
        assert pace.rest_s == 0.0


def test_one_slow_record_changes_little_and_a_stream_that_is_fast_again_all() -> None:
    assert _learned(5.0) < 3 * LEAST_S
    assert _learned(*[5.0] * 200, *[0.001] * 200) == pytest.approx(LEAST_S)


async def test_a_stage_rests_as_its_pace_says() -> None:
    recorder, pace = Recorder(), Pace()
    pace.rest_s = 30.0
    gathering = Gathering(recorder, pace)
    running = asyncio.create_task(gathering.run())
    gathering.add([0])
    await recorder.seen(1)
    gathering.add([1])
    await asyncio.sleep(0.01)
    assert recorder.chunks == [[0]]
    running.cancel()
