"""`tidegate policy activate`, `rollback`, `diff` and `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.control import How, Workers, carry_out, print_json, show_status
from streams.cli.options import expanded
from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, run, settings_from

if TYPE_CHECKING:
    from schemas import Control
    from streams.settings import Settings

PolicyFile = Annotated[str, typer.Argument(help="Policy file, or its address in a store.")]


@expanded
def activate(file: PolicyFile, *, how: How, workers: Workers) -> None:
    """Let another policy judge. What it says travels with the change, so the file may go away."""
    with reporting():
        entry = _entry(file, how)
        if how.dry_run:
            _check(workers.settings(), entry)
        carry_out(lambda _: entry, how, workers)


@expanded
def rollback(*, how: How, workers: Workers) -> None:
    """Let the policy judge that did before the last change."""
    with reporting():
        from streams.control.change import back

        carry_out(lambda state: back(state, "policy", how.by, how.note), how, workers, "rolled_back")


def diff(
    file: PolicyFile,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Show line by line what this policy says otherwise than the one that is active."""
    with reporting():
        from difflib import unified_diff

        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        revision, active = _active(settings)
        lines = list(unified_diff(active.splitlines(), _text(file).splitlines(), "active", file, lineterm=""))
        if as_json:
            print_json({"revision": revision, "diff": lines})
        else:
            typer.echo("\n".join(lines) or "They say the same.")


@expanded
def status(*, workers: Workers) -> None:
    """Show which policy is to judge, and what each worker of the group runs."""
    with reporting():
        show_status(workers, "policy")


def _active(settings: Settings) -> tuple[int | None, str]:
    """The revision, None for what the settings name, and the text."""
    from streams.control.change import read_state
    from streams.control.state import named

    entry = named(run(read_state(settings)).get("policy/default"))
    if entry is None:
        return None, _text(str(settings.policy))
    return entry.revision, entry.content if entry.content is not None else _text(entry.address or "", entry.digest)


def _text(address: str, digest: str | None = None) -> str:
    """What a file on this machine names is in its place. Raises PolicyError for what is no policy, SourceError for what
    cannot be read."""
    from pathlib import Path

    from streams.policy import Policy
    from streams.policy.bundle import bundled
    from streams.sources import absolute, fetch_file

    if digest is None and Path(address).is_file():
        return bundled(Path(address))
    content = fetch_file(absolute(address), digest)
    Policy.parse(content, address)
    return content.decode("utf-8")


def _check(settings: Settings, entry: Control) -> None:
    """As a worker does, with the model that is active. Raises what `check_policy` raises."""
    from streams.control.candidate import check_policy
    from streams.control.change import read_state

    check_policy(settings, entry, run(read_state(settings)).get("model/default"))


def _entry(file: str, how: How) -> Control:
    from hashlib import sha256

    from schemas import Control
    from schemas.control import MAX_CONTENT
    from streams.policy import Policy, PolicyError
    from streams.sources import absolute, fetch_file

    text = _text(file)
    fits = len(text) <= MAX_CONTENT
    if not fits and text.encode() != fetch_file(absolute(file), None):
        raise PolicyError(
            f"{file} is too large to travel and names other files: store what `policy bundle` makes of it."
        )
    return Control(
        kind="policy",
        name="default",
        version=Policy.parse(text.encode(), file).version,
        digest=sha256(text.encode()).hexdigest(),
        content=text if fits else None,
        address=None if fits else absolute(file),
        by=how.by,
        note=how.note,
    )
