"""What the workers of a group say they run, and whether all of them follow a change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from schemas import Control, Event
from schemas.event import Revision, Running
from streams.control.events import CLIENT_ID
from streams.control.topic import Log
from streams.errors import ClientError, translate
from streams.kafka.connection import connected_admin
from streams.settings import Settings

ASK_EVERY_S: Final = 0.5
LOOK_S: Final = 5.0


class Reports:
    """Of all workers that ever ran, by name: the last report, and why changes were refused."""

    def __init__(self, settings: Settings) -> None:
        self._group = settings.group
        self._log = Log(settings, "events")
        self.running: dict[str, Running] = {}
        self._refusals: dict[tuple[str, str, int], str] = {}

    async def refresh(self) -> None:
        """Reads what came since the last time. Raises ClientError."""
        for message in await self._log.read_to_end():
            if (event := _event(message)) is not None and event.group == self._group:
                self.add(event)

    def add(self, event: Event) -> None:
        if event.worker is None:
            return
        if event.running is not None:
            self.running[event.worker] = event.running
        if event.kind == "refused" and event.change is not None:
            key = f"{event.change.kind}/{event.change.name}"
            self._refusals[event.worker, key, event.change.revision] = event.reason or "it does not say why"

    def is_refused(self, entry: Control) -> bool:
        """Whether a worker of this group, alive or not, said that it does not take it."""
        return any(refused[1:] == (entry.key, entry.revision) for refused in self._refusals)

    def reason(self, worker: str, entry: Control) -> str:
        return self._refusals.get((worker, entry.key, entry.revision), "it does not say why")

    async def close(self) -> None:
        await self._log.close()


@dataclass(slots=True)
class Following:
    """The workers of a group, by what they made of a change."""

    reached: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """With the reason."""
    silent: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Every worker took it up, and there is one."""
        return bool(self.reached) and not self.refused and not self.silent


def following(entry: Control, members: list[str], reports: Reports) -> Following:
    """Who follows a change, of these members of the group."""
    found = Following()
    for worker in members:
        running = reports.running.get(worker)
        if running is None:
            found.silent.append(worker)
        elif _holds(running.refused, entry):
            found.refused[worker] = reports.reason(worker, entry)
        elif _holds(running.revisions, entry):
            found.reached.append(worker)
        else:
            found.silent.append(worker)
    return found


def _holds(revisions: list[Revision], entry: Control) -> bool:
    """This change or a later one."""
    return any(
        (each.kind, each.name) == (entry.kind, entry.name) and each.revision >= entry.revision for each in revisions
    )


async def await_workers(settings: Settings, entry: Control, within_s: float) -> Following:
    """Returns when every worker of the group took a change up or refused it, after `within_s` at the latest.

    Raises:
        ClientError: the broker or a topic cannot be reached.
    """
    reports = Reports(settings)
    deadline = asyncio.get_running_loop().time() + within_s
    try:
        while True:
            await reports.refresh()
            found = following(entry, await members(settings), reports)
            if (found.reached or found.refused) and not found.silent:
                return found
            if asyncio.get_running_loop().time() > deadline:
                return found
            await asyncio.sleep(ASK_EVERY_S)
    finally:
        await reports.close()


async def members(settings: Settings) -> list[str]:
    """The workers of the group as the broker knows them; one that does not follow the control topic by its client id.

    Raises:
        ClientError: the broker cannot be reached or refuses.
    """
    return sorted(client_id.removeprefix(CLIENT_ID) for client_id in await _client_ids(settings))


async def is_deaf(settings: Settings) -> bool:
    """Whether the group has workers of which none follows the control topic, as one look shows.

    False where that cannot be told within `LOOK_S`, too.
    """
    try:
        async with asyncio.timeout(LOOK_S):
            there = await _client_ids(settings)
    except (ClientError, TimeoutError):
        return False
    return bool(there) and not any(client_id.startswith(CLIENT_ID) for client_id in there)


async def _client_ids(settings: Settings) -> list[str]:
    async with connected_admin(settings) as admin:
        try:
            (response,) = await admin.describe_consumer_groups([settings.group])
        except ValueError as error:
            raise translate(error, settings.brokers) from error
    (group,) = response.to_object()["groups"]
    return [member["client_id"] for member in group["members"]]


def _event(message: Any) -> Event | None:
    """None for one of another version: what it says is not for us."""
    try:
        return Event.model_validate_json(message.value or b"")
    except ValidationError:
        return None
