"""A few cheap items are worked on at once, all others in the thread, and nothing beside what is under way there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from streams.pipeline.aside import MOST, Aside


class Stage:
    """Remembers in which thread what was done."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.began = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self, chunk: Sequence[str]) -> None:
        self.began.set()
        assert self.goes_on.wait(60)
        self.threads.append(threading.current_thread().name)
        if "dear" in chunk:
            sum(range(2_000_000))


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def aside(stage: Stage) -> AsyncIterator[Aside[str]]:
    one: Aside[str] = Aside("stage", stage, lambda item: None if item == "odd" else item)
    yield one
    one.stop()


HERE = threading.main_thread().name


async def test_what_is_known_to_be_cheap_is_done_at_once(aside: Aside[str], stage: Stage) -> None:
    await aside.work(["cheap"])
    await aside.work(["cheap", "cheap"])
    assert stage.threads == ["stage_0", HERE]


@pytest.mark.parametrize("chunk", [["dear"], ["cheap", "dear"], ["odd"], ["new"], ["cheap"] * (MOST + 1)])
async def test_all_else_is_done_in_the_thread(aside: Aside[str], stage: Stage, chunk: list[str]) -> None:
    for known in (["cheap"], ["dear"], ["odd"]):
        await aside.work(known)
    stage.threads.clear()
    await aside.work(chunk)
    assert stage.threads == ["stage_0"]


async def test_nothing_is_done_beside_what_is_under_way_in_the_thread(aside: Aside[str], stage: Stage) -> None:
    await aside.work(["cheap"])
    stage.goes_on.clear()
    other = asyncio.create_task(aside.run(stage, ["other"]))
    await asyncio.sleep(0)
    cheap = asyncio.create_task(aside.work(["cheap"]))
    await asyncio.sleep(0)
    assert not cheap.done()
    stage.goes_on.set()
    await asyncio.wait_for(asyncio.gather(other, cheap), 60)
    assert stage.threads == ["stage_0"] * 3


async def test_what_nobody_waits_for_any_more_is_under_way_until_it_has_ended(aside: Aside[str], stage: Stage) -> None:
    """A thread cannot be stopped: it goes on with the state that it shares."""
    await aside.work(["cheap"])
    stage.began.clear()
    stage.goes_on.clear()
    other = asyncio.create_task(aside.run(stage, ["other"]))
    assert await asyncio.to_thread(stage.began.wait, 60)
    waiting = asyncio.create_task(aside.run(stage, ["never begun"]))
    await asyncio.sleep(0)
    for given_up in (other, waiting):
        given_up.cancel()
    await asyncio.wait({other, waiting})
    cheap = asyncio.create_task(aside.work(["cheap"]))
    await asyncio.sleep(0)
    assert not cheap.done()
    stage.goes_on.set()
    await asyncio.wait_for(cheap, 60)
    assert stage.threads == ["stage_0"] * 3
    await aside.work(["cheap"])
    assert stage.threads[3:] == [HERE]


async def test_what_fails_fails_in_either_place(stage: Stage) -> None:
    def fail(chunk: Sequence[str]) -> None:
        raise ValueError("of the stage")

    aside: Aside[str] = Aside("stage", fail, lambda item: item)
    with pytest.raises(ValueError, match="of the stage"):
        await aside.work(["cheap"])
    aside.stop()
