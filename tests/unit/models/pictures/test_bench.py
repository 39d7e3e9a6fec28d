"""Child processes that look: what they see, and that none of them takes the worker along."""

from __future__ import annotations

import asyncio
import errno
import mmap
import os
import pickle
import resource
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import Mock

import pytest
import pytest_asyncio

from models.pictures import child
from models.pictures.bench import MEMORY_BYTES, Bench
from models.pictures.classifier import PictureClassifier
from models.pictures.errors import NotLooked, PictureError
from tests.support import slow
from tests.support.drawn import as_file, meme, scene
from tests.support.served import RED, plain, write_served


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench() -> AsyncIterator[Bench]:
    bench = Bench(deadline_s=120)
    yield bench
    await bench.stop()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_text_in_pictures_is_read_by_the_models_of_the_package(bench: Bench) -> None:
    found = await bench.look(as_file(meme(["YOU ARE A", "STUPID FOOL"], size=72), quality=80), reads_words=True)
    assert [one.text for one in found.words] == ["You are a stupid fool"]
    assert found.words_read
    assert (found.media_type, found.width, found.frames_seen) == ("image/jpeg", 800, 1)


async def test_without_words_nothing_is_read(bench: Bench) -> None:
    found = await bench.look(as_file(meme(["MY CAT"])), reads_words=False)
    assert (found.words, found.words_read) == ((), False)


async def test_a_damaged_file_is_an_error_and_the_next_picture_is_looked_at(bench: Bench) -> None:
    with pytest.raises(PictureError) as caught:
        await bench.look(as_file(scene())[:500], reads_words=False)
    assert caught.value.reason is NotLooked.DAMAGED
    assert (await bench.look(as_file(scene()), reads_words=False)).width == 640


async def test_many_at_once_all_come_back(bench: Bench) -> None:
    looks = [bench.look(as_file(scene(seed=seed)), reads_words=False) for seed in range(12)]
    found = await asyncio.gather(*looks)
    assert len({one.fingerprints for one in found}) == 12


async def test_each_child_asks_the_classifiers_of_the_task(tmp_path: Path) -> None:
    opened = [
        PictureClassifier.open(write_served(tmp_path / task, name=task, task=task)) for task in ("posts", "symptoms")
    ]
    bench = Bench(reads_words=False, served=[(one.manifest, one.model) for one in opened], deadline_s=120)
    try:
        (said,) = (await bench.look(as_file(plain(RED)), reads_words=False, task="posts")).classes
        assert (said.model, said.version) == ("posts", opened[0].manifest.full_version)
        assert said.probabilities["nudity"] > 0.9
        assert (await bench.look(as_file(plain(RED)), reads_words=False)).classes == ()
    finally:
        await bench.stop()


async def test_a_picture_that_takes_too_long_ends_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.pictures.bench.look", slow.look)
    bench = Bench(reads_words=False, deadline_s=0.1)
    with pytest.raises(PictureError) as caught:
        await bench.look(b"", reads_words=False)
    assert caught.value.reason is NotLooked.TOO_SLOW
    await bench.stop()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("FAIL : std::bad_alloc"), NotLooked.TOO_MUCH_MEMORY),
        (ValueError("cannot reshape"), NotLooked.DAMAGED),
    ],
)
async def test_whatever_a_library_raises_costs_that_picture_alone(
    error: Exception, reason: NotLooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(data: bytes, reads_words: bool, task: str) -> None:
        raise error

    monkeypatch.setattr(child, "_looker", lambda: fail)
    with pytest.raises(PictureError) as caught:
        child.look(b"", True, "posts")
    assert caught.value.reason is reason
    home = pickle.loads(pickle.dumps(caught.value))
    assert home.reason is reason
    assert home.cause.startswith(f"{type(error).__name__} at {__file__}:"), "for the log of the worker"
    assert str(error) not in home.cause


async def test_what_the_worker_has_in_memory_is_not_counted_as_a_childs() -> None:
    with mmap.mmap(-1, 2_000_000_000):  # address space, of which nothing is used
        bench = Bench(reads_words=False, deadline_s=120)
        assert (await bench.look(as_file(scene()), reads_words=False)).width == 640
        await bench.stop()


async def test_children_stand_behind_the_worker_for_the_processor() -> None:
    begun = ProcessPoolExecutor(1, get_context("spawn"), initializer=child.begin, initargs=(MEMORY_BYTES, False, ()))
    with begun:
        assert begun.submit(os.nice, 0).result(60) == min(19, os.nice(0) + child.BEHIND)
        if hasattr(os, "SCHED_BATCH"):
            assert begun.submit(os.sched_getscheduler, 0).result(60) == os.SCHED_BATCH


async def test_a_child_that_may_not_stand_behind_looks_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seccomp profiles refuse calls that change priorities."""

    def refuse(*arguments: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    opened = Mock()
    monkeypatch.setattr(os, "nice", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    monkeypatch.setattr(resource, "setrlimit", Mock())
    monkeypatch.setattr(child, "_looker", lambda: opened)
    child.begin(MEMORY_BYTES, False, ())
    opened.open.assert_called_once_with(False, ())
