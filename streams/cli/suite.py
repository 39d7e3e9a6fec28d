"""`tidegate evaluate --suite`: one model or several on folders of sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

from streams.cli.terminal import settings_from

if TYPE_CHECKING:
    from rich.console import Console

    from models.artifact import Artifact
    from models.evaluation.resampling import Bootstrap
    from models.evaluation.scoring import Answer, Served
    from models.evaluation.suite.comparison import Difference
    from models.evaluation.suite.ordinary import Judge
    from models.evaluation.suite.report import SuiteReport
    from models.evaluation.suite.sets import Skipped, SuiteSet


@dataclass(slots=True, frozen=True)
class Wanted:
    """What the command line asks for."""

    suite: Sequence[Path]
    against: Sequence[Path]
    limit: int | None
    picture: Path | None
    out: Path | None
    as_json: bool
    has_names: bool = False
    """Figures by the names of OpenAI and Perspective, too."""


def evaluate_suite(served: Served, given: dict[str, Any], bootstrap: Bootstrap, wanted: Wanted) -> None:
    """`given`: the settings on the command line; the models to compare with are opened by them, too."""
    from models.evaluation.suite.report import report, score_sets
    from models.evaluation.suite.sets import read_suite
    from streams.cli.evaluate import open_served, progress
    from streams.gateway.mapping import by_meaning

    classes = {name: head.labels for name, head in served.artifact.manifest.heads.items()}
    sets, skipped = read_suite(wanted.suite, classes, wanted.limit)
    models = [served, *(open_served(**(given | {"artifact": other})) for other in wanted.against)]
    reports: list[SuiteReport] = []
    sides: list[tuple[Artifact, list[list[Answer]]]] = []
    with progress() as bar:
        for model in models:
            scoring = bar.add_task(f"scoring by {model.artifact.version}", total=sum(len(one.rows) for one in sets))
            answers = score_sets(sets, model, partial(bar.advance, scoring))
            sides.append((model.artifact, answers))
            figuring = bar.add_task("intervals", total=len(sets))
            judge = policy_judge(given, model.artifact)
            advance = partial(bar.advance, figuring)
            meanings = by_meaning() if wanted.has_names else None
            reports.append(report(sets, answers, model.artifact, bootstrap, judge, advance, meanings))
    found = _differences(sets, sides, bootstrap)
    _write(reports, found, skipped, bootstrap, wanted)


def policy_judge(given: dict[str, Any], artifact: Artifact) -> Judge:
    """What the policy of the settings makes of a post: its labels, and whether it acts."""
    from streams.policy import Action, Policy
    from streams.policy.rules import PostRules

    policy = Policy.load(settings_from(**given).policy)
    point = artifact.operating_point(policy.posts.operating_point)
    rules = PostRules(policy, point.thresholds, point.acts_from)

    def judge(scores: Sequence[float], lang: str) -> tuple[Sequence[str], bool]:
        ruling = rules.judge(scores, lang)
        return ruling.labels, ruling.action is not Action.ALLOW

    return judge


def _differences(
    sets: Sequence[SuiteSet], sides: Sequence[tuple[Artifact, list[list[Answer]]]], bootstrap: Bootstrap
) -> list[list[Difference]]:
    """Of each other model to the first."""
    from models.evaluation.suite.comparison import differences

    return [list(differences(sets, other, sides[0], bootstrap)) for other in sides[1:]]


def _write(
    reports: Sequence[SuiteReport], found: Sequence[Sequence[Difference]], skipped: Sequence[Skipped],
    bootstrap: Bootstrap, wanted: Wanted,
) -> None:  # fmt: skip
    """To the terminal, and whole to the folder."""
    from models.evaluation.suite.picture import draw_suite
    from streams.cli.tables import wide_console

    document = orjson.dumps(_document(reports, found, skipped, bootstrap))
    if wanted.as_json:
        typer.echo(document)
    else:
        _print(wide_console(), reports, found, skipped)
    if wanted.picture is not None:
        draw_suite(reports, wanted.picture)
    if wanted.out is not None:
        from rich.console import Console

        wanted.out.mkdir(parents=True, exist_ok=True)
        (wanted.out / "suite.json").write_bytes(document + b"\n")
        with (wanted.out / "suite.txt").open("w", encoding="utf-8") as file:
            _print(Console(file=file, width=160, highlight=False), reports, found, skipped)
        draw_suite(reports, wanted.out / "suite.png")


def _print(
    console: Console, reports: Sequence[SuiteReport], found: Sequence[Sequence[Difference]], skipped: Sequence[Skipped]
) -> None:
    from models.evaluation.suite.comparison import mean_ranks
    from streams.cli.suite_tables import difference_table, suite_tables, summary_table

    for table in suite_tables(reports[0], console.width):
        console.print(table)
        console.print()
    for other, differences in zip(reports[1:], found, strict=True):
        title = f"points won against {other.artifact.version} on the same rows, bold where it is no chance"
        console.print(difference_table(title, differences))
        console.print()
    console.print(summary_table(reports, mean_ranks(reports)))
    for one in skipped:
        console.print(f"Left out: {one.name}. {one.reason}")


def _document(
    reports: Sequence[SuiteReport], found: Sequence[Sequence[Difference]], skipped: Sequence[Skipped],
    bootstrap: Bootstrap,
) -> dict[str, Any]:  # fmt: skip
    from models.evaluation.suite.comparison import mean_ranks

    document = reports[0].as_dict() | {
        "confidence": bootstrap.confidence,
        "draws": bootstrap.draws,
        "skipped": [{"name": one.name, "reason": one.reason} for one in skipped],
    }
    if len(reports) > 1:
        document["against"] = [
            report.as_dict() | {"points_won_against_it": [one.as_dict() for one in differences]}
            for report, differences in zip(reports[1:], found, strict=True)
        ]
        document["mean_ranks"] = mean_ranks(reports)
    return document
