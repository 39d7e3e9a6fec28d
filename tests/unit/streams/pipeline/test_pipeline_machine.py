"""The whole pipeline beside a few lists: texts, copies, pictures and bad records, answered in any order, while
partitions are given up and another activation takes over.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.pictures.errors import NotLooked
from models.serving.reading import TEXT, Reading
from models.serving.types import Encoding, Outcome
from schemas import InvalidRecord, Picture, Reason
from streams.pictures.seen import Seen
from streams.pipeline.activation import Activation, Modality
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.work import Work
from streams.record import Outgoing, RawRecord
from streams.tasks.base import Case, Moments, Rendered, Task
from streams.tasks.posts import POSTS
from streams.worker.ledger import Ticket
from tests.unit.streams.pipeline.test_pipeline import HeldEngine

TEXTS = (b"one", b"two")
BAD, PICTURE = b"{", b"picture "


class PlainTask:
    """Reads bytes as they are, and notes what it decides."""

    declaration = POSTS

    def __init__(self) -> None:
        self.decided: list[tuple[int, int]] = []

    def decode(self, value: bytes, max_bytes: int) -> SimpleNamespace:
        if value == BAD:
            raise InvalidRecord(Reason.INVALID_JSON, "no JSON")
        text = value.removeprefix(PICTURE).decode()
        return SimpleNamespace(said=text, images=[object()] if value.startswith(PICTURE) else None)

    def render(self, record: SimpleNamespace) -> Rendered:
        return Rendered("en", (Reading(record.said, range(len(record.said))),))

    def decide(self, case: Case[Any]) -> list[Outgoing]:
        assert case.origin is not None
        self.decided.append(case.origin[1:])
        return [Outgoing("labels", case.key, b"")]

    def unjudged(self, *about: object) -> list[Outgoing]:
        return []


class PlainReader:
    def encode(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            reading.encoding = Encoding(np.zeros(3, np.int32), ())  # type: ignore[arg-type]

    def needs_refining(self, reading: Reading) -> bool:
        return False

    def refined(self, reading: Reading) -> list[Reading]:
        return [reading]


class HeldDesk:
    looked_at = 0.0

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    async def look(self, pictures: Sequence[Picture], for_words: bool, task: str) -> list[Seen]:
        self.waiting.append(asyncio.get_running_loop().create_future())
        await self.waiting[-1]
        return [Seen(0, refused=NotLooked.NO_STORE)]

    async def stop(self) -> None: ...


@dataclass(eq=False)
class Known:
    """What the model knows of a record."""

    work: Work
    engine: HeldEngine
    before: Known | None
    """Who has to be finished before it."""
    is_looked_at: bool
    is_answered: bool = False
    abandoned_at_look: bool = False

    @property
    def text(self) -> bytes:
        return (self.work.raw.value or b"").removeprefix(PICTURE)

    @property
    def is_complete(self) -> bool:
        return self.is_looked_at and (self.text == BAD or self.abandoned_at_look or self.is_answered)

    @property
    def may_be_finished(self) -> bool:
        return self.is_complete and (self.before is None or self.before.may_be_finished)


class Way(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.task, self.desk = PlainTask(), HeldDesk()
        self.finished: list[Work] = []
        self.crashes: list[BaseException] = []
        self.known: list[Known] = []
        self.looking: list[Known] = []
        self.answers: set[tuple[HeldEngine, bytes]] = set()
        self.engines = [HeldEngine()]
        self.run(self.begin())

    def run(self, step: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(asyncio.wait_for(step, 10))

    async def begin(self) -> None:
        self.pipeline = Pipeline(100, 10_000, self.finish, self.crashes.append, desk=self.desk)
        self.pipeline.start(self.activation())

    def activation(self) -> Activation:
        task: Task[Any] = self.task  # type: ignore[assignment]
        modality = Modality(PlainReader(), self.engines[-1])
        return Activation({TEXT: modality}, f"v{len(self.engines)}", {"posts": task})

    async def finish(self, works: Sequence[Work]) -> None:
        self.finished += works

    def teardown(self) -> None:
        self.run(self.pipeline.stop())
        self.loop.close()

    def settle(self) -> None:
        """Until everything has gone as far as the model says that it does."""
        asked: dict[HeldEngine, Counter[bytes]] = {engine: Counter() for engine in self.engines}
        for one in self.known:
            is_asked = one.is_looked_at and one.text != BAD and not one.abandoned_at_look
            if is_asked and (one.engine, one.text) in self.answers:
                one.is_answered = True
            elif is_asked and not one.is_answered:
                asked[one.engine][one.text] = 1
        done = sum(one.may_be_finished for one in self.known)

        async def until_then() -> None:
            while not (
                len(self.finished) == done
                and all(one.work.moments.prepared_at for one in self.known if one.is_looked_at)
                and len(self.desk.waiting) == len(self.looking)
                and all(len(engine.items) == asked[engine].total() for engine in self.engines)
            ):
                assert not self.crashes
                await asyncio.sleep(0.0005)

        self.run(until_then())

    @rule(
        key=st.sampled_from([b"a", b"b", None]),
        partition=st.integers(0, 1),
        value=st.sampled_from([*TEXTS, *[PICTURE + text for text in TEXTS], BAD]),
    )
    def comes(self, key: bytes | None, partition: int, value: bytes) -> None:
        offset = len(self.known)
        raw = RawRecord("posts", partition, offset, key, value)
        ticket = Ticket(("posts", partition), offset, 0.0)
        work = Work(ticket, raw, self.pipeline.active, self.pipeline.active.tasks["posts"], Moments(0.0, 0.0))
        here = [one for one in self.known if one.work.raw.partition == partition]
        same = [one for one in here if one.work.raw.key == key is not None]
        before = same[-1] if same and not same[-1].work.is_abandoned else None
        one = Known(work, self.engines[-1], before, not value.startswith(PICTURE))
        self.known.append(one)
        if not one.is_looked_at:
            self.looking.append(one)

        async def push() -> None:
            self.pipeline.push([work])

        self.run(push())
        self.settle()

    @precondition(lambda self: self.looking)
    @rule(data=st.data())
    def is_looked_at(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.looking) - 1))
        one = self.looking.pop(place)
        one.is_looked_at, one.abandoned_at_look = True, one.work.is_abandoned
        self.desk.waiting.pop(place).set_result(None)
        self.settle()

    @precondition(lambda self: any(engine.items for engine in self.engines))
    @rule(data=st.data())
    def is_answered(self, data: st.DataObject) -> None:
        engine = data.draw(st.sampled_from([engine for engine in self.engines if engine.items]))
        item = engine.items.pop(data.draw(st.integers(0, len(engine.items) - 1)))
        rest, engine.items = engine.items, [item]
        outcomes: list[Outcome] = engine.outcomes(version=f"v{1 + self.engines.index(engine)}")
        engine.items = rest
        _, reading = cast(tuple[Work, Reading], item.payload)
        self.answers.add((engine, reading.text.encode()))

        async def deliver() -> None:
            self.pipeline.deliver(outcomes)

        self.run(deliver())
        self.settle()

    @precondition(lambda self: len(self.engines) < 3)
    @rule()
    def is_switched(self) -> None:
        self.engines.append(HeldEngine())

        async def switch() -> None:
            self.pipeline.switch(self.activation())

        self.run(switch())
        self.settle()

    @rule(partition=st.integers(0, 1))
    def is_given_up(self, partition: int) -> None:
        for one in self.known:
            if one.work.raw.partition == partition and one.work not in self.finished:
                one.work.ticket.abandoned = True

    @invariant()
    def each_is_finished_once_with_an_outcome_unless_it_was_given_up(self) -> None:
        assert len(set(self.finished)) == len(self.finished)
        for work in self.finished:
            kinds = [output.kind for output in work.outputs]
            expected = "dead-letters" if work.raw.value == BAD else "labels"
            assert kinds == ([] if work.is_abandoned else [expected])

    @invariant()
    def those_of_a_key_are_decided_one_after_the_other(self) -> None:
        places = {work: place for place, work in enumerate(self.finished)}
        decided = {place: number for number, place in enumerate(self.task.decided)}
        assert len(decided) == len(self.task.decided)
        for one in self.known:
            if one.before is None or one.work not in places:
                continue
            assert places[one.before.work] < places[one.work]
            mine, its = (decided.get(each.work.raw[1:3]) for each in (one, one.before))
            assert mine is None or its is None or its < mine

    @invariant()
    def an_engine_ends_with_its_last_record(self) -> None:
        inside = {one.engine for one in self.known if one.work not in self.finished}

        former = self.engines[:-1]

        async def until_then() -> None:
            while any(engine.stopped is (engine in inside) for engine in former):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.0005)

        self.run(until_then())
        assert not self.engines[-1].stopped


TestWay = Way.TestCase
TestWay.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
