"""`tidegate policy`: reading a policy, and looking for what is wrong with it. Nothing here loads a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.terminal import AsJson, printable, reporting, settings_from, stdout

if TYPE_CHECKING:
    from rich.table import Table

    from models.artifact import Artifact
    from streams.policy import Policy
    from streams.policy.check import Finding
    from streams.policy.tables import Rule

PolicyFile = Annotated[
    Path | None, typer.Argument(help="Policy file. Default: the one in the settings.", show_default=False)
]
ModelFolder = Annotated[
    Path | None, typer.Option("--artifact", help="Model folder, for its thresholds.", show_default=False)
]


def check(
    file: PolicyFile = None,
    artifact: ModelFolder = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the examples, and look for conflicts, rules that never fire or add nothing, and what has expired.

    Exit codes: 0 nothing is wrong; 1 something is; 2 the file is no policy.
    """
    with reporting():
        from streams.policy.check import findings

        policy, model = opened(file, artifact)
        found = findings(policy, model, datetime.now(UTC).date())
        show_findings(found, f"{policy.version_with()}: {len(policy.rules)} rules", as_json)
        if any(strict or finding.severity == "error" for finding in found):
            raise typer.Exit(1)


def run_examples(file: PolicyFile = None, artifact: ModelFolder = None, as_json: AsJson = False) -> None:
    """Run the examples of all rules, those that are off included. Exit codes as of `check`."""
    with reporting():
        from streams.policy.rulebook import compile_rules, failing_examples

        rules = compile_rules(*opened(file, artifact))
        faults = {rule.name: failing_examples(rule) for rule in rules}
        for rule in rules:
            count = len(rule.rule.must_match) + len(rule.rule.must_not_match)
            if as_json:
                _print_json({"rule": rule.name, "examples": count, "failing": faults[rule.name]})
            else:
                said = "; ".join(faults[rule.name]) or f"{count} examples do what they should"
                stdout().print(f"{rule.name}: {said}", markup=False)
        if not rules and not as_json:
            typer.echo("The policy has no rules.")
        if any(faults.values()):
            raise typer.Exit(1)


def show(file: PolicyFile = None, artifact: ModelFolder = None, as_json: AsJson = False) -> None:
    """Show what a policy does, in tables: scores that label and act, rules, lists and keywords."""
    with reporting():
        policy, model = opened(file, artifact)
        if as_json:
            _print_json({"hash": policy.version_with(), **policy.model_dump(mode="json", by_alias=True)})
            return
        from streams.cli.tables import wide_console

        console = wide_console()
        console.print(f"policy {policy.version_with()}, operating point {policy.posts.operating_point}", style="bold")
        for table in _tables(policy, model):
            if table.row_count:
                console.print()
                console.print(table)


def bundle(file: PolicyFile = None) -> None:
    """Print a policy as one text, with what the files that it names hold in their place: so it can travel."""
    with reporting():
        from streams.policy.bundle import bundled

        typer.echo(bundled(settings_from(policy=file).policy), nl=False)


def hash_(
    name: Annotated[str, typer.Argument(help="The list that they are for.")],
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
) -> None:
    """Read authors, one a line, from standard input, and print what stands for them on a list."""
    with reporting():
        from streams.policy.text import hash_author

        lists = opened(policy, None)[0].lists
        if name not in lists or lists[name].of != "authors":
            raise typer.BadParameter(f"{name} is no list of authors in this policy", param_hint="NAME")
        for line in sys.stdin:
            typer.echo(hash_author(line.rstrip("\r\n"), lists[name].salt))


def opened(file: Path | None, artifact: Path | None) -> tuple[Policy, Artifact]:
    """The policy, and of the model what a policy needs: its manifest. No file of the model is opened."""
    from models.artifact import Artifact, read_manifest
    from streams.policy import Policy

    settings = settings_from(policy=file, artifact=artifact)
    return Policy.load(settings.policy), Artifact(settings.artifact, read_manifest(settings.artifact))


def _print_json(document: dict[str, Any]) -> None:
    import orjson

    typer.echo(orjson.dumps(document).decode())


def show_findings(found: Sequence[Finding], about: str, as_json: bool) -> None:
    """One a line; for people with what they are about and how many there are."""
    if as_json:
        for finding in found:
            _print_json(asdict(finding))
        return
    console = stdout()
    for finding in found:
        style = "red" if finding.severity == "error" else "yellow"
        console.print(f"{finding.severity:<8}", style=style, end="", markup=False)
        console.print(f"{finding.kind:<10} {finding.subject}: {printable(finding.detail)}", markup=False)
    errors = sum(finding.severity == "error" for finding in found)
    console.print(f"{about}, {errors} errors, {len(found) - errors} warnings")


def _tables(policy: Policy, model: Artifact) -> Iterator[Table]:
    yield _scores(policy, model)
    yield _rules(policy.rules, datetime.now(UTC).date())
    lists = _table("lists", "name", "kind", "of", "entries")
    for name, one in policy.lists.items():
        lists.add_row(name, one.kind, one.of, f"{len(one.entries):,}")
    yield lists
    keywords = _table("keywords", "name", "words")
    for name, words in policy.keywords.items():
        keywords.add_row(name, f"{len(words.words):,}")
    yield keywords


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, title_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    return table


def _scores(policy: Policy, model: Artifact) -> Table:
    """From which score on a label stands, and acts: with what the model's operating point asks for."""
    from models.labels import POST_LABELS
    from streams.policy import Action
    from streams.policy.base import LANGUAGES
    from streams.policy.rules import PostRules, bars

    point = model.operating_point(policy.posts.operating_point)
    by_lang = [bars(policy.posts, point.thresholds, lang) for lang in LANGUAGES]
    rules = PostRules(policy, point.thresholds, point.acts_from)
    acting = [rules.acting_scores(lang) for lang in LANGUAGES]
    table = _table("labels by score", "label", *LANGUAGES, "limit", "review", "remove", "alert")
    table.caption, table.caption_justify = f"actions: {' / '.join(LANGUAGES)} where they differ; -: never", "left"
    for place, label in enumerate(POST_LABELS):
        actions = (_score_cell([its[label].get(one) for its in acting]) for one in Action if one)
        severe = policy.posts.severe.get(label)
        alert = "-" if severe is None else f"{severe.high:g}"
        table.add_row(label, *(f"{bar[place]:.2f}" for bar in by_lang), *actions, alert)
    return table


def _score_cell(by_lang: Sequence[float | None]) -> str:
    shown = ["-" if score is None else f"{score:.4g}" for score in by_lang]
    return shown[0] if len(set(shown)) == 1 else " / ".join(shown)


def _rules(rules: Sequence[Rule], today: date) -> Table:
    from streams.policy.wording import condition_words, effect_words

    table = _table("rules", "name", "mode", "when", "then", "owner", "expires")
    for rule in rules:
        is_over = rule.expires is not None and rule.expires <= today
        expires = "never" if rule.expires is None else f"{rule.expires}{' (over)' if is_over else ''}"
        when = printable(condition_words(rule.when), 1000)
        cells = (rule.name, rule.mode, when, printable(effect_words(rule.then)), printable(rule.owner), expires)
        table.add_row(*map(_plain, cells), style="dim" if is_over or rule.mode == "off" else None)
    return table


def _plain(cell: str) -> str:
    """As it is: square brackets are no markup."""
    from rich.markup import escape

    return escape(cell)
