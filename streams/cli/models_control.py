"""`tidegate models activate`, `shadow`, `report`, `rollback` and `status`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.control import How, HowOfModel, Percent, Workers, carry_out, show_status
from streams.cli.options import expanded
from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, run, settings_from
from streams.cli.trial_view import show_report

if TYPE_CHECKING:
    from schemas import Comparison, Control
    from streams.control.trial_report import TrialReport
    from streams.settings import Settings

Address = Annotated[str, typer.Argument(help="A model folder as the workers see it, or an address of a store.")]


@expanded
def activate(address: Address, *, how: HowOfModel, workers: Workers) -> None:
    """Let another model judge. Each worker checks its hashes and golden cases first, and refuses it if they fail."""
    with reporting():
        entry = model_entry(address, how)
        if how.dry_run:
            check_model(workers.settings(), entry)
        carry_out(lambda _: entry, how, workers)


@expanded
def shadow(
    address: Address,
    share: Percent = 10.0,
    *,
    how: HowOfModel,
    workers: Workers,
) -> None:
    """Let another model judge a share of the authors for comparison only. `rollback` or `activate` ends it."""
    with reporting():
        entry = model_entry(address, how).model_copy(update={"name": "candidate", "share": share / 100})
        if how.dry_run:
            check_model(workers.settings(), entry)
        carry_out(lambda _: entry, how, workers)


def report(
    revision: Annotated[
        int | None, typer.Option(min=1, help="Of the trial. Default: the last one.", show_default=False)
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Show where a model on trial decides otherwise, and whether enough was compared so far to say so."""
    with reporting():
        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        show_report(*run(_compared(settings, revision)), as_json)


async def _compared(settings: Settings, revision: int | None) -> tuple[int, TrialReport]:
    """The trial's revision, and what was found."""
    from streams.client.reviewed import read_reviews
    from streams.control.change import ConflictError, read_state
    from streams.control.trial_report import TrialReport

    if revision is None:
        entry = (await read_state(settings)).get("model/candidate")
        if entry is None:
            raise ConflictError("No model is on trial, and none was.")
        revision = entry.revision if entry.active else entry.expected
    found = TrialReport((await read_reviews(settings))[0].usual())
    async for comparison in _comparisons(settings):
        if comparison.revision == revision:
            found.add(comparison)
    return revision, found


async def _comparisons(settings: Settings) -> AsyncIterator[Comparison]:
    """All that lie in the topic now: while the trial goes on there are always more to come."""
    from schemas import Comparison
    from streams.client.between import read_between
    from streams.client.messages import decoder

    decode = decoder(Comparison)
    async for messages in read_between(settings, "comparisons"):
        for message in messages:
            try:
                comparison, _ = decode(message)
            except ValueError:
                where = f"{message.topic}[{message.partition}]@{message.offset}"
                typer.echo(f"tidegate: the comparison at {where} cannot be read", err=True)
            else:
                yield comparison


@expanded
def rollback(*, how: HowOfModel, workers: Workers) -> None:
    """End a trial if there is one; else let the model judge that did before the last change."""
    with reporting():
        from streams.control.change import back

        carry_out(lambda state: back(state, "model", how.by, how.note), how, workers, "rolled_back")


@expanded
def status(*, workers: Workers) -> None:
    """Show which model is to judge, and what each worker of the group runs."""
    with reporting():
        show_status(workers, "model")


def model_entry(address: str, how: How) -> Control:
    """The change that lets it judge. Raises SourceError for what is no model."""
    from hashlib import sha256

    from schemas import Control
    from streams.sources import absolute, parse_manifest, read_manifest_bytes

    address = absolute(address)
    manifest = read_manifest_bytes(address)
    return Control(
        kind="model",
        name="default",
        version=parse_manifest(manifest, address).full_version,
        address=address,
        digest=sha256(manifest).hexdigest(),
        by=how.by,
        note=how.note,
    )


def check_model(settings: Settings, entry: Control) -> None:
    """As a worker does, under the policy that is in force, in a folder that goes away again."""
    from tempfile import TemporaryDirectory

    from streams.control.candidate import load_candidate
    from streams.control.change import read_state

    policy = run(read_state(settings)).get("policy/default")
    with TemporaryDirectory() as folder:
        load_candidate(settings.model_copy(update={"data_dir": Path(folder)}), entry, policy)
