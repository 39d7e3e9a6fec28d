"""`tidegate demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal import reporting, run


def demo(
    rate: Annotated[float, typer.Option(min=1, max=2000, help="Records a second.")] = 25.0,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a live table.")] = False,
) -> None:
    """Run everything on this machine for half a minute: broker, worker, a stream of posts and symptom records, and a
    policy that changes while posts flow."""
    with reporting():
        from streams.cli.demo.runner import run_demo

        code = run(run_demo(rate, plain))
    raise typer.Exit(code)
