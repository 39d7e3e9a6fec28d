"""Events, written: what an operator asked for, what a worker made of it, what it runs."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from schemas import Control, Event
from schemas.event import Breach, Change, Drift, Revision, Running
from streams.record import Outgoing

EventKind = Literal["requested", "activated", "refused", "rolled_back", "running", "drifted"]
CLIENT_ID = "tidegate-"
"""Of a worker's consumer, before its name: so the group knows its workers by name."""


def worker_name() -> str:
    """Of this process: host, process id, and a little chance, because containers share both."""
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:64]
    return f"{host}-{os.getpid()}-{secrets.token_hex(2)}"


def revisions(entries: Iterable[Control]) -> list[Revision]:
    return [Revision(kind=entry.kind, name=entry.name, revision=entry.revision) for entry in entries]


def new_event(
    kind: EventKind,
    entry: Control | None,
    *,
    group: str | None = None,
    worker: str | None = None,
    reason: str | None = None,
    running: Running | None = None,
    breach: Breach | None = None,
    drift: Drift | None = None,
) -> Event:
    return Event(
        id=secrets.token_hex(16),
        kind=kind,
        created_at=datetime.now(UTC),
        group=group,
        worker=worker,
        change=None if entry is None else _change(entry),
        reason=reason,
        running=running,
        breach=breach,
        drift=drift,
    )


def _change(entry: Control) -> Change:
    return Change(
        kind=entry.kind,
        name=entry.name,
        revision=entry.revision,
        version=entry.version,
        digest=entry.digest,
        active=entry.active,
        by=entry.by,
        note=entry.note,
        share=entry.share,
        judges=entry.judges,
    )


def outgoing(event: Event) -> Outgoing:
    """A report of what runs takes the place of the worker's last one; all else is kept."""
    key = f"running/{event.worker}" if event.kind == "running" else event.id
    return Outgoing("events", key.encode(), event.model_dump_json().encode())
