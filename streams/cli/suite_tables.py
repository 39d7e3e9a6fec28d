"""Tables of a suite for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.table import Table

from streams.cli.tables import figure_tables, interval, plain_table, short

if TYPE_CHECKING:
    from models.evaluation.resampling import Figure
    from models.evaluation.suite.comparison import Difference
    from models.evaluation.suite.report import SuiteReport

MOST_DOMAINS: Final = 25


def suite_tables(report: SuiteReport, width: int) -> Iterator[Table]:
    """Figures by set, shares by category, and the domains of ordinary text that are labelled most."""
    found = [*report.entries, *report.names]
    entries = [replace(one.entry, by="set", group=f"{one.set} {one.lang}") for one in found]
    yield from figure_tables(entries, width)
    if report.categories:
        yield _category_table(report)
    if report.false_alarms:
        yield _alarm_table(report)


def summary_table(reports: Sequence[SuiteReport], ranks: Sequence[float]) -> Table:
    """One line a set, one column a model: its mean AUROC over labels and languages."""
    names = [report.artifact.version for report in reports]
    table = plain_table("mean AUROC by set", ["set"], ["rows", *names])
    for lines in zip(*(report.summaries for report in reports), strict=True):
        table.add_row(lines[0].set, f"{lines[0].rows:,}", *(short(line.auroc) for line in lines))
    table.add_section()
    table.add_row("mean over sets", "", *(_optional(report.mean("auroc")) for report in reports))
    table.add_row("mean F1 over sets", "", *(_optional(report.mean("f1")) for report in reports))
    worst = [report.worst for report in reports]
    table.add_row("worst set", "", *("-" if one is None else f"{one.set} {short(one.auroc)}" for one in worst))
    if len(reports) > 1 and ranks:
        table.add_row("mean rank", "", *(f"{rank:.2f}" for rank in ranks))
    return table


def difference_table(title: str, differences: Sequence[Difference]) -> Table:
    """Points (hundredths) won or lost on the same rows; bold where the interval leaves out 0."""
    names = ("auroc", "auprc", "f1", "precision", "recall")
    table = plain_table(title, ["label", "set"], ["rows", "positives", *names])
    for one in differences:
        cells = [_points(one.figures.get(name)) for name in names]
        table.add_row(one.label, f"{one.set} {one.lang}", f"{one.rows:,}", f"{one.positives:,}", *cells)
    return table


def _category_table(report: SuiteReport) -> Table:
    table = plain_table(
        "share labelled by category", ["set", "category", "labels"], ["rows", "labelled", "acted on"]
    )  # fmt: skip
    for one in report.categories:
        wanted = " or ".join(one.wanted) or "any"
        table.add_row(one.set, one.category, wanted, f"{one.rows:,}", _share(one.labelled), _share(one.acted))
    return table


def _alarm_table(report: SuiteReport) -> Table:
    shown = [one for one in report.false_alarms if one.domain == "all"]
    domains = [one for one in report.false_alarms if one.domain != "all"]
    shown += sorted(domains, key=lambda one: -one.labelled.value)[:MOST_DOMAINS]
    title = f"ordinary text: posts of 1,000, the {MOST_DOMAINS} domains labelled most of {len(domains)}"
    table = plain_table(title, ["domain", "set"], ["rows", "labelled", "known wrong", "acted on"])
    table.add_column("labels")
    for one in shown:
        numbers = [f"{f.value:.1f} {f.low:.1f}-{f.high:.1f}" for f in (one.labelled, one.wrong, one.acted)]
        by_label = sorted(one.labels.items(), key=lambda pair: -pair[1])
        words = ", ".join(f"{label} {value:.1f}" for label, value in by_label)
        table.add_row(one.domain, f"{one.set} {one.lang}", f"{one.rows:,}", *numbers, words)
    return table


def _share(figure: Figure) -> str:
    return f"{short(figure.value)} {interval(figure)}"


def _points(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    text = f"{figure.value:+.1f} {figure.low:+.1f} to {figure.high:+.1f}"
    return f"[bold]{text}[/bold]" if figure.low > 0 or figure.high < 0 else text


def _optional(value: float | None) -> str:
    return "-" if value is None else short(value)
