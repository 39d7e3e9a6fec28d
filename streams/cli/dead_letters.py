"""`tidegate dead-letters`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, run, settings_from, stdout

if TYPE_CHECKING:
    from streams.settings import Settings

Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only these; may be repeated.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many letters.", show_default=False)]


def list_(
    reason: Reasons = None,
    limit: Limit = 100,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters that are in the topic now."""
    with reporting():
        reasons = _known(reason)
        run(_list(settings_from(brokers=brokers, topic_prefix=prefix), reasons, limit, as_json))


def replay(
    reason: Reasons = None,
    limit: Limit = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, send nothing.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Send the original records again, to the topic and partition they came from. The letters stay."""
    with reporting():
        import orjson

        from streams.client.dead_letters import replay as replay_letters

        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        done = run(replay_letters(settings, _known(reason), limit, dry_run))
        if as_json:
            typer.echo(orjson.dumps({**asdict(done), "dry_run": dry_run}).decode())
        else:
            typer.echo(
                f"{'would send' if dry_run else 'sent'} {done.sent}, failed {done.failed}, "
                f"left {done.foreign} that hold no record of an input topic of this prefix"
            )
        if done.failed:
            raise typer.Exit(1)


def _known(reasons: list[str] | None) -> list[str]:
    from schemas import Reason

    allowed = [reason.value for reason in Reason]
    for reason in reasons or ():
        if reason not in allowed:
            raise typer.BadParameter(f"{reason!r} is not one of {', '.join(allowed)}", param_hint="--reason")
    return reasons or []


async def _list(settings: Settings, reasons: list[str], limit: int | None, as_json: bool) -> None:
    from streams.cli.lines import json_line, letter_line
    from streams.client.dead_letters import read_letters

    console = stdout()
    async for letter in read_letters(settings, reasons, limit):
        if as_json:
            typer.echo(json_line(letter))
        else:
            console.print(letter_line(letter))
