"""The end of the demo: another policy takes over while posts flow; the same post before and after."""

from __future__ import annotations

import asyncio
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from schemas import Control, PostVerdict
from streams.cli.demo.children import Children, DemoError
from streams.cli.terminal import printable
from streams.client import Client, Message, Receipt
from streams.client.messages import record_message
from streams.client.subscription import Subscription
from streams.control.change import change, now, proposed
from streams.control.state import DEFAULT, State
from streams.history import History, Place
from streams.policy import Policy
from streams.policy.bundle import bundled, written
from streams.settings import Settings
from streams.tasks.posts import POSTS

TEXT: Final = "Tickets for the river raffle are at the kiosk again, two for one until Friday."
RULE_NAME: Final = "demo-river-raffle"
RULE: Final = f"""
name = "{RULE_NAME}"
owner = "demo"
about = "There is no such raffle: the tickets are a fraud."
mode = "on"
when.regex = '(?i)\\briver raffle\\b'
then = {{ action = "review", labels = ["fraud"], note = "river raffle" }}
must_match = ["the River Raffle is back"]
must_not_match = ["a walk along the river"]
"""
EVERY_S: Final = 0.05
BEFORE: Final = 20
"""Posts that are judged before the change is written."""
AFTER: Final = 20
"""Verdicts of the new policy that are waited for."""
WITHIN_S: Final = 45.0


@dataclass(slots=True)
class Change:
    """The posts that flowed, with their verdicts."""

    history: History[Place, float, PostVerdict] = field(default_factory=History)
    refused: int = 0
    """Posts that the broker did not take."""
    order: list[PostVerdict] = field(default_factory=list)
    written_at: float | None = None
    """Monotonic seconds."""
    judged_at: float | None = None
    """When the first verdict of the new policy was seen."""

    def add(self, verdict: PostVerdict, at: float) -> None:
        source = verdict.source
        assert source is not None
        self.history.add_answer((source.topic, source.partition, source.offset), verdict)
        self.order.append(verdict)
        if self.judged_at is None and is_new(verdict):
            self.judged_at = at

    @property
    def old(self) -> list[PostVerdict]:
        return [verdict for verdict in self.order if not is_new(verdict)]

    @property
    def new(self) -> list[PostVerdict]:
        return [verdict for verdict in self.order if is_new(verdict)]

    @property
    def is_complete(self) -> bool:
        """Both policies judged, and every post came back exactly once."""
        return bool(self.old and self.new) and not self.refused and self.history.is_exact


def is_new(verdict: PostVerdict) -> bool:
    """Whether the policy with the rule judged it: the rule holds for every one of the posts."""
    return any(rule.name == RULE_NAME for rule in verdict.rules)


def changed_policy(settings: Settings) -> str:
    """The policy in force, and one rule more. Raises PolicyError where the two do not fit."""
    document = tomllib.loads(bundled(settings.policy))
    document["rules"] = [*document.get("rules", ()), tomllib.loads(RULE)]
    text = written(document)
    Policy.parse(text.encode(), "of the demo")
    return text


async def change_unless_stopped(settings: Settings, children: Children, stop: asyncio.Event) -> Change | None:
    """None where a stop is asked for. Raises DemoError when a process ends by itself."""
    changing = asyncio.create_task(change_policy(settings))
    tasks: set[asyncio.Task[Any]] = {
        changing,
        asyncio.create_task(children.until_one_ends()),
        asyncio.create_task(stop.wait()),
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return changing.result() if changing in done else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def change_policy(settings: Settings) -> Change:
    """Sends the same text again and again, lets another policy judge in the middle, and waits for all verdicts."""
    found = Change()
    text = await asyncio.to_thread(changed_policy, settings)
    async with Client(settings=settings) as client:
        verdicts = await client.verdicts().open()
        reading = asyncio.create_task(_read(verdicts, found))
        stop = asyncio.Event()
        sending = asyncio.create_task(_send(client, found, stop))
        try:
            async with asyncio.timeout(WITHIN_S):
                await _until(lambda: len(found.order) >= BEFORE, reading, sending)
                found.written_at = time.monotonic()
                await _activate(settings, text)
                await _until(lambda: len(found.new) >= AFTER, reading, sending)
                stop.set()
                await sending
                await _until(lambda: not found.history.lost, reading)
        except TimeoutError:
            pass  # what is missing is told
        finally:
            for task in (reading, sending):
                task.cancel()
            await asyncio.wait((reading, sending))
    return found


async def _until(claim: Callable[[], object], *working: asyncio.Task[None]) -> None:
    """Raises what ended one of those at work."""
    while not claim():
        for task in working:
            if task.done():
                task.result()
        await asyncio.sleep(EVERY_S)


async def _activate(settings: Settings, text: str) -> None:
    """What `tidegate policy activate` does."""
    entry = Control(
        kind="policy",
        name=DEFAULT,
        version=Policy.parse(text.encode(), "of the demo").version,
        digest=sha256(text.encode()).hexdigest(),
        content=text,
        by="demo",
        note="the river raffle is a fraud",
    )

    def propose(state: State) -> list[Control]:
        return proposed(state, entry, None, now())

    await change(settings, propose)


async def _send(client: Client, found: Change, stop: asyncio.Event) -> None:
    async for result in client.send_many(_posts(stop)):
        if isinstance(result, Receipt):
            found.history.sent[result.topic, result.partition, result.offset] = time.monotonic()
        else:
            found.refused += 1


async def _posts(stop: asyncio.Event) -> AsyncIterator[Message]:
    number = 0
    while not stop.is_set():
        number += 1
        yield record_message(POSTS.name, {"id": f"raffle-{number}", "author": f"seller-{number % 7}", "text": TEXT})
        await asyncio.sleep(EVERY_S)


async def _read(verdicts: Subscription[PostVerdict], found: Change) -> None:
    async for verdict in verdicts:
        found.add(verdict, time.monotonic())


def print_change(console: Console, change: Change) -> None:
    """The same post under both policies, and whether any was lost."""
    table = Table("policy", "verdict", "why", "posts", title="a policy changed while posts flow", title_justify="left")
    for verdicts in (change.old, change.new):
        if verdicts:
            one = verdicts[-1]
            why = ", ".join(one.reasons) or "-"
            table.add_row(one.policy_version, one.action, printable(why), str(len(verdicts)))
    console.print(f'The same post again and again: "{TEXT}"', markup=False)
    console.print(table)
    if not change.is_complete:
        raise DemoError(_what_is_missing(change))
    assert change.written_at is not None
    assert change.judged_at is not None
    took_s = change.judged_at - change.written_at
    sent = len(change.history.sent)
    console.print(
        f"The new policy judged {took_s:.1f} s after it was asked for. All {sent} posts came back exactly once.",
        style="green",
    )


def _what_is_missing(change: Change) -> str:
    lost, sent = len(change.history.lost), len(change.history.sent)
    if lost or change.refused or change.history.repeated:
        repeated = len(change.history.repeated)
        return f"Of {sent} posts during the change of the policy {lost} got no verdict, and {repeated} more than one."
    return "The changed policy did not judge in time."
