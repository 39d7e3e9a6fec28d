"""`tidegate triage curve`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.score import open_lines
from streams.cli.terminal import AsJson, reporting, settings_from

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.tasks.symptoms.curve import Graded, Point, Share

_TITLE = "under-triage (level 1-2 put at 3 or lower) against over-triage (level 4-5 put at 1-2)"


def curve(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Symptom records with a `level`, one a line; - is standard input. Without it: the records of this "
            "project that no training saw.",
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

        settings = settings_from(artifact=artifact, policy=policy, protocol=protocol)
        rules = Policy.load(settings.policy).symptoms
        lines = _lines(file)
        costs = sorted({*(cost or COSTS), rules.under_triage_cost})
        points = list(curve(list(_graded(lines, settings)), rules.unassessed_level, costs))
        if as_json:
            import orjson

            document = {"records": len(lines), "in_force": rules.under_triage_cost}
            typer.echo(orjson.dumps(document | {"points": [one.as_dict() for one in points]}).decode())
        else:
            _show(points, rules.under_triage_cost)
        if picture is not None:
            _draw(points, rules.under_triage_cost, picture)


def _lines(file: Path | None) -> list[bytes]:
    import orjson

    if file is None:
        from models.augmentation.written_records import graded_records

        return [orjson.dumps(one) for one in graded_records()]
    with open_lines(file) as lines:
        return [line for line in (line.strip() for line in lines) if line]


def _graded(lines: Sequence[bytes], settings: Settings) -> Iterator[Graded]:
    """The model's answers come by the same way as in `tidegate score`."""
    import orjson
    from rich.progress import track

    from streams.cli.terminal import stderr
    from streams.score import score_lines
    from streams.tasks.symptoms.assessment import Assessor

    levels = [_level(line, number) for number, line in enumerate(lines, start=1)]
    assessor = Assessor.load(settings.protocol)
    answers = zip(lines, levels, score_lines(lines, "symptoms", settings), strict=True)
    for line, level, answer in track(answers, "grading", len(lines), console=stderr(), transient=True):
        verdict = orjson.loads(answer)
        if "error" not in verdict:  # no record: there is nobody to treat
            yield _one(line, level, verdict, assessor, settings.max_record_bytes)


def _level(line: bytes, number: int) -> int:
    import orjson

    from models.labels import URGENCY_LEVELS

    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise typer.BadParameter(f"line {number} is no JSON", param_hint="FILE") from None
    level = document.get("level") if isinstance(document, dict) else None
    if level not in URGENCY_LEVELS:
        raise typer.BadParameter(f"line {number} has no `level` from 1 to 5", param_hint="FILE")
    return int(level)


def _one(line: bytes, level: int, verdict: dict[str, Any], assessor: Any, max_bytes: int) -> Graded:
    import numpy as np

    from schemas import SymptomRecord
    from streams.tasks.symptoms.assessment import fields_of
    from streams.tasks.symptoms.curve import Graded, groups_of
    from streams.tasks.symptoms.line import rendered, said_in

    record = SymptomRecord.decode(line, max_bytes)
    way = rendered(record)
    found = assessor.assess(record, said_in(way).in_lines(record.text or ""))
    age = fields_of(record).get("age", found.facts.measures.get("age"))
    groups = groups_of(way.lang, age, record.sex, "pregnancy" in found.facts.findings)
    probabilities = verdict["urgency"]["probabilities"]
    return Graded(level, None if probabilities is None else np.array(probabilities), found.level, groups)


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
