"""The part of a model card that tells how far its triage can be trusted, from figures that commands printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.artifact import Manifest
from models.evaluation.rows import EvaluationError
from models.factory.markdown import markdown_table

TRIAGE: Final = "## Triage"
_INTRO: Final = """Behind each share its 95 % interval. Level and conditions are those of a verdict, protocol and model
together; what `tidegate evaluate` measured is the model alone. Nobody may be sent home, or wait longer, because of a
verdict.
"""
_CURVE: Final = """### Urgent patients missed against harmless ones raised: {data}

Of {records:,} graded records. Under-triage: of those of level 1 and 2, put at 3 or lower. Over-triage: of those of
level 4 and 5, put at 1 or 2. `cost` is what the policy lets a level too low cost where one too high costs 1; the one in
force is {in_force:g}.
"""
_CONDITIONS: Final = """### Conditions

Of complaints about a condition that the model knows: the right one comes first. Of all others: some condition gets
more than .5 all the same.
"""
_EVALUATED: Final = """### Conditions and levels of the model alone, on labelled tables
"""
_HEADS: Final = ("condition", "urgency")
_GROUPINGS: Final = ("all", "lang")


class _Figures(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Share(_Figures):
    share: float | None
    low: float
    high: float
    of: int

    def __str__(self) -> str:
        return "" if self.share is None else f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"


class Point(_Figures):
    by: str
    group: str
    cost: float
    missed: Share
    raised: Share
    near: Share


class Naming(_Figures):
    by: str
    group: str
    right: Share
    unfounded: Share


class Curve(_Figures):
    """What `tidegate triage curve --json` prints."""

    data: str
    records: int
    model_version: str
    in_force: float
    points: tuple[Point, ...]
    conditions: tuple[Naming, ...]


class Interval(_Figures):
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


class Entry(_Figures):
    head: str
    by: str
    group: str
    rows: int
    figures: dict[str, Interval]


class Evaluation(_Figures):
    """What `tidegate evaluate --json` prints."""

    version: str
    data: tuple[str, ...]
    entries: tuple[Entry, ...]


_F = TypeVar("_F", Curve, Evaluation)


def triage_figures(manifest: Manifest, curves: Sequence[Path], evaluations: Sequence[Path]) -> dict[str, Any]:
    """`metrics.triage` of a manifest, from files that hold what the commands printed.

    Raises:
        EvaluationError: one cannot be read, is not what its command prints, or is of another model.
    """
    drawn = [_read(path, Curve) for path in curves]
    evaluated = [_read(path, Evaluation) for path in evaluations]
    versions = [one.model_version for one in drawn] + [one.version for one in evaluated]
    for path, version in zip([*curves, *evaluations], versions, strict=True):
        if version.partition("+")[0] != manifest.full_version:  # behind a + stands the precision served
            raise EvaluationError(f"The figures in {path} are of model {version}, not of {manifest.full_version}.")
    return {
        "curves": [one.model_dump(mode="json") for one in drawn],
        "evaluations": [_kept(one).model_dump(mode="json") for one in evaluated],
    }


def triage_section(figures: Mapping[str, Any]) -> str:
    """Markdown, from `metrics.triage` of the manifest."""
    curves = [Curve.model_validate(one) for one in figures["curves"]]
    parts = [_INTRO]
    for one in curves:
        parts += [_CURVE.format(data=one.data, records=one.records, in_force=one.in_force)]
        parts += [markdown_table(["patients", "cost"], dict(_curve_rows(one)))]
    if named := {key: row for one in curves for key, row in _naming_rows(one)}:
        parts += [_CONDITIONS, markdown_table(["data", "patients"], named)]
    evaluations = [Evaluation.model_validate(one) for one in figures["evaluations"]]
    if rows := {key: row for one in evaluations for key, row in _evaluated_rows(one)}:
        parts += [_EVALUATED, markdown_table(["data", "head", "language"], rows)]
    return "\n".join(parts)


def _read(path: Path, kind: type[_F]) -> _F:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"The figures in {path} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        command = "triage curve" if kind is Curve else "evaluate"
        raise EvaluationError(
            f"{path} is not what `tidegate {command} --json` prints: {where}: {fault['msg']}."
        ) from None


def _kept(evaluation: Evaluation) -> Evaluation:
    """What the card shows. Of a table its name and folder: a longer path means nothing elsewhere."""
    entries = [one for one in evaluation.entries if one.head in _HEADS and one.by in _GROUPINGS]
    data = ["/".join(Path(name).parts[-2:]) for name in evaluation.data]
    return evaluation.model_copy(update={"entries": tuple(entries), "data": tuple(data)})


def _curve_rows(curve: Curve) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for one in curve.points:
        cost = f"**{one.cost:g}**" if one.cost == curve.in_force else f"{one.cost:g}"
        yield (
            (_name(one), cost),
            {
                "level 1 and 2": one.missed.of,
                "under-triage": str(one.missed),
                "level 4 and 5": one.raised.of,
                "over-triage": str(one.raised),
                "within one level": str(one.near),
            },
        )


def _naming_rows(curve: Curve) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for one in curve.conditions:
        yield (
            (curve.data, _name(one)),
            {
                "known": one.right.of,
                "right one first": str(one.right),
                "none of these": one.unfounded.of,
                "one above .5": str(one.unfounded),
            },
        )


def _evaluated_rows(evaluation: Evaluation) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for one in evaluation.entries:
        figures = {name.replace("_", " "): str(figure) for name, figure in one.figures.items()}
        yield (", ".join(evaluation.data), one.head, one.group), {"rows": one.rows, **figures}


def _name(one: Point | Naming) -> str:
    return one.group if one.by == "all" else f"{one.by}: {one.group}"
