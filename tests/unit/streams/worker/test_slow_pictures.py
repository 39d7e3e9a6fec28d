"""A picture is looked at for as long as a thousand texts are scored: who waits for it, what it holds, and how much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

import streams.worker.service
from streams.model import Model, load_model
from streams.policy import Policy
from streams.settings import Settings
from streams.tasks.base import Parts
from streams.worker.gate import Cost
from tests.support.desks import SlowDesk
from tests.support.policies import write_policy
from tests.unit.streams.worker.test_service import POSTS, Bench, Message, eventually, place_of_answer, post

PICTURE = orjson.dumps({"id": "picture", "text": "look at this", "images": [{"ref": "a.png"}]})


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> SlowDesk:
    desk = SlowDesk()
    monkeypatch.setattr(streams.worker.service, "open_desk", lambda settings: desk)
    return desk


@pytest.fixture(scope="module")
def model(tiny_artifact: Path) -> Model:
    return load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1))


Start = Callable[..., Any]


@pytest.fixture
async def start(model: Model, desk: SlowDesk, tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Bench] = []

    async def start_with(model: Model = model, **settings: Any) -> Bench:
        patient: dict[str, Any] = {"drain_s": 60.0, **settings}
        started.append(Bench(Settings(data_dir=tmp_path, tasks=["posts"], **patient), model))
        await started[-1].service.start()
        started[-1].sink.answer()
        return started[-1]

    yield start_with
    for bench in started:
        await bench.stop()


def records(*records: tuple[bytes, bytes | None]) -> list[Message]:
    return [Message(offset, value, key=key) for offset, (value, key) in enumerate(records)]


def answered(bench: Bench) -> list[int]:
    return [place_of_answer(each) for each in bench.sink.published if each.kind in ("labels", "dead-letters")]


async def test_texts_of_others_go_ahead_and_their_offsets_wait(start: Start, desk: SlowDesk) -> None:
    bench = await start()
    texts = (post("you are lovely"), b"b"), (post("what a day"), None), (b"{", b"c")
    await bench.service.take_in(POSTS, records((PICTURE, b"a"), *texts))
    await eventually(lambda: bench.service.ledger.ahead == 3)
    assert sorted(answered(bench)) == [1, 2, 3]
    assert bench.released == {}

    desk.answer()
    await eventually(lambda: bench.released == {POSTS: 4})
    assert answered(bench)[3:] == [0]
    assert bench.service.ledger.ahead == 0


async def test_an_authors_posts_are_judged_in_their_order(start: Start, desk: SlowDesk, tmp_path: Path) -> None:
    """The second one is the offence that is told of, though it is complete before the first."""
    bench = await start(policy=write_policy(tmp_path, action="limit", offender_posts=2))
    await bench.service.assign({POSTS})
    await bench.service.take_in(POSTS, records((PICTURE, b"a"), (post("number two"), b"a"), (post("other"), b"b")))
    await eventually(lambda: answered(bench) == [2])
    desk.answer()
    await bench.service.drain()

    assert answered(bench) == [2, 0, 1]
    kinds = [each.kind for each in bench.sink.published]
    assert kinds == ["labels", "flags", "labels", "flags", "labels", "flags", "alerts"]


async def test_a_key_is_judged_by_the_former_activation_and_then_by_the_new_one(
    start: Start, desk: SlowDesk, model: Model
) -> None:
    bench = await start()
    await bench.service.take_in(POSTS, records((PICTURE, b"a")))
    await eventually(lambda: desk.asked)
    await bench.service.activate(model, Parts(model.artifact, Policy.load(), "new"))
    later = Message(1, post("number two"), key=b"a"), Message(2, post("another"), key=b"b")
    await bench.service.take_in(POSTS, later)
    await eventually(lambda: answered(bench) == [2])
    desk.answer()
    await bench.service.drain()

    assert answered(bench) == [2, 0, 1]
    versions = [orjson.loads(each.value or b"")["policy_version"] for each in bench.sink.published]
    assert [version == "new" for version in versions] == [True, False, True]


async def test_no_more_go_ahead_than_may_be_in_flight(start: Start, desk: SlowDesk) -> None:
    bench = await start(max_in_flight_records=3)
    texts = [(post(f"you are lovely {number}"), b"%d" % number) for number in range(4)]
    taking_in = asyncio.create_task(bench.service.take_in(POSTS, records((PICTURE, b"a"), *texts)))
    await eventually(lambda: bench.service.ledger.ahead == 2)
    await asyncio.sleep(0.02)
    assert not taking_in.done()
    assert (bench.service.gates.live.records, bench.service.gates.live.tokens, len(answered(bench))) == (3, 0, 2)

    desk.answer()
    await asyncio.wait_for(taking_in, 5)
    await bench.service.drain()
    assert bench.released == {POSTS: 5}
    assert (bench.service.gates.live.records, bench.service.gates.live.tokens, bench.service.gates.live.bytes) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize("key", [b"a", b"b"], ids=["behind it", "ahead of it"])
async def test_what_is_given_up_gives_its_room_back(start: Start, desk: SlowDesk, key: bytes) -> None:
    """Whether it was answered ahead of the picture, or scored and waiting for it."""
    bench = await start(drain_s=0.05)
    await bench.service.take_in(POSTS, records((PICTURE, b"a"), (post("you are lovely"), key)))
    await bench.service.drain()
    await bench.service.revoke({POSTS})
    desk.answer()
    await eventually(lambda: bench.service.gates.live.records == 0)
    assert (bench.service.gates.live.tokens, bench.service.gates.live.bytes) == (0, 0)
    assert (bench.released, bench.crashes, bench.service.ledger.ahead) == ({}, [], 0)


async def test_what_was_given_up_holds_nothing_up_that_comes_again(start: Start, desk: SlowDesk) -> None:
    bench = await start(drain_s=0.05)
    await bench.service.take_in(POSTS, records((PICTURE, b"a")))
    await eventually(lambda: desk.asked)
    await bench.service.drain()
    await bench.service.revoke({POSTS})
    await bench.service.assign({POSTS})
    await bench.service.take_in(POSTS, records((post("you are lovely"), b"a")))
    await eventually(lambda: bench.released == {POSTS: 1})
    desk.answer()


async def test_while_a_picture_is_looked_at_the_engine_has_room(
    start: Start, desk: SlowDesk, tiny_artifact: Path
) -> None:
    """Its bytes were taken for tokens when it came in, as nobody had read it."""
    small = load_model(Settings(artifact=tiny_artifact, device="cpu", threads=1, max_in_flight_tokens=1024))
    bench = await start(model=small)
    large = orjson.dumps({"id": "p", "text": "look", "images": [{"data": "/9j/" * 20_000}]})
    async with asyncio.timeout(60):
        await bench.service.take_in(POSTS, records((large, b"a"), (post("you are lovely"), b"b")))
    await eventually(lambda: answered(bench) == [1])
    assert (bench.service.gates.live.tokens, bench.service.gates.live.records) == (0, 2)
    desk.answer()
    await bench.service.drain()
    assert bench.service.gates.live.bytes == 0


async def test_what_is_scored_and_waits_for_its_turn_leaves_the_engine_its_room(start: Start, desk: SlowDesk) -> None:
    """Or one author with a picture could hold everybody up."""
    bench = await start()
    await bench.service.take_in(POSTS, records((PICTURE, b"a"), (post("you are lovely"), b"a"), (b"{", b"a")))
    await eventually(lambda: desk.asked and bench.service.gates.live.tokens == 0)
    assert (bench.service.gates.live.records, answered(bench)) == (3, [])
    desk.answer()
    await bench.service.drain()
    assert sorted(answered(bench)) == [0, 1, 2]
    assert (bench.service.gates.live.records, bench.service.gates.live.tokens) == (0, 0)


async def test_pictures_that_are_looked_at_are_progress(start: Start, desk: SlowDesk) -> None:
    """The last of many waits longer for its turn than a record may be stuck."""
    bench = await start()
    await bench.service.take_in(POSTS, records((PICTURE, b"a"), (PICTURE, b"b")))
    await eventually(lambda: desk.asked == 2)
    service = bench.service
    now = time.monotonic()
    assert service.oldest_age_s(now) == service.ledger.oldest_age_s(now) > 0
    await asyncio.sleep(0.01)

    desk.answer()
    await eventually(lambda: answered(bench))
    now = time.monotonic()
    assert 0 < service.oldest_age_s(now) < service.ledger.oldest_age_s(now)
    desk.answer()
    await service.drain()
    assert service.oldest_age_s(time.monotonic()) == 0


async def test_a_text_that_hangs_is_found_whatever_pictures_are_looked_at(start: Start, desk: SlowDesk) -> None:
    service = (await start()).service
    now = time.monotonic()
    (ticket,) = service.ledger.open(POSTS, [7], now - 90.0)
    ticket.cost = Cost(5, 20)
    desk.looked_at = now
    assert service.oldest_age_s(now) == pytest.approx(90.0)
    ticket.cost = ticket.cost.unscored
    assert service.oldest_age_s(now) == pytest.approx(0.0, abs=1.0), "it waits for its pictures"
    service.ledger.revoke({POSTS})
