"""`tidegate reviews`: what people's reviews say about the verdicts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.moments import ALWAYS, Span, seconds, span
from streams.cli.options import expanded
from streams.cli.terminal import AsJson, Brokers, Prefix, printable, reporting, run, settings_from

if TYPE_CHECKING:
    from rich.table import Table

    from streams.reviews.report import ReviewReport
    from streams.settings import Settings


ReviewFile = Annotated[
    Path | None, typer.Option(help="Reviews, one a line, in place of the topic.", show_default=False)
]
VerdictFile = Annotated[
    Path | None, typer.Option(help="Verdicts, one a line, in place of the topic.", show_default=False)
]
Since = Annotated[str | None, typer.Option("--from", help="ISO 8601: verdicts, and reviews, from then on.")]
Until = Annotated[str | None, typer.Option("--to", help="ISO 8601: verdicts before then.")]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Options of what reads reviews beside the verdicts that they are on."""

    file: ReviewFile = None
    verdicts: VerdictFile = None
    since: Since = None
    until: Until = None
    brokers: Brokers = None
    prefix: Prefix = None

    def settings(self) -> Settings:
        return settings_from(brokers=self.brokers, topic_prefix=self.prefix)

    def times(self) -> Span:
        """Raises typer.BadParameter for what is no time, and for the times of a file's verdicts, which have none."""
        times = span(self.since, self.until)
        if self.verdicts is not None and times != ALWAYS:
            raise typer.BadParameter("a file of verdicts has no times", param_hint="--from, --to")
        return times


@expanded
def report(*, reviewed: Reviewed, as_json: AsJson = False) -> None:
    """Precision by action and label, misses where allowed posts were drawn at random, and agreement of reviewers."""
    with reporting():
        import orjson

        from streams.reviews.report import ReviewReport

        found = ReviewReport()
        run(_fill(found, reviewed, reviewed.times()))
        if as_json:
            typer.echo(orjson.dumps(found.report()).decode())
        else:
            _show(found.report())


def follow(
    window: Annotated[str, typer.Option(help="How far back the figures go, such as 24h.")] = "24h",
    every: Annotated[str, typer.Option(help="From one message to the next, such as 60s.")] = "60s",
    brokers: Brokers = None,
    prefix: Prefix = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING, ERROR.", show_default=False)] = None,
) -> None:
    """Publish what `report` says as messages and metrics, over a window that moves on. Runs until SIGTERM."""
    length_s, every_s = seconds(window, "--window"), seconds(every, "--every")
    with reporting(interrupted=0):
        from streams.quality.life import run_assessor

        settings = settings_from(brokers=brokers, topic_prefix=prefix, log_level=log_level)
        raise typer.Exit(run_assessor(settings, length_s, every_s))


def rows(
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not be there.")],
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Write what people say of posts as training data: the posts with the labels that reviewers agree on."""
    with reporting():
        if out.exists():
            raise typer.BadParameter(f"{out} is there already", param_hint="OUT")
        typer.echo(written_rows(settings_from(brokers=brokers, topic_prefix=prefix), out))


def written_rows(settings: Settings, folder: Path) -> str:
    """Reads the topics and writes the folder; says in one sentence what is in it. Raises what these two raise."""
    from streams.client.reviewed import read_reviewed, write_reviewed

    counts = write_reviewed(*run(read_reviewed(settings)), folder)
    kept = ", ".join(f"{count:,} {name}" for name, count in counts["rows"].items())
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in counts["left_out"].items())
    return f"{folder}: reviewed posts: {kept}" + (f"; left out: {left_out}" if left_out else "")


async def _fill(found: ReviewReport, reviewed: Reviewed, times: Span) -> None:
    """All reviews from the first moment that counts on, then all verdicts: who reviews comes after the verdict."""
    from streams.client.posts import verdict_in
    from streams.reviews.standing import review_in

    settings = reviewed.settings()
    async for value in values_of(settings, "reviews", reviewed.file, (times[0], None)):
        if (review := review_in(value)) is None:
            found.unreadable += 1
        else:
            found.add_review(review)
    async for value in values_of(settings, "labels", reviewed.verdicts, times):
        found.add_verdict(verdict_in(value))


async def values_of(settings: Settings, kind: str, file: Path | None, times: Span) -> AsyncIterator[bytes | None]:
    """Of a topic, or the lines of the file that stands in its place."""
    from streams.cli.score import open_lines
    from streams.client.between import read_between

    if file is not None:
        with open_lines(file) as lines:
            for line in lines:
                if line.strip():
                    yield line
        return
    async for messages in read_between(settings, kind, *times):
        for message in messages:
            yield message.value


def _show(report: Mapping[str, Any]) -> None:
    from streams.cli.tables import wide_console

    console = wide_console()
    console.print(f"{report['reviews']:,} reviews, {report['verdicts']:,} verdicts", style="bold")
    for name in ("superseded", "unsure", "without_verdict", "unreadable"):
        if report[name]:
            console.print(f"{report[name]:,} {name.replace('_', ' ')}")
    figures = {f"action {name}": one for name, one in report["precision"]["actions"].items()}
    figures |= {f"label {name}": one for name, one in report["precision"]["labels"].items()}
    figures |= {"appeals that were right": report["appeals"], "allowed, should not be": report["missed"]["of_allowed"]}
    table = _table("share with 95 % interval", "of", "share", "from", "to", "reviewed")
    for name, one in figures.items():
        if one["rows"]:
            table.add_row(printable(name), *(f"{one[key]:.1%}" for key in ("value", "low", "high")), f"{one['rows']:,}")
    if (recall := report["missed"]["recall"]) is not None:
        table.add_row("recall", *(f"{recall[key]:.1%}" for key in ("value", "low", "high")), "-")
    console.print(table)
    sample = report["missed"]["sample"]
    if sample["proposed"]:
        console.print(f"{sample['reviewed']:,} of {sample['proposed']:,} allowed posts that were drawn are reviewed")
    _show_agreement(report["agreement"])


def _show_agreement(agreement: Mapping[str, Any]) -> None:
    from streams.cli.tables import wide_console

    if not agreement["items"]:
        return
    table = _table("agreement on the action", "reviewers", "posts", "agreed", "kappa")
    everybody = {"reviewers": ["all pairs"], **agreement}
    for one in (everybody, *agreement["pairs"]):
        kappa = "-" if one["kappa"] is None else f"{one['kappa']:.2f}"
        names = printable(" and ".join(one["reviewers"]))
        table.add_row(names, f"{one['items']:,}", f"{one['agreed'] / one['items']:.0%}", kappa)
    wide_console().print(table)


def _table(title: str, *columns: str) -> Table:
    from streams.cli.tables import plain_table

    return plain_table(title, [columns[0]], list(columns[1:]))
