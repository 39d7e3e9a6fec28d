"""`tidegate acls`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, settings_from


def acls(
    role: Annotated[str, typer.Option(help="worker, sender, reader, reviewer, assessor or operator.")] = "worker",
    principal: Annotated[str, typer.Option(help="Who it is for, as the broker calls them.")] = "User:tidegate",
    group: Annotated[str | None, typer.Option(help="Consumer group; a reader's own.", show_default=False)] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Print the ACLs that a program needs on the broker, and nothing beside them, as kafka-acls commands."""
    with reporting():
        from streams.kafka.acls import ROLES, commands
        from streams.kafka.acls import acls as least

        if role not in ROLES:
            raise typer.BadParameter(f"must be {', '.join(ROLES[:-1])} or {ROLES[-1]}", param_hint="--role")
        if role == "reader" and group is None:
            why = "a reader needs a group of its own: with the workers' group it could commit their offsets"
            raise typer.BadParameter(why, param_hint="--group")
        settings = settings_from(brokers=brokers, topic_prefix=prefix, group=group)
        granted = least(settings, role)
        if as_json:
            from dataclasses import asdict

            import orjson

            for acl in granted:
                typer.echo(orjson.dumps({"principal": principal, **asdict(acl)}).decode())
        else:
            for command in commands(granted, principal, settings.brokers):
                typer.echo(command)
