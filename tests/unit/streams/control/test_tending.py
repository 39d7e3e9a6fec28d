"""Who stays with a canary: its degrees by the clock of the topic, and what people say of its verdicts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas import Control
from schemas.control import Guards
from schemas.event import Breach
from streams.control import tending as module
from streams.control.change import GUARD, ConflictError
from streams.control.state import State
from streams.control.tending import reviewed, tend
from streams.control.topic import Said
from streams.errors import BrokerUnreachableError
from streams.settings import Settings

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
CANARY = Control(
    kind="model", name="candidate", version="v2", digest="a" * 64, address="there", share=0.05, judges=True,
    then=(0.25, 0.5), every_s=600.0, guards=Guards(agreement=0.1), by="ana", at=LONG_AGO, revision=1,
)  # fmt: skip


class Topic:
    """The control topic, and one keeper's reading of it. Every change takes an hour."""

    def __init__(self) -> None:
        self.state = State([CANARY])
        self.history: list[Control] = []
        self.told: list[str] = []
        self.is_away = 0
        self.intruder: Control | None = None

    def __call__(self, settings: Settings) -> Topic:
        return self

    async def read_to_end(self) -> list[Said]:
        return [(entry.key, entry) for entry in self.state]

    async def read(self) -> list[Said]:
        if self.is_away:
            self.is_away -= 1
            raise BrokerUnreachableError("No broker answered.")
        return await self.read_to_end()

    async def close(self) -> None: ...

    def write(self, entry: Control) -> None:
        self.state.put(entry.key, entry)
        self.history.append(entry)

    async def change(self, settings: object, propose: Callable[[State], Sequence[Control]]) -> Control:
        if self.intruder is not None:
            intruder, self.intruder = self.intruder, None
            self.write(intruder)
        entries = propose(self.state)
        for entry in entries:
            self.write(entry.model_copy(update={"at": LONG_AGO}))
        return entries[0]

    async def roll_back(self, settings: object, trial: Control, breach: Breach) -> Control:
        ended = trial.model_copy(update={"active": False, "by": GUARD, "note": breach.guard, "revision": 9})
        self.write(ended)
        return ended


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic()
    monkeypatch.setattr(module, "ControlTopic", made)
    monkeypatch.setattr(module, "change", made.change)
    monkeypatch.setattr(module, "roll_back", made.roll_back)
    monkeypatch.setattr(module, "TRY_AGAIN_S", 0.0)
    return made


@dataclass
class Message:
    value: bytes


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """What lies on the topics of reviews and verdicts."""
    lying: dict[str, list[dict[str, Any]]] = {"reviews": [], "labels": []}

    async def read_between(settings: object, kind: str, since: datetime | None) -> AsyncIterator[list[Message]]:
        assert since == LONG_AGO
        yield [Message(orjson.dumps(each)) for each in lying[kind]]
        yield [Message(b"no JSON"), Message(b"5")]

    monkeypatch.setattr(module, "read_between", read_between)
    return lying


def people_say(said: dict[str, list[dict[str, Any]]], version: str, right: int, wrong: int) -> None:
    for number in range(right + wrong):
        identity = f"{version}-{number}"
        said["labels"].append({"id": identity, "action": "limit", "labels": [], "model_version": f"{version}-int8"})
        decision = "upheld" if number < right else "overturned"
        said["reviews"].append({"verdict_id": identity, "post_id": "p", "action": "limit", "decision": decision})


async def test_every_degree_is_a_change_of_its_own(topic: Topic, said: dict[str, Any]) -> None:
    last = await tend(Settings(), False, topic.told.append)
    assert last is not None
    assert [(entry.share, entry.revision, entry.expected, entry.by) for entry in topic.history] == [
        (0.25, 2, 1, "ana"),
        (0.5, 3, 2, "ana"),
    ]
    assert (last.active, last.then) == (True, ())
    assert topic.told == ["revision 2: 25 % of the authors", "revision 3: 50 % of the authors"]


async def test_of_several_who_stay_one_takes_the_degree(topic: Topic, said: dict[str, Any]) -> None:
    other = CANARY.model_copy(update={"share": 0.25, "then": (0.5,), "revision": 2, "at": datetime.now(UTC)})
    topic.intruder = other
    topic.state.put(CANARY.key, CANARY.model_copy(update={"then": (0.25,)}))

    def end(words: str) -> None:
        topic.told.append(words)
        topic.write(other.model_copy(update={"active": False, "revision": 3}))

    await tend(Settings(), True, end)
    assert [(entry.share, entry.revision) for entry in topic.history] == [(0.25, 2), (0.25, 3)]
    assert topic.told == ["Another change came in between."]


async def test_a_broker_that_is_away_is_tried_again(topic: Topic, said: dict[str, Any]) -> None:
    topic.is_away = 2
    assert await tend(Settings(), False, topic.told.append) is not None
    assert topic.told.count("No broker answered. It is tried again.") == 2


async def test_without_a_canary_there_is_nothing_to_stay_with(topic: Topic, said: dict[str, Any]) -> None:
    topic.state.put(CANARY.key, None)
    assert await tend(Settings(), True, topic.told.append) is None
    shadow = CANARY.model_copy(update={"judges": False})
    topic.state.put(CANARY.key, shadow)
    assert await tend(Settings(), True, topic.told.append) == shadow


async def test_what_people_find_wrong_ends_it(topic: Topic, said: dict[str, Any]) -> None:
    people_say(said, "v2", right=40, wrong=60)
    people_say(said, "v1", right=900, wrong=100)
    topic.state.put(CANARY.key, CANARY.model_copy(update={"then": ()}))
    ended = await tend(Settings(), True, topic.told.append)
    assert ended is not None
    assert (ended.active, ended.by, ended.note) == (False, GUARD, "agreement")


@pytest.mark.parametrize(("right", "wrong"), [(88, 12), (5, 24)])
async def test_what_they_find_right_or_have_hardly_seen_does_not(
    topic: Topic, said: dict[str, Any], right: int, wrong: int
) -> None:
    people_say(said, "v2", right, wrong)
    people_say(said, "v1", right=900, wrong=100)
    last = await tend(Settings(), False, topic.told.append)
    assert last is not None
    assert last.active


async def test_verdicts_are_told_apart_by_their_model(said: dict[str, Any]) -> None:
    people_say(said, "v2", right=20, wrong=15)
    people_say(said, "v1", right=3, wrong=1)
    assert await reviewed(Settings(), CANARY) == ((20, 35), (3, 4))


async def test_a_canary_that_a_worker_has_ended_meanwhile_is_left_alone(
    topic: Topic, said: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    people_say(said, "v2", right=0, wrong=100)
    people_say(said, "v1", right=900, wrong=100)

    async def too_late(settings: object, trial: Control, breach: Breach) -> Control:
        topic.write(trial.model_copy(update={"active": False, "revision": 2}))
        raise ConflictError("The canary was ended before.")

    monkeypatch.setattr(module, "roll_back", too_late)
    topic.state.put(CANARY.key, CANARY.model_copy(update={"then": ()}))
    await tend(Settings(), True, topic.told.append)
    assert topic.told == ["The canary was ended before."]
