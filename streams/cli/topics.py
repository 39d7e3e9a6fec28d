"""`tidegate topics`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, run, settings_from, stdout
from streams.kafka.partitions import DEFAULT_PARTITIONS

if TYPE_CHECKING:
    from streams.kafka.topics import TopicState


def create(
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Of each topic; control has one.")
    ] = DEFAULT_PARTITIONS,
    replication: Annotated[
        int | None, typer.Option(min=1, max=100, help="Copies; by default 3 or the number of brokers.")
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Create the topics that are missing. What exists is never changed."""
    with reporting():
        from streams.kafka.topics import create_topics

        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        states = run(create_topics(settings, partitions, replication))
        _show(states, as_json)


def list_(brokers: Brokers = None, prefix: Prefix = None, as_json: AsJson = False) -> None:
    """List the topics and their partition counts."""
    with reporting():
        from streams.kafka.topics import list_topics

        _show(run(list_topics(settings_from(brokers=brokers, topic_prefix=prefix))), as_json)


def _show(states: Iterable[TopicState], as_json: bool) -> None:
    if as_json:
        import orjson

        for state in states:
            typer.echo(orjson.dumps(asdict(state)))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("topic")
    table.add_column("partitions", justify="right")
    table.add_column("")
    for state in states:
        table.add_row(state.name, str(state.partitions or "-"), describe(state))
    stdout().print(table)


def describe(state: TopicState) -> str:
    if not state.partitions:
        return "missing"
    if state.differs:
        return f"{'created' if state.created else 'exists'} with {state.partitions}, not {state.wanted}; left alone"
    return "created" if state.created else "exists"
