"""What cannot be read is told of once an outage, however often it is tried again."""

from __future__ import annotations

import pytest

from streams.errors import ClientError
from streams.kafka import outage
from streams.kafka.outage import Outage


async def test_each_outage_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "TRY_AGAIN_S", 0.0)
    told: list[str] = []
    away = Outage(lambda error: told.append(str(error)))
    for error in ("the first", "again"):
        await away.wait(ClientError(error))
    assert told == ["the first"]
    away.end()
    away.end()
    await away.wait(ClientError("another day"))
    assert told == ["the first", "another day"]
