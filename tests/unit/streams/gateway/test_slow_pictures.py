"""Requests with pictures beside requests of text."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import orjson
import pytest

import streams.gateway.scoring
from streams.gateway.scoring import Scoring
from tests.support.desks import SlowDesk
from tests.support.gateway import model_of, settings_for

LARGE = orjson.dumps({"id": "p", "text": "look", "images": [{"data": "/9j/" * 20_000}]})


async def test_while_a_picture_is_looked_at_texts_have_room(
    tiny_artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = SlowDesk()
    monkeypatch.setattr(streams.gateway.scoring, "open_desk", lambda settings: desk)
    crashes: list[BaseException] = []
    scoring = Scoring(settings_for(tiny_artifact), model_of(tiny_artifact), crashes.append)
    scoring.start()
    deadline = time.monotonic() + 60
    looking = asyncio.create_task(scoring.answers([LARGE], "posts", deadline))
    async with asyncio.timeout(30):
        while not desk.asked:  # noqa: ASYNC110  the desk tells nobody
            await asyncio.sleep(0.001)
    assert scoring.in_flight == (1, 0)
    (answer,) = await scoring.answers([b'{"id": "t", "text": "you are lovely"}'], "posts", deadline)
    assert isinstance(answer, bytes)

    desk.answer()
    await looking
    assert (scoring.in_flight, crashes) == ((0, 0), [])
    await scoring.stop()
