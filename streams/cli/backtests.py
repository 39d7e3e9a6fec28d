"""Replaying verdicts for `tidegate policy dry-run`, and the tables of what came out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streams.cli.score import open_lines
from streams.cli.tables import wide_console
from streams.cli.terminal import run, stderr

if TYPE_CHECKING:
    from streams.cli.moments import Span
    from streams.cli.rescoring import Rescoring
    from streams.client.replay import Stored
    from streams.policy.backtest import Backtest
    from streams.settings import Settings

_STEP = 5000  # verdicts between two looks at the bar


def replayed(
    test: Backtest,
    settings: Settings,
    span: Span,
    file: Path | None,
    with_posts: bool,
    anew: Rescoring | None = None,
) -> None:
    """Adds every verdict of the span to the test. Raises what reading raises.

    Args:
        anew: puts other scores into the verdicts.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]:,}"))
    with Progress(*columns, TimeRemainingColumn(), console=stderr(), transient=True) as progress:
        bar = progress.add_task("verdicts", total=None, count=0)
        if file is None:
            run(_add(test, _from_topic(settings, span, with_posts, progress, bar), anew))
        else:
            run(_add(test, _from_file(span, file, progress, bar), anew))


async def _add(test: Backtest, batches: AsyncIterator[list[Stored]], anew: Rescoring | None) -> None:
    async for batch in batches:
        for verdict, known in batch if anew is None else await anew.of(batch):
            test.add(verdict, known)


async def _from_file(span: Span, file: Path, progress: Progress, bar: Any) -> AsyncIterator[list[Stored]]:
    """The bar goes by bytes, which are known. Lines without a time are in every span that is open."""
    from streams.client.replay import from_lines

    first, last = (None if moment is None else moment.timestamp() for moment in span)
    with open_lines(file) as lines:
        total = _size(file)
        progress.update(bar, total=total)
        batch: list[Stored] = []
        for number, (verdict, known) in enumerate(from_lines(lines), start=1):
            time = known.sent_at
            if (first is None or (time is not None and time >= first)) and (
                last is None or (time is not None and time < last)
            ):
                batch.append((verdict, known))
            if number % _STEP == 0:
                yield batch
                batch = []
                progress.update(bar, completed=lines.tell() if total else None, count=number)
        yield batch


def _size(file: Path) -> int | None:
    """In bytes; None where it is no file but a pipe."""
    return file.stat().st_size if file.is_file() else None


async def _from_topic(
    settings: Settings, span: Span, with_posts: bool, progress: Progress, bar: Any
) -> AsyncIterator[list[Stored]]:
    from streams.client.replay import from_topic

    count = 0
    async for batch in from_topic(settings, *span, with_posts):
        yield batch
        count += len(batch)
        progress.update(bar, count=count)


def show_report(report: Mapping[str, Any]) -> None:
    """Tables for people; counts alone, and places of some posts to look at."""
    console = wide_console()
    share = report["changed"] / report["verdicts"] if report["verdicts"] else 0.0
    head = f"policy {report['policy']}: {report['verdicts']:,} verdicts, {report['changed']:,} come out differently"
    console.print(f"{head} ({share:.2%})", style="bold")
    for line in _remarks(report):
        console.print(line, markup=False)
    tallies = [_tallies(report, name) for name in ("languages", "hours")]
    for table in (_actions(report), _labels(report), *tallies, _rules(report)):
        if table.row_count:
            console.print()
            console.print(table)


def _remarks(report: Mapping[str, Any]) -> list[str]:
    said = []
    authors, undecided = report["authors"], report["undecided"]
    if report["unreadable"]:
        said.append(f"{report['unreadable']:,} lines or messages hold no verdict on a post")
    if authors["share_of_top"] is not None:
        said.append(
            f"{authors['with_changes']:,} authors have changes; the {authors['top']} with most of them have "
            f"{authors['share_of_top']:.0%}"
        )
    if authors["changes_of_unknown"]:
        said.append(f"{authors['changes_of_unknown']:,} changes are of authors who are not known")
    if undecided:
        said.append(f"{undecided:,} verdicts may change, too: by rules that cannot be judged with what is known")
    if report["with_pictures"]:
        said.append(f"{report['with_pictures']:,} more verdicts are of posts with pictures, which are not judged anew")
    if report["under_quota"]:
        said.append(
            f"{report['under_quota']:,} verdicts were under the quota: what they say is not the old policy's word"
        )
    if (rescored := report.get("rescored")) is not None:
        said.append(f"{rescored:,} posts were scored anew by model {report['model']}")
        if report["not_rescored"]:
            said.append(f"{report['not_rescored']:,} verdicts were left out: their posts cannot be scored any more")
        return said
    if others := [count for name, count in report["models"].items() if not name.startswith(report["model"])]:
        said.append(f"{sum(others):,} verdicts are of {len(others)} other models, whose thresholds may differ")
    return said


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _actions(report: Mapping[str, Any]) -> Table:
    table = _table("actions", "change", "verdicts", "places to look at (topic partition: offset)")
    for one in report["actions"]:
        if one["from"] != one["to"]:
            places = ", ".join(_place(place) for place in one["places"])
            table.add_row(f"{one['from']} to {one['to']}", f"{one['verdicts']:,}", places)
    return table


def _place(place: Mapping[str, Any]) -> str:
    return f"{place['partition']}: {place['offset']}" if "offset" in place else str(place.get("verdict_id"))


def _labels(report: Mapping[str, Any]) -> Table:
    table = _table("labels", "label", "gained", "lost", "action changed")
    for label, one in report["labels"].items():
        if any(one.values()):
            table.add_row(label, f"{one['gained']:,}", f"{one['lost']:,}", f"{one['action_changed']:,}")
    return table


def _tallies(report: Mapping[str, Any], name: str) -> Table:
    table = _table(name, name.removesuffix("s"), "verdicts", "changed", "share")
    for key, one in report[name].items():
        table.add_row(key, f"{one['verdicts']:,}", f"{one['changed']:,}", f"{one['changed'] / one['verdicts']:.2%}")
    return table


def _rules(report: Mapping[str, Any]) -> Table:
    table = _table("rules", "rule", "mode", "fired", "of those changed", "not judged")
    for name, one in report["rules"].items():
        table.add_row(name, one["mode"], f"{one['fired']:,}", f"{one['changed']:,}", f"{one['unsure']:,}")
    return table
