"""`tidegate models activate`, `rollback` and `status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.control import As, DryRun, Expect, Group, How, Note, Wait, Within, carry_out, show_status
from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, run, settings_from

if TYPE_CHECKING:
    from schemas import Control
    from streams.settings import Settings

Address = Annotated[str, typer.Argument(help="A model folder as the workers see it, or an address of a store.")]


def activate(
    address: Address,
    dry_run: DryRun = False,
    wait: Wait = False,
    within: Within = 300.0,
    expect: Expect = None,
    by: As = None,
    note: Note = None,
    group: Group = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Let another model judge. Each worker checks its hashes and golden cases first, and refuses it if they fail."""
    with reporting():
        settings = settings_from(brokers=brokers, topic_prefix=prefix, group=group)
        how = How.of(dry_run, wait, within, expect, by, note, as_json)
        entry = _entry(address, how)
        if dry_run:
            _check(settings, entry)
        carry_out(settings, lambda _: entry, how)


def rollback(
    dry_run: DryRun = False,
    wait: Wait = False,
    within: Within = 300.0,
    expect: Expect = None,
    by: As = None,
    note: Note = None,
    group: Group = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Let the model judge that did before the last change."""
    with reporting():
        from streams.control.change import back

        settings = settings_from(brokers=brokers, topic_prefix=prefix, group=group)
        how = How.of(dry_run, wait, within, expect, by, note, as_json)
        carry_out(settings, lambda state: back(state, "model", how.by, note), how, "rolled_back")


def status(group: Group = None, brokers: Brokers = None, prefix: Prefix = None, as_json: AsJson = False) -> None:
    """Show which model is to judge, and what each worker of the group runs."""
    with reporting():
        show_status(settings_from(brokers=brokers, topic_prefix=prefix, group=group), "model", as_json)


def _entry(address: str, how: How) -> Control:
    from hashlib import sha256

    from schemas import Control
    from streams.control.sources import absolute, manifest_version, read_manifest_bytes

    address = absolute(address)
    manifest = read_manifest_bytes(address)
    return Control(
        kind="model",
        name="default",
        version=manifest_version(manifest, address),
        address=address,
        digest=sha256(manifest).hexdigest(),
        by=how.by,
        note=how.note,
    )


def _check(settings: Settings, entry: Control) -> None:
    """As a worker does, under the policy that is in force, in a folder that goes away again."""
    from tempfile import TemporaryDirectory

    from streams.control.candidate import load_candidate
    from streams.control.change import read_state

    policy = run(read_state(settings)).get("policy/default")
    with TemporaryDirectory() as folder:
        load_candidate(settings.model_copy(update={"data_dir": Path(folder)}), entry, policy)
