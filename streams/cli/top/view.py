"""Figures on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.cli.lines import ACTION_STYLES
from streams.cli.top.figures import SHARES, Figures, Process

STATE_STYLES: Final = {"ready": "green", "not ready": "yellow", "stuck": "bold red", "away": "red"}
MOST_PARTITIONS: Final = 12


def rendered(figures: Figures) -> RenderableType:
    """The whole screen."""
    return Group(
        _summary(figures),
        _processes(figures.processes),
        *(_versions(figures) if figures.versions else ()),
        _side_by_side(_latency(figures), _actions(figures), _lag(figures)),
    )


def _summary(figures: Figures) -> Text:
    rates = figures.rates
    words = [f"{rates[name]:,.1f} {name.replace('_', ' ')}/s" for name in ("records", "verdicts", "dead_letters")]
    if rates["degraded"]:
        words.append(f"{rates['degraded']:,.1f} degraded/s")
    if figures.cache_hits is not None:
        words.append(f"{figures.cache_hits:.0%} from the cache")
    words.append(f"engines busy {figures.engine_busy:.2f} s/s")
    words += [f"{name} {rate:,.1f}/s" for name, rate in figures.requests.items()]
    return Text(" · ".join(words), "bold")


def _processes(processes: Sequence[Process]) -> Table:
    table = _table("process", "state", "in flight", "oldest")
    for one in processes:
        name = f"{one.url} #{one.worker}" if one.worker else one.url
        state = Text(one.state, STATE_STYLES[one.state])
        table.add_row(
            name, state, *(("-", "-") if one.state == "away" else (f"{one.in_flight:,}", _time(one.oldest_s)))
        )
    return table


def _versions(figures: Figures) -> list[Text]:
    """More than one is worth a look: a rollout, or one that was forgotten."""
    style = "yellow" if len(figures.versions) > 1 else ""
    return [
        Text(f"{one.processes} × tidegate {one.version}, model {one.model}, policy {one.policy}", style)
        for one in figures.versions
    ]


def _latency(figures: Figures) -> Table:
    table = _table("time", *SHARES)
    for name, values in figures.latency.items():
        table.add_row(name, *(_time(values[share]) for share in SHARES))
    return table


def _actions(figures: Figures) -> Table:
    table = _table("verdicts", "a second")
    for task, actions in figures.actions.items():
        for action, rate in actions.items():
            table.add_row(Text(f"{task} {action}", ACTION_STYLES.get(action, "")), f"{rate:,.1f}")
    for reason, rate in figures.dead_letters.items():
        if rate:
            table.add_row(Text(f"dead letter {reason}", "red"), f"{rate:,.1f}")
    return table


def _lag(figures: Figures) -> Table:
    table = _table("partition", "lag", "late")
    for one in figures.lag[:MOST_PARTITIONS]:
        table.add_row(f"{one.topic} {one.partition}", f"{one.records:,}", _time(one.seconds))
    if (more := len(figures.lag) - MOST_PARTITIONS) > 0:
        table.add_row(f"and {more} that are less late", "", "")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=True)
    return table


def _side_by_side(*tables: Table) -> Columns:
    """As many as there is room for, the others below: no number is cut."""
    return Columns(tables, padding=(1, 3))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.1f} s"
