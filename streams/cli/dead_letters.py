"""`tidegate dead-letters`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.moments import span
from streams.cli.terminal import AsJson, Brokers, Prefix, ProgressFile, reporting, run, settings_from, stdout

if TYPE_CHECKING:
    from streams.client.dead_letters import Count, Replayed, Wanted
    from streams.settings import Settings

Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only these; may be repeated.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many letters.", show_default=False)]
Since = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Failed then or later; ISO 8601.", show_default=False)
]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Failed before that.", show_default=False)]


def list_(
    reason: Reasons = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters that are in the topic now."""
    with reporting():
        wanted = _wanted(reason, since, until)
        run(_list(settings_from(brokers=brokers, topic_prefix=prefix), wanted, limit, as_json))


def replay(
    reason: Reasons = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send what was replayed before, too.")] = False,
    progress: ProgressFile = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Send the original records again, to the topic and partition they came from, each once. The letters stay."""
    with reporting():
        from streams.client.dead_letters import progress_file
        from streams.client.dead_letters import replay as replay_letters
        from streams.client.done_offsets import DoneOffsets
        from streams.kafka.topics import topic_name

        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        wanted = _wanted(reason, since, until)
        topic = topic_name(settings.topic_prefix, "dead-letters")
        done = None if again else DoneOffsets.open(progress or progress_file(settings), topic)
        replayed = run(replay_letters(settings, wanted, limit, dry_run, done))
        _show(replayed, dry_run, as_json)
        if replayed.total.failed:
            raise typer.Exit(1)


def _show(replayed: Replayed, dry_run: bool, as_json: bool) -> None:
    if as_json:
        import orjson

        by_reason = {reason: asdict(count) for reason, count in replayed.by_reason.items()}
        typer.echo(orjson.dumps({**asdict(replayed.total), "dry_run": dry_run, "by_reason": by_reason}).decode())
        return
    from streams.cli.tables import plain_table

    columns = ["would send" if dry_run else "sent", "failed", "sent before", "no record of ours"]
    table = plain_table("dead letters", ["reason"], columns)
    for reason, count in sorted(replayed.by_reason.items()):
        table.add_row(reason, *_cells(count))
    table.add_row("all", *_cells(replayed.total), style="bold")
    stdout().print(table)


def _cells(count: Count) -> list[str]:
    return [f"{number:,}" for number in asdict(count).values()]


def _wanted(reasons: list[str] | None, since: str | None, until: str | None) -> Wanted:
    from schemas import Reason
    from streams.client.dead_letters import Wanted

    allowed = [reason.value for reason in Reason]
    for reason in reasons or ():
        if reason not in allowed:
            raise typer.BadParameter(f"{reason!r} is not one of {', '.join(allowed)}", param_hint="--reason")
    return Wanted(frozenset(reasons or ()), *span(since, until))


async def _list(settings: Settings, wanted: Wanted, limit: int | None, as_json: bool) -> None:
    from streams.cli.lines import json_line, letter_line
    from streams.client.dead_letters import read_letters

    console = stdout()
    async for letter in read_letters(settings, wanted, limit):
        if as_json:
            typer.echo(json_line(letter))
        else:
            console.print(letter_line(letter))
