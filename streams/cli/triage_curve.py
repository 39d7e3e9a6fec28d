"""`tidegate triage curve`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.graded import answered, graded_lines
from streams.cli.terminal import AsJson, reporting, settings_from

if TYPE_CHECKING:
    from streams.cli.graded import Answered
    from streams.tasks.symptoms.curve import Point, Share
    from streams.tasks.symptoms.naming import Naming

_WRITTEN = "the records written for this project that no training saw"
_TITLE = "under-triage (level 1-2 put at 3 or lower) against over-triage (level 4-5 put at 1-2)"


def curve(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Symptom records with a `level`, and a `condition` where it is known, one a line; - is standard "
            "input. Without it: the records of this project that no training saw.",
            show_default=False,
        ),
    ] = None,
    cost: Annotated[
        list[float] | None, typer.Option(min=0.1, max=100, help="Of an under-triage.", show_default=False)
    ] = None,
    artifact: Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
    protocol: Annotated[Path | None, typer.Option(help="Triage protocol.", show_default=False)] = None,
    picture: Annotated[Path | None, typer.Option(help="Write a picture here (.png, .svg).", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Show on graded records what the policy's `under_triage_cost` buys, and what it costs those who wait."""
    with reporting():
        from streams.policy import Policy
        from streams.tasks.symptoms.curve import COSTS, curve
        from streams.tasks.symptoms.naming import namings

        settings = settings_from(artifact=artifact, policy=policy, protocol=protocol)
        rules = Policy.load(settings.policy).symptoms
        found = answered(graded_lines(file), settings)
        costs = sorted({*(cost or COSTS), rules.under_triage_cost})
        points = list(curve(found.graded, rules.unassessed_level, costs))
        conditions = list(namings(found.named))
        if as_json:
            _print_json(file, found, rules.under_triage_cost, points, conditions)
        else:
            _show(points, rules.under_triage_cost)
            _show_conditions(conditions)
        if picture is not None:
            _draw(points, rules.under_triage_cost, picture)


def _print_json(
    file: Path | None, found: Answered, in_force: float, points: Sequence[Point], conditions: Sequence[Naming]
) -> None:
    import orjson

    document = {
        "data": _WRITTEN if file is None else file.name,
        "records": found.records,
        "model_version": found.model_version,
        "in_force": in_force,
        "points": [one.as_dict() for one in points],
        "conditions": [one.as_dict() for one in conditions],
    }
    typer.echo(orjson.dumps(document).decode())


def _show(points: Sequence[Point], in_force: float) -> None:
    from rich.table import Table

    from streams.cli.tables import wide_console

    table = Table(title=_TITLE, caption=f"95 % intervals; the policy's cost is {in_force:g}")
    for column in ("group", "cost", "under-triage", "over-triage", "within one level", "of"):
        table.add_column(column, justify="left" if column == "group" else "right")
    for number, one in enumerate(points):
        is_first = not number or points[number - 1].group != one.group or points[number - 1].by != one.by
        if is_first and number:
            table.add_section()
        table.add_row(
            one.group if is_first else "", f"{one.cost:g}", _words(one.missed), _words(one.raised), _words(one.near),
            f"{one.missed.of} / {one.raised.of}", style="bold" if one.cost == in_force else None,
        )  # fmt: skip
    wide_console().print(table)


def _show_conditions(conditions: Sequence[Naming]) -> None:
    """Nothing where no record says a condition."""
    from rich.table import Table

    from streams.cli.tables import wide_console

    if not conditions:
        return
    table = Table(title="conditions", caption="95 % intervals")
    for column in ("group", "known: the right one first", "of", "none of these: one above .5", "of"):
        table.add_column(column, justify="left" if column == "group" else "right")
    for one in conditions:
        right, unfounded = one.right, one.unfounded
        table.add_row(one.group, _words(right), f"{right.of}", _words(unfounded), f"{unfounded.of}")
    wide_console().print(table)


def _words(share: Share) -> str:
    return f"{share.value:.1%} ({share.low:.0%}-{share.high:.0%})" if share.of else "-"


def _draw(points: Sequence[Point], in_force: float, path: Path) -> None:
    from models.evaluation.picture import Course, draw_courses

    names = dict.fromkeys((one.by, one.group) for one in points)
    courses = []
    for by, group in names:
        own = [one for one in points if (one.by, one.group) == (by, group) and one.missed.of and one.raised.of]
        marked = next((number for number, one in enumerate(own) if one.cost == in_force), None)
        across, up = [one.raised.value for one in own], [one.missed.value for one in own]
        courses.append(Course(group if by == "all" else f"{by}: {group}", across, up, marked))
    draw_courses(courses, ("over-triage of levels 4 and 5", "under-triage of levels 1 and 2"), path)
