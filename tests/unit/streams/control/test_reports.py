"""Who of a group follows a change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from schemas import Control, Event
from schemas.event import Revision, Running
from streams.control import reports as reports_module
from streams.control.events import EventKind, new_event, outgoing
from streams.control.reports import Reports, following, is_deaf
from streams.errors import ClientError
from streams.settings import Settings

ENTRY = Control(kind="policy", name="default", content="x", revision=4)


def running(revision: int = 0, refused: int = 0) -> Running:
    def said(number: int) -> list[Revision]:
        return [Revision(kind="policy", name="default", revision=number)] if number else []

    return Running(
        model_version="m", policy_version="p", tasks=["posts"], revisions=said(revision), refused=said(refused)
    )


def event(worker: str, kind: EventKind = "running", entry: Control | None = None, **fields: Any) -> Event:
    return new_event(kind, entry, group="tidegate", worker=worker, **fields)


def test_each_worker_is_asked_for_its_last_word() -> None:
    reports = Reports(Settings())
    for each in (
        event("new", running=running(3)),
        event("new", running=running(4)),
        event("newer", running=running(5)),
        event("old", running=running(3)),
        event("fresh", running=running()),
        event("refuses", "refused", ENTRY, reason="The policy is wrong.", running=running(3, refused=4)),
        event("gone", running=running(3)),
    ):
        reports.add(each)

    found = following(ENTRY, ["fresh", "mute", "new", "newer", "old", "refuses"], reports)
    assert found.reached == ["new", "newer"]
    assert found.refused == {"refuses": "The policy is wrong."}
    assert found.silent == ["fresh", "mute", "old"]
    assert not found.is_complete
    assert following(ENTRY, ["new", "newer"], reports).is_complete


def test_a_group_without_workers_does_not_follow() -> None:
    assert not following(ENTRY, [], Reports(Settings())).is_complete


def test_another_task_or_kind_is_no_answer() -> None:
    reports = Reports(Settings())
    reports.add(event("new", running=running(4)))
    for other in (ENTRY.model_copy(update={"kind": "model"}), ENTRY.model_copy(update={"name": "former"})):
        assert following(other, ["new"], reports).silent == ["new"]


def test_what_one_worker_refused_is_refused() -> None:
    reports = Reports(Settings())
    reports.add(event("gone", "refused", ENTRY, reason="no", running=running(3, refused=4)))
    assert reports.is_refused(ENTRY)
    assert not reports.is_refused(ENTRY.model_copy(update={"revision": 5}))
    assert not reports.is_refused(ENTRY.model_copy(update={"kind": "model"}))


@pytest.mark.parametrize("trouble", ["refused", "silent"])
async def test_a_group_that_cannot_be_looked_at_is_not_called_deaf(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(settings: object) -> list[str]:
        if trouble == "silent":
            await asyncio.sleep(60)
        raise ClientError("no")

    monkeypatch.setattr(reports_module, "_client_ids", look)
    monkeypatch.setattr(reports_module, "LOOK_S", 0.01)
    assert not await is_deaf(Settings())


def test_a_report_takes_the_place_of_the_last_one_and_a_change_stays() -> None:
    assert outgoing(event("w", running=running())).key == outgoing(event("w", running=running(4))).key
    changes = [outgoing(event("w", "activated", ENTRY, running=running(4))).key for _ in range(2)]
    assert changes[0] != changes[1]
