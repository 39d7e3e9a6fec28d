"""A worker says at its start which of its guards do nothing, since nothing else would show it."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from streams.settings import Settings
from streams.worker.life import _Worker

DEAD_LETTERS = "no limit of dead letters"
STUCK = "stuck_after_s has no end"
ABORTED = "isolation_level is read_uncommitted"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"dead_letter_max_ratio": 0}, []),
        ({"dead_letter_max_consecutive": 0}, []),
        ({"dead_letter_max_ratio": 0, "dead_letter_max_consecutive": 0}, [DEAD_LETTERS]),
        ({"dead_letter_max_ratio": 1, "dead_letter_max_consecutive": 0}, [DEAD_LETTERS]),
        ({"degrade_after_s": 0}, []),
        ({"stuck_after_s": inf}, [STUCK]),
        ({"isolation_level": "read_uncommitted"}, [ABORTED]),
        ({"stuck_after_s": inf, "isolation_level": "read_uncommitted"}, [STUCK, ABORTED]),
    ],
)
async def test_a_guard_that_is_switched_off_is_told_of_at_the_start(
    given: dict[str, Any], told: list[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: _Worker) -> None: ...

    monkeypatch.setattr(_Worker, "_work", nothing)
    assert await _Worker(Settings(**given)).run() == 0
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == len(told)
    assert all(sentence.startswith(start) for sentence, start in zip(said, told, strict=True))
