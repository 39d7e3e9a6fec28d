"""`tidegate send` and `tidegate watch`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import uuid4

import typer

from streams.cli.score import open_lines
from streams.cli.terminal import (
    AsJson,
    Brokers,
    Prefix,
    one_of,
    output_names,
    reporting,
    run,
    settings_from,
    stderr,
    stdout,
    task_names,
)
from streams.feed import fed

if TYPE_CHECKING:
    from streams.client import Message
    from streams.settings import Settings

_READ_BYTES = 1 << 20


def send(
    kind: Annotated[
        str, typer.Argument(callback=one_of(task_names), autocompletion=task_names, help="The task that they are for.")
    ],
    file: Annotated[Path, typer.Argument(help="One record a line; - is standard input.")],
    text: Annotated[bool, typer.Option("--text", help="Lines are plain text, not JSON.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Send a file of records. The key is the author or patient; the line is sent as it is, valid or not."""
    with reporting():
        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        with open_lines(file) as lines:
            counts = run(_send(settings, kind, lines, text))
        if as_json:
            import orjson

            typer.echo(orjson.dumps(counts).decode())
        else:
            typer.echo(f"sent {counts['sent']}, acknowledged {counts['acknowledged']}, failed {counts['failed']}")
        if counts["failed"]:
            raise typer.Exit(1)


async def _send(settings: Settings, kind: str, lines: BinaryIO, text: bool) -> dict[str, int]:
    from rich.progress import Progress

    from streams.client import Client, Receipt

    counts = {"sent": 0, "acknowledged": 0, "failed": 0}
    with Progress(console=stderr(), transient=True) as progress:
        bar = progress.add_task(f"sending {kind}", total=None)
        async with Client(settings=settings) as client:
            async for receipt in client.send_many(messages(lines, kind, text)):
                counts["sent"] += 1
                counts["acknowledged" if isinstance(receipt, Receipt) else "failed"] += 1
                if not isinstance(receipt, Receipt) and counts["failed"] == 1:
                    progress.console.print(f"tidegate: {receipt}", markup=False, soft_wrap=True)
                progress.update(bar, completed=counts["sent"])
    return counts


async def messages(lines: BinaryIO, kind: str, text: bool) -> AsyncIterator[Message]:
    """Lines as messages, empty ones left out."""
    from streams.client.messages import line_message

    run_id, number = uuid4().hex[:8], 0
    async for line in _lines(lines):
        number += 1
        if line := line.rstrip(b"\r"):
            yield line_message(line, kind, f"{run_id}-{number}" if text else None)


async def _lines(source: BinaryIO) -> AsyncIterator[bytes]:
    """Gives a line as soon as it is there."""
    read = getattr(source, "read1", source.read)
    rest = b""
    async for some in fed(iter(partial(read, _READ_BYTES), b"")):
        *whole, rest = (rest + some).split(b"\n")
        for line in whole:
            yield line
    if rest:
        yield rest


def watch(
    kind: Annotated[
        str, typer.Argument(callback=one_of(output_names), autocompletion=output_names, help="Which topic.")
    ],
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Show what is there already, too.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.", show_default=False)] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Stop when nothing new came for so many seconds.", show_default=False)
    ] = None,
    group: Annotated[str | None, typer.Option(help="Go on where this group stopped.", show_default=False)] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Show what comes out, live. What was delivered twice is shown once."""
    with reporting():
        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        run(_watch(settings, kind, from_beginning, limit, timeout, group, as_json))


async def _watch(
    settings: Settings,
    kind: str,
    from_beginning: bool,
    limit: int | None,
    timeout_s: float | None,
    group: str | None,
    as_json: bool,
) -> None:
    from streams.cli.lines import json_line, line
    from streams.client import Client, Reading

    how: Reading = {"from_beginning": from_beginning, "timeout_s": timeout_s, "group": group}
    console, shown = stdout(), 0
    async with Client(settings=settings) as client:
        subscription = client.read(kind, **how)
        async for item in subscription:
            if as_json:
                typer.echo(json_line(item))
            else:
                console.print(line(item))
            shown += 1
            if shown == limit:
                await subscription.commit()
                break
