"""Reading on and publishing; tests/broker/test_quality.py does it for real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from schemas import Quality
from schemas.examples import POST_VERDICT, REVIEW
from streams.client.messages import Message
from streams.errors import BrokerUnreachableError, TopicMissingError
from streams.kafka.topics import TopicState
from streams.quality import following as module
from streams.quality.following import KINDS, Assessor
from streams.settings import Settings


class Broker:
    """Its topics, who sends to them, and how often it is away."""

    def __init__(self) -> None:
        self.lying: dict[str, list[dict[str, Any]]] = {"reviews": [], "labels": []}
        self.sent: list[Message] = []
        self.missing = ""
        self.is_away = 0
        self.opened = 0

    async def list_topics(self, settings: Settings) -> list[TopicState]:
        return [TopicState(kind, f"p.{kind}", int(kind != self.missing)) for kind in (*KINDS, "control")]

    @asynccontextmanager
    async def following(self, settings: Settings, kind: str, since: Any) -> AsyncIterator[Topic]:
        self.opened += 1
        yield Topic(self, kind)

    @asynccontextmanager
    async def client(self, settings: Settings) -> AsyncIterator[Broker]:
        yield self

    async def send_message(self, message: Message) -> None:
        self.sent.append(message)


class Topic:
    def __init__(self, broker: Broker, kind: str) -> None:
        self._broker = broker
        self._messages = broker.lying[kind]
        self._read = 0

    async def ends(self) -> int:
        if self._broker.is_away:
            self._broker.is_away -= 1
            raise BrokerUnreachableError("No broker answered.")
        return len(self._messages)

    async def look(self, ends: int) -> AsyncIterator[list[Any]]:
        now = 10**15  # later than any window begins
        batch, self._read = self._messages[self._read : ends], ends
        yield [SimpleNamespace(timestamp=now, value=orjson.dumps(each)) for each in batch]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    for name, value in {
        "list_topics": made.list_topics, "following": made.following, "Client": made.client, "TRY_AGAIN_S": 0.0,
    }.items():  # fmt: skip
        monkeypatch.setattr(module, name, value)
    return made


async def shown(broker: Broker, count: int) -> list[Quality]:
    """The first messages of a process."""
    found: list[Quality] = []
    enough, begun = asyncio.Event(), []

    def show(quality: Quality) -> None:
        found.append(quality)
        broker.lying["labels"].append(POST_VERDICT | {"id": f"later-{len(found)}"})
        if len(found) == count:
            enough.set()

    running = asyncio.create_task(Assessor(Settings(), 3600, 0.01, lambda: begun.append(1), show).run())
    waiting = asyncio.create_task(enough.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    for task in (running, waiting):
        task.cancel()
    await asyncio.wait({running, waiting})
    if not running.cancelled() and (error := running.exception()) is not None:
        raise error
    assert begun == [1]
    return found


async def test_each_message_says_all_that_lies_in_the_window(broker: Broker) -> None:
    broker.lying["reviews"] = [REVIEW, {"id": "no review"}]
    broker.lying["labels"] = [POST_VERDICT]
    first, second, third = await shown(broker, 3)

    assert [one.figures.verdicts for one in (first, second, third)] == [1, 2, 3]
    assert [(one.reviews, one.figures.reviewed, one.unreadable) for one in (first, third)] == [(1, 1, 1)] * 2
    assert (first.task, first.complete) == ("posts", True)
    assert first.until < second.until
    assert len({one.id for one in (first, second, third)}) == 3
    message = broker.sent[0]
    assert (message.kind, message.key) == ("quality", b"posts")
    assert Quality.model_validate_json(message.value or b"") == first


async def test_after_a_broker_was_away_the_window_is_read_anew(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.lying["labels"] = [POST_VERDICT]
    broker.is_away = 2
    (first,) = await shown(broker, 1)
    assert first.figures.verdicts == 1
    assert broker.opened == 6
    assert caplog.messages == ["No broker answered. It is tried again."] * 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_topic_that_is_missing_is_told_at_the_start(broker: Broker, kind: str) -> None:
    broker.missing = kind
    with pytest.raises(TopicMissingError, match=f"p.{kind}"):
        await shown(broker, 1)


async def test_who_reads_it_learns_nothing_of_who_reviewed(broker: Broker) -> None:
    broker.lying["labels"] = [POST_VERDICT]
    broker.lying["reviews"] = [REVIEW, REVIEW | {"id": "r2", "reviewer": "team-3", "supersedes": None}]
    (first,) = await shown(broker, 1)
    assert first.figures.agreement.items == 1
    assert b"team-" not in (broker.sent[0].value or b"")
