"""Puts the commands together. Importing this costs typer and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import typer

from streams.cli import (
    acls,
    adopt,
    backfill,
    canary,
    dead_letters,
    dry_run,
    evaluate,
    models,
    models_control,
    policy,
    policy_control,
    records,
    reviews,
    schema,
    score,
    serve,
    tasks_control,
    topics,
    triage,
    triage_check,
    triage_curve,
    triage_findings,
    unreviewed,
    worker,
)
from streams.cli.demo.command import demo
from streams.cli.factory import artifacts, studies, train, travel
from streams.cli.top.command import top

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
    app.command("top")(top)
    app.command("demo")(demo)
    _add_group(app, "topics", "Create and list the topics.", create=topics.create, list=topics.list_)
    _add_group(
        app,
        "dead-letters",
        "List dead letters and send them again.",
        list=dead_letters.list_,
        replay=dead_letters.replay,
    )
    _add_group(
        app,
        "policy",
        "Read, check and try policies, and choose the one that judges.",
        activate=policy_control.activate,
        rollback=policy_control.rollback,
        diff=policy_control.diff,
        status=policy_control.status,
        check=policy.check,
        test=policy.run_examples,
        show=policy.show,
        bundle=policy.bundle,
        hash=policy.hash_,
        **{"dry-run": dry_run.dry_run},
    )
    _add_group(
        app, "reviews", "What people's reviews say about the verdicts, and to a model that learns from them.",
        queue=unreviewed.queue, sample=unreviewed.sample,
        report=reviews.report, follow=reviews.follow, rows=reviews.rows,
    )  # fmt: skip
    app.command("acls")(acls.acls)
    app.command("backfill")(backfill.backfill)
    _add_group(app, "schema", "JSON Schemas and the AsyncAPI document.", export=schema.export_schemas)
    app.add_typer(_train_group(), name="train")
    _add_group(
        app, "triage", "What the rules of triage make of symptom records.",
        check=triage_check.check, explain=triage.explain, curve=triage_curve.curve, findings=triage_findings.findings,
    )  # fmt: skip
    app.command("ablate")(studies.ablate)
    app.command("export")(artifacts.export)
    app.command("evaluate")(evaluate.evaluate)
    _add_group(
        app,
        "models",
        "List, show, check, compare and fit model folders; choose the one that judges.",
        list=models.list_,
        show=models.show,
        verify=models.verify,
        diff=models.diff,
        adopt=adopt.adopt,
        fit=artifacts.fit,
        half=artifacts.half,
        card=artifacts.card,
        activate=models_control.activate,
        shadow=models_control.shadow,
        canary=canary.canary,
        guard=canary.guard,
        report=models_control.report,
        rollback=models_control.rollback,
        status=models_control.status,
    )
    _add_group(
        app,
        "tasks",
        "Choose the tasks whose records are read.",
        enable=tasks_control.enable,
        disable=tasks_control.disable,
        status=tasks_control.status,
    )
    app.command("version")(schema.version)
    return app


def _train_group() -> typer.Typer:
    """`train` alone trains; its commands carry a run to another machine and back, or look at what taught it."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(train.train)
    for command in (travel.pack, travel.parts, travel.unpack, studies.sources):
        group.command(command.__name__)(command)
    return group


def _add_group(app: typer.Typer, name: str, about: str, **commands: Callable[..., None]) -> None:
    group = typer.Typer(help=about, no_args_is_help=True)
    for command, function in commands.items():
        group.command(command)(function)
    app.add_typer(group, name=name)
