"""An operator's change of the control topic: read, compare, write, as one step that nobody else can come between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from schemas import Control, Event
from schemas.channels import MAX_MESSAGE_BYTES
from schemas.control import Kind
from schemas.event import Breach
from streams.control.events import EventKind, new_event, outgoing
from streams.control.guards import sentence
from streams.control.state import DEFAULT, FORMER, State, named
from streams.control.topic import ControlTopic
from streams.errors import ClientError, translate
from streams.kafka.connection import CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S, connection_options
from streams.kafka.topics import topic_name
from streams.settings import Settings

TRANSACTION_S: Final = 30.0
ATTEMPTS: Final = 5
GUARD: Final = "guard"
"""Who asked for what a guard did."""


class ConflictError(ClientError):
    """Somebody else made a change that this one would overwrite unseen."""


def proposed(
    state: State, wanted: Control, expected: int | None, now: datetime, is_refused: bool = False
) -> list[Control]:
    """What has to be written for a change, the one that it makes first; pure.

    What it replaces, and the end of a trial, come behind it: a worker that reads them one by one never has to let the
    authors of a canary go back to the former model on their way to the new one. What is activated a second time does
    not become its own former one: there would be no way back.

    Args:
        wanted: the change, without revision and time.
        expected: the revision that the operator saw; None: any of the operator's own, or none at all.
        is_refused: what it replaces was not taken by the workers, so that what was before stays the former one.

    Raises:
        ConflictError: another one is there.
    """
    current = state.get(wanted.key)
    revision = 0 if current is None else current.revision
    if expected is None and current is not None and current.by != wanted.by:
        raise ConflictError(
            f"{wanted.key} is at revision {revision} by {current.by or 'nobody'}; "
            f"to replace it say --expect {revision}."
        )
    if expected is not None and expected != revision:
        raise ConflictError(f"{wanted.key} is at revision {revision} by now, not at {expected}; look at it first.")
    entry = wanted.model_copy(update={"revision": revision + 1, "expected": revision, "at": now})
    entries = [entry]
    if current is not None and wanted.name == DEFAULT and not is_refused and not _judge_alike(current, wanted):
        entries.append(current.model_copy(update={"name": FORMER}))
    if wanted.key == f"model/{DEFAULT}" and state.trial is not None:
        entries.append(_next(state.trial, wanted, now, active=False))
    return entries


def _judge_alike(one: Control, other: Control) -> bool:
    """Whether they surely name the same; an address alone may hold something else by now."""
    if not one.active and not other.active:
        return True
    names = [(entry.active, entry.digest, entry.content) for entry in (one, other)]
    return names[0] == names[1] and (one.digest or one.content) is not None


def _next(current: Control, wanted: Control, now: datetime, **changes: Any) -> Control:
    """The entry that follows this one, with whoever asks for the wanted one."""
    revision = current.revision
    asked = {"revision": revision + 1, "expected": revision, "by": wanted.by, "note": wanted.note, "at": now}
    return current.model_copy(update=asked | changes)


def back(state: State, kind: Kind, by: str, note: str | None) -> Control:
    """The change that ends a trial of a model, or else brings back what was before: before the first change, or one
    that no worker took, that is what the settings name.

    That has a revision, too, where a deleted key would begin anew with 1: so whoever waits for it, or replaces it, is
    never taken for somebody who saw an earlier one.

    Raises:
        ConflictError: there was nothing before.
    """
    if kind == "model" and state.trial is not None:
        return state.trial.model_copy(update={"active": False, "by": by, "note": note})
    former = state.get(f"{kind}/{FORMER}")
    if former is not None:
        return former.model_copy(update={"name": DEFAULT, "by": by, "note": note})
    if named(state.get(f"{kind}/{DEFAULT}")) is None:
        raise ConflictError(f"There is no {kind} to go back to: the one of the settings judges, and none did before.")
    return Control(kind=kind, name=DEFAULT, active=False, by=by, note=note)


def next_degree(trial: Control, now: datetime) -> Control | None:
    """The change to the next degree of a canary, once its time has come by the clock of the last change's message."""
    if not trial.then or trial.every_s is None or trial.at is None:
        return None
    if now < trial.at + timedelta(seconds=trial.every_s):
        return None
    return trial.model_copy(update={"share": trial.then[0], "then": trial.then[1:]})


