"""What the commands that change what is active share: who asks, what is replaced, and who follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from streams.cli.terminal import AsJson, Brokers, Prefix, run, settings_from, stdout

if TYPE_CHECKING:
    from schemas import Control
    from streams.control.events import EventKind
    from streams.control.reports import Following, Reports
    from streams.control.state import State
    from streams.settings import Settings


def _name_of(said: str) -> str:
    """Who is named, or whoever is at the terminal. Raises typer.BadParameter where nobody knows."""
    try:
        return said or getuser()
    except (OSError, KeyError):
        raise typer.BadParameter("nobody knows your name here; give --as") from None


DryRun = Annotated[bool, typer.Option("--dry-run", help="Check it and say what would be written; write nothing.")]
Wait = Annotated[bool, typer.Option("--wait", help="Until every worker of the group took it up or refused it.")]
Within = Annotated[float, typer.Option(min=1, max=3600, help="Longest --wait, in seconds.")]
Expect = Annotated[
    int | None, typer.Option(min=0, help="The revision to replace; needed for another's.", show_default=False)
]
As = Annotated[
    str, typer.Option("--as", callback=_name_of, help="Who asks. Default: the user's name.", show_default=False)
]
Note = Annotated[str | None, typer.Option(help="Why, for those who look later.", show_default=False)]
Percent = Annotated[float, typer.Option("--share", min=0.01, max=100, help="Percent of the authors.")]
Group = Annotated[str | None, typer.Option(help="Consumer group of the workers.", show_default=False)]


SETTINGS: Final = "what each worker's settings name"


@dataclass(frozen=True, slots=True)
class How:
    """Options of a change."""

    dry_run: DryRun = False
    wait: Wait = False
    within: Within = 60.0
    expect: Expect = None
    by: As = ""
    note: Note = None


@dataclass(frozen=True, slots=True)
class HowOfModel(How):
    """Of a change that has the workers load a model, which takes a while."""

    within: Within = 300.0


@dataclass(frozen=True, slots=True)
class Workers:
    """Options of what is asked of the workers of a group."""

    group: Group = None
    brokers: Brokers = None
    prefix: Prefix = None
    as_json: AsJson = False

    def settings(self) -> Settings:
        return settings_from(brokers=self.brokers, topic_prefix=self.prefix, group=self.group)


def carry_out(wanted: Callable[[State], Control], how: How, workers: Workers, event: EventKind = "requested") -> None:
    """Writes a change and says so; with --wait ends with 1 where a worker does not follow.

    That no worker listens at all is told either way.
    """
    settings = workers.settings()
    if how.dry_run:
        _show_change(run(_try(settings, wanted, how)), None, how, workers.as_json)
        return
    entry, found = run(_change(settings, wanted, how, event))
    _show_change(entry, found, how, workers.as_json)
    if found is None or found.silent:
        _warn_of_the_deaf(settings)
    if found is not None and not found.is_complete:
        raise typer.Exit(1)


def _warn_of_the_deaf(settings: Settings) -> None:
    from streams.control.reports import is_deaf

    if run(is_deaf(settings)):
        typer.echo(
            f"tidegate: no worker of the group {settings.group} follows the control topic, so nothing changes: "
            'start them with the setting control = "on" (TIDEGATE_CONTROL=on).',
            err=True,
        )


async def _try(settings: Settings, wanted: Callable[[State], Control], how: How) -> Control:
    from streams.control.change import now, proposed, read_state

    state = await read_state(settings)
    return proposed(state, wanted(state), how.expect, now())[0]


async def _change(
    settings: Settings, wanted: Callable[[State], Control], how: How, event: EventKind
) -> tuple[Control, Following | None]:
    from streams.control.change import change, now, proposed
    from streams.control.reports import await_workers

    asyncio.get_running_loop().set_exception_handler(_without_the_fenced)
    reports = await read_reports(settings)

    def propose(state: State) -> list[Control]:
        entry = wanted(state)
        current = state.get(entry.key)
        is_refused = current is not None and reports.is_refused(current)
        return proposed(state, entry, how.expect, now(), is_refused)

    entry = await change(settings, propose, event)
    return entry, await await_workers(settings, entry, how.within) if how.wait else None


def _without_the_fenced(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """aiokafka leaves the news that somebody else came first in futures that nobody asks."""
    from aiokafka.errors import ProducerFenced

    if not isinstance(context.get("exception"), ProducerFenced):
        loop.default_exception_handler(context)


async def read_reports(settings: Settings) -> Reports:
    """What the workers said last."""
    from streams.control.reports import Reports

    reports = Reports(settings)
    try:
        await reports.refresh()
    finally:
        await reports.close()
    return reports


def shown(entry: Control) -> dict[str, Any]:
    """All of an entry but the content of a policy."""
    return entry.model_dump(mode="json", exclude={"content", "schema_version"})


def described(entry: Control) -> str:
    """What an entry says, in a few words: of a model on trial the share, the degrees that follow, and the guards."""
    what = entry.version or ("enabled" if entry.active else "disabled")
    if entry.share is None:
        return what if entry.active or entry.kind == "task" else SETTINGS
    if not entry.active:
        return f"{what} (ended)"
    if not entry.judges:
        return f"{what} judges {100 * entry.share:g} % of the authors for comparison"
    words = [f"{what} judges {100 * entry.share:g} %"]
    if entry.then:
        words.append(f"then {', '.join(f'{100 * share:g}' for share in entry.then)} % every {entry.every_s:g} s")
    limits = {} if entry.guards is None else entry.guards.model_dump(exclude_none=True)
    words.append("guards " + ", ".join(f"{name} {limit:g}" for name, limit in limits.items()))
    return "; ".join(words)


def _show_change(entry: Control, found: Following | None, how: How, as_json: bool) -> None:
    if as_json:
        print_json({**shown(entry), "dry_run": how.dry_run, "workers": None if found is None else asdict(found)})
        return
    said = "would become" if how.dry_run else "is"
    typer.echo(f"{entry.kind} {entry.name}: {described(entry)} {said} revision {entry.revision}, by {entry.by}")
    if described(entry) == SETTINGS:
        typer.echo("  as it was before the first change")
    if found is None:
        return
    for worker in found.reached:
        typer.echo(f"  {worker}: follows")
    for worker, reason in found.refused.items():
        typer.echo(f"  {worker}: refused: {reason}")
    for worker in found.silent:
        typer.echo(f"  {worker}: does not say that it follows")
    if not (found.reached or found.refused or found.silent):
        typer.echo("  no worker of the group is there")


def show_status(workers: Workers, kind: str) -> None:
    """The entries of a kind, and what each worker of the group runs."""
    state, running = run(_status(workers.settings()))
    entries = [entry for entry in state if entry.kind == kind]
    if workers.as_json:
        print_json({"entries": [shown(entry) for entry in entries], "workers": running})
        return
    from streams.cli.tables import plain_table

    table = plain_table("", ["name", "what", "by", "at", "note"], ["revision"])
    for entry in entries:
        at = entry.at.isoformat(timespec="seconds") if entry.at else ""
        table.add_row(entry.name, described(entry), entry.by or "", at, entry.note or "", str(entry.revision))
    stdout().print(table if entries else f"The control topic names no {kind}: the settings say what is active.", "")
    _show_workers(running)


def _show_workers(running: Mapping[str, dict[str, Any] | None]) -> None:
    from streams.cli.tables import plain_table

    table = plain_table("", ["worker", "model", "policy", "tasks", "refused"], [])
    for worker, said in running.items():
        if said is None:
            table.add_row(worker, "does not say", "", "", "")
            continue
        refused = ", ".join("{kind}/{name} {revision}".format(**each) for each in said["refused"])
        table.add_row(worker, said["model_version"], said["policy_version"], ", ".join(said["tasks"]), refused)
    stdout().print(table if running else "No worker of the group is there.")


async def _status(settings: Settings) -> tuple[State, dict[str, dict[str, Any] | None]]:
    from streams.control.change import read_state
    from streams.control.reports import members

    state, reports = await read_state(settings), await read_reports(settings)
    known = reports.running
    return state, {
        worker: known[worker].model_dump(mode="json") if worker in known else None for worker in await members(settings)
    }


def print_json(document: dict[str, Any]) -> None:
    import orjson

    typer.echo(orjson.dumps(document))
