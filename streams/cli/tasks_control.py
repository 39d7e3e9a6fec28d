"""`tidegate tasks`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.control import As, DryRun, Expect, Group, How, Note, Wait, Within, carry_out, show_status
from streams.cli.terminal import AsJson, Brokers, Prefix, one_of, reporting, settings_from, task_names

TaskName = Annotated[str, typer.Argument(callback=one_of(task_names), autocompletion=task_names, help="Which task.")]


def enable(
    task: TaskName,
    dry_run: DryRun = False,
    wait: Wait = False,
    within: Within = 60.0,
    expect: Expect = None,
    by: As = None,
    note: Note = None,
    group: Group = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Read the task's records again, from where reading stopped."""
    with reporting():
        how = How.of(dry_run, wait, within, expect, by, note, as_json)
        _set(task, True, how, brokers=brokers, topic_prefix=prefix, group=group)


def disable(
    task: TaskName,
    dry_run: DryRun = False,
    wait: Wait = False,
    within: Within = 60.0,
    expect: Expect = None,
    by: As = None,
    note: Note = None,
    group: Group = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Stop reading the task's records. They stay in their topic, for as long as the topic keeps them."""
    with reporting():
        how = How.of(dry_run, wait, within, expect, by, note, as_json)
        _set(task, False, how, brokers=brokers, topic_prefix=prefix, group=group)


def status(group: Group = None, brokers: Brokers = None, prefix: Prefix = None, as_json: AsJson = False) -> None:
    """Show which tasks are disabled, and which each worker of the group reads."""
    with reporting():
        show_status(settings_from(brokers=brokers, topic_prefix=prefix, group=group), "task", as_json)


def _set(task: str, active: bool, how: How, **given: str | None) -> None:
    from schemas import Control

    entry = Control(kind="task", name=task, active=active, by=how.by, note=how.note)
    carry_out(settings_from(**given), lambda _: entry, how)
