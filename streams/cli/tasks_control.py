"""`tidegate tasks`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.control import How, Workers, carry_out, show_status
from streams.cli.options import expanded
from streams.cli.terminal import one_of, reporting, task_names

TaskName = Annotated[str, typer.Argument(callback=one_of(task_names), autocompletion=task_names, help="Which task.")]


@expanded
def enable(task: TaskName, *, how: How, workers: Workers) -> None:
    """Read the task's records again, from where reading stopped."""
    with reporting():
        _set(task, True, how, workers)


@expanded
def disable(task: TaskName, *, how: How, workers: Workers) -> None:
    """Stop reading the task's records. They stay in their topic, for as long as the topic keeps them."""
    with reporting():
        _set(task, False, how, workers)


@expanded
def status(*, workers: Workers) -> None:
    """Show which tasks are disabled, and which each worker of the group reads."""
    with reporting():
        show_status(workers, "task")


def _set(task: str, active: bool, how: How, workers: Workers) -> None:
    from schemas import Control

    entry = Control(kind="task", name=task, active=active, by=how.by, note=how.note)
    carry_out(lambda _: entry, how, workers)