async def roll_back(settings: Settings, trial: Control, breach: Breach, worker: str | None = None) -> Control:
    """Ends a canary that a guard has found wanting, at whichever degree it is by now.

    Args:
        worker: whose guard it was; None: nobody's of the group.

    Raises:
        ConflictError: it was ended before, or another model is tried by now.
        ClientError: see `change`.
    """

    def propose(state: State) -> list[Control]:
        current = state.trial
        if current is None or not current.judges or current.digest != trial.digest:
            raise ConflictError("The canary was ended before.")
        ended = current.model_copy(update={"active": False, "by": GUARD, "note": sentence(breach)})
        return proposed(state, ended, current.revision, now())

    return await change(settings, propose, "rolled_back", breach, worker)


async def read_state(settings: Settings) -> State:
    """What the topic says now.

    Raises:
        ClientError: the broker or the topic cannot be reached.
    """
    topic = ControlTopic(settings)
    try:
        state = State()
        for key, entry in await topic.read_to_end():
            state.put(key, entry)
        return state
    finally:
        await topic.close()


async def change(
    settings: Settings,
    propose: Callable[[State], Sequence[Control]],
    event: EventKind = "requested",
    breach: Breach | None = None,
    worker: str | None = None,
) -> Control:
    """Writes what `propose` makes of the state, and an event with it; returns its first entry.

    All operators of a prefix share one transactional id. Whoever starts later ends the transactions of those before,
    and then reads: so what was read is still what stands there when the change is written. Who was ended reads anew.

    Raises:
        ConflictError: what `propose` raises, or others came in between again and again; nothing was written.
        ClientError: the broker or the topic cannot be reached.
    """

    def tell(entry: Control) -> Event:
        group, reason = settings.group if worker else None, None if breach is None else sentence(breach)
        return new_event(event, entry, group=group, worker=worker, reason=reason, breach=breach)

    for _ in range(ATTEMPTS):
        try:
            return await _attempt(settings, propose, tell)
        except ProducerFenced:
            await asyncio.sleep(random.uniform(0.0, 1.0))  # noqa: S311
        except (KafkaError, TimeoutError, OSError) as error:
            raise translate(error, settings.brokers) from error
    raise ConflictError("Others change what is active at this moment; look at the status and try again.")


async def _attempt(
    settings: Settings, propose: Callable[[State], Sequence[Control]], tell: Callable[[Control], Event]
) -> Control:
    producer = AIOKafkaProducer(
        **connection_options(settings),
        transactional_id=_topic(settings, "control"),
        transaction_timeout_ms=int(TRANSACTION_S * 1000),
        max_request_size=MAX_MESSAGE_BYTES,
    )
    try:
        await asyncio.wait_for(producer.start(), CONNECT_TIMEOUT_S)
        entries = propose(await read_state(settings))
        async with asyncio.timeout(TRANSACTION_S), producer.transaction():
            await _send(producer, settings, entries, tell(entries[0]))
    finally:
        await asyncio.wait_for(producer.stop(), REQUEST_TIMEOUT_S)
    return entries[0]


async def _send(producer: Any, settings: Settings, entries: Sequence[Control], event: Event) -> None:
    told = outgoing(event)
    for entry in entries:
        value = entry.model_dump_json(exclude_none=True).encode()
        await producer.send_and_wait(_topic(settings, "control"), value, key=entry.key.encode(), partition=0)
    await producer.send_and_wait(_topic(settings, told.kind), told.value, key=told.key, partition=0)


def _topic(settings: Settings, kind: str) -> str:
    return topic_name(settings.topic_prefix, kind)


def now() -> datetime:
    return datetime.now(UTC)
