"""`tidegate backfill`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.moments import moment
from streams.cli.terminal import AsJson, Brokers, Prefix, ProgressFile, reporting, run, settings_from, stderr

if TYPE_CHECKING:
    from streams.client.backfill import Edge, Stretch

RATE = 100.0


def backfill(
    topic: Annotated[str, typer.Option(help="posts, symptoms, or the full name of any topic.", show_default=False)],
    since: Annotated[
        str, typer.Option("--from", metavar="TIME|OFFSET", help="First record; ISO 8601.", show_default=False)
    ],
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME|OFFSET", help="Up to before that; now.", show_default=False)
    ] = None,
    task: Annotated[str | None, typer.Option(help="Of a topic by its full name.", show_default=False)] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=1e6, help="Records a second at most.")] = RATE,
    again: Annotated[bool, typer.Option("--again", help="Send what was sent before, too.")] = False,
    progress: ProgressFile = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Have a stretch of a topic judged once more, behind what comes in live. Cut off, it goes on where it was."""
    with reporting():
        from streams.client.backfill import backfill as send_stretch
        from streams.client.backfill import progress_file
        from streams.client.done_offsets import DoneOffsets

        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        stretch = _stretch(settings.topic_prefix, topic, task, edge(since), None if until is None else edge(until))
        path = progress or progress_file(settings, stretch.topic)
        done = DoneOffsets(path, stretch.topic) if again else DoneOffsets.open(path, stretch.topic)
        with _bar() as report:
            result = run(send_stretch(settings, stretch, rate, done, report))
        if as_json:
            import orjson

            typer.echo(orjson.dumps({"topic": stretch.topic, "task": stretch.task, **asdict(result)}).decode())
        else:
            typer.echo(f"sent {result.sent:,}, failed {result.failed:,}, sent before {result.before:,}")
        if result.failed:
            raise typer.Exit(1)


def edge(text: str) -> Edge:
    """An offset, or a time; raises typer.BadParameter."""
    return int(text) if text.isascii() and text.isdigit() else moment(text)


def _stretch(prefix: str, topic: str, task: str | None, since: Edge, until: Edge | None) -> Stretch:
    from streams.client.backfill import Stretch
    from streams.kafka.topics import topic_name
    from streams.tasks import declared

    known = declared()
    if until is not None and _is_empty(since, until):
        raise typer.BadParameter("must be later than --from", param_hint="--to")
    if topic in known and task not in (None, topic):
        raise typer.BadParameter(f"is for a topic by its full name, and {topic} is none", param_hint="--task")
    if topic in known:
        task, topic = task or topic, topic_name(prefix, topic)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", topic):
        raise typer.BadParameter("may hold letters, digits, dots, dashes and underscores", param_hint="--topic")
    by_topic = {topic_name(prefix, name): name for name in known}
    task = task or by_topic.get(topic)
    if task is None or task not in known:
        raise typer.BadParameter(f"of {topic} must be {' or '.join(known)}", param_hint="--task")
    if topic == topic_name(prefix, known[task].backfill.kind):
        raise typer.BadParameter(f"{topic} is where its own records would go", param_hint="--topic")
    return Stretch(topic, task, since, until)


def _is_empty(since: Edge, until: Edge) -> bool:
    if isinstance(since, int) and isinstance(until, int):
        return until <= since
    return not isinstance(since, int) and not isinstance(until, int) and until <= since


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """On stderr; where that is no terminal, nothing is shown."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = stderr()
    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        shown = bar.add_task("", total=None)
        yield lambda at, total: bar.update(shown, completed=at, total=total)
