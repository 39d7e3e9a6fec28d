"""Puts the commands together. Importing this costs typer and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import typer

from streams.cli import (
    acls,
    backfill,
    dead_letters,
    evaluate,
    factory,
    models,
    records,
    schema,
    score,
    serve,
    topics,
    triage,
    worker,
)
from streams.cli.demo.command import demo

_HELP = "Tidegate: streaming content moderation on Kafka. Settings come from TIDEGATE_* variables and tidegate.toml."


def build_app() -> typer.Typer:
    app = typer.Typer(
        name="tidegate",
        help=_HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command("worker")(worker.worker)
    app.command("send")(records.send)
    app.command("watch")(records.watch)
    app.command("score")(score.score)
    app.command("serve")(serve.serve)
    _add_group(app, "keys", "Keys for `tidegate serve`.", add=serve.add_key)
    app.command("demo")(demo)
    _add_group(app, "topics", "Create and list the topics.", create=topics.create, list=topics.list_)
    _add_group(
        app,
        "dead-letters",
        "List dead letters and send them again.",
        list=dead_letters.list_,
        replay=dead_letters.replay,
    )
    app.command("acls")(acls.acls)
    app.command("backfill")(backfill.backfill)
    _add_group(app, "schema", "JSON Schemas and the AsyncAPI document.", export=schema.export_schemas)
    app.add_typer(_train_group(), name="train")
    _add_group(app, "triage", "What the rules of triage make of symptom records.", explain=triage.explain)
    app.command("ablate")(factory.ablate)
    app.command("export")(factory.export)
    app.command("evaluate")(evaluate.evaluate)
    _add_group(
        app,
        "models",
        "List, show, check, compare and fit model folders.",
        list=models.list_,
        show=models.show,
        verify=models.verify,
        diff=models.diff,
        fit=factory.fit,
    )
    app.command("version")(schema.version)
    return app


def _train_group() -> typer.Typer:
    """`train` alone trains; its commands carry a run to another machine and back."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(factory.train)
    for command in (factory.pack, factory.parts, factory.unpack):
        group.command(command.__name__)(command)
    return group


def _add_group(app: typer.Typer, name: str, about: str, **commands: Callable[..., None]) -> None:
    group = typer.Typer(help=about, no_args_is_help=True)
    for command, function in commands.items():
        group.command(command)(function)
    app.add_typer(group, name=name)
