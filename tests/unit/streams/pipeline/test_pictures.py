"""A record whose pictures are looked at leaves the way of the others, and comes back to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson
import pytest

from models.pictures.errors import NotLooked
from models.serving.encoder import Encoder
from models.serving.reader import Reader
from models.serving.reading import TEXT
from schemas import Picture, PostVerdict
from streams.pictures.seen import Seen
from streams.pipeline.activation import Activation, Modality
from streams.pipeline.pipeline import Pipeline
from streams.policy import Policy
from streams.tasks.base import Parts
from streams.tasks.posts.task import PostsTask
from streams.worker.ledger import Ticket
from tests.support.tiny_artifact import write_tiny_artifact
from tests.unit.streams.pipeline.test_pipeline import Bench, post

WITH_PICTURE = orjson.dumps({"id": "p", "text": "look at this", "images": [{"ref": "a.png"}]})


class HeldDesk:
    """Looks at nothing, and not before it is told to."""

    looked_at = 0.0

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def look(self, pictures: Sequence[Picture], for_words: bool, task: str) -> list[Seen]:
        self.asked += 1
        await self.may_answer.wait()
        return [Seen(number, refused=NotLooked.NO_STORE) for number, _ in enumerate(pictures)]

    async def stop(self) -> None: ...


@pytest.fixture
def desk() -> HeldDesk:
    return HeldDesk()


@pytest.fixture
async def bench(tmp_path: Path, desk: HeldDesk) -> AsyncIterator[Bench]:
    artifact = write_tiny_artifact(tmp_path / "tiny")
    bench = Bench(PostsTask.build(Parts(artifact, Policy.load(), "p1")), artifact)
    await bench.pipeline.stop()
    bench.pipeline = Pipeline(100, 10_000, bench._finish, bench.crashes.append, desk=desk)
    reader = Reader(Encoder.from_artifact(artifact))
    bench.pipeline.start(Activation({TEXT: Modality(reader, bench.engine)}, "v1", {"posts": bench.task}))
    yield bench
    await bench.pipeline.stop()


async def asked(desk: HeldDesk) -> None:
    async with asyncio.timeout(5):
        while not desk.asked:  # noqa: ASYNC110  # the desk tells nobody
            await asyncio.sleep(0.001)


async def test_texts_of_other_keys_go_past_a_record_whose_pictures_are_looked_at(bench: Bench, desk: HeldDesk) -> None:
    bench.push(0, WITH_PICTURE)
    bench.push(1, post("hello there"), key=b"other")
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(1)
    assert [work.raw.offset for work in bench.finished] == [1]

    desk.may_answer.set()
    await bench.submitted(1)
    bench.pipeline.deliver(bench.engine.outcomes())
    await bench.all_finished(2)
    verdict = PostVerdict.model_validate_json(bench.finished[1].outputs[0].value or b"")
    assert "images.0: not looked at (no store is set up)" in verdict.warnings
    assert desk.asked == 1
    assert bench.crashes == []


async def test_what_was_given_up_while_its_pictures_were_looked_at_is_not_scored(bench: Bench, desk: HeldDesk) -> None:
    work = bench.push(0, WITH_PICTURE)
    work.ticket = Ticket(("posts", 0), 0, 0.0)
    await asked(desk)
    work.ticket.abandoned = True
    desk.may_answer.set()
    await bench.all_finished(1)
    assert (bench.engine.items, bench.crashes, work.outputs) == ([], [], ())
