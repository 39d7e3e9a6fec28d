"""The end of the demo: what went in, what came back and why, how long it took and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas import PostVerdict, SymptomVerdict
from streams.cli.demo.tally import Tally, percentile
from streams.cli.lines import URGENCY_STYLES
from streams.cli.terminal import printable
from streams.history import Place

_SHOWN = 5


def print_summary(console: Console, tally: Tally, seconds: float) -> None:
    table = Table(title="summary", title_justify="left", show_header=False, min_width=60)
    table.add_column(style="bold")
    table.add_column()
    table.add_row("in", f"{len(tally.sent)} records in {seconds:.1f} s")
    table.add_row("verdicts", f"{tally.verdicts} ({_by_count(tally.actions)})")
    table.add_row("urgency", _counts({f"level {level}": tally.urgency[level] for level in sorted(tally.urgency)}))
    table.add_row("dead letters", f"{sum(tally.dead_letters.values())} ({_by_count(tally.dead_letters)})")
    table.add_row("flagged", f"{tally.flagged} ({_by_count(tally.flagged_labels)})")
    table.add_row("alerts", f"{sum(tally.alerts.values())} ({_by_count(tally.alerts)})")
    latencies = tally.latencies_ms()
    shown = ", ".join(f"p{share * 100:.0f} {percentile(latencies, share):.1f} ms" for share in (0.5, 0.95, 0.99))
    table.add_row("produce to verdict", shown)
    table.add_row("mean time in", ", ".join(f"{stage} {ms:.1f} ms" for stage, ms in tally.mean_stages_ms().items()))
    console.print(table)


def print_urgent(console: Console, tally: Tally, texts: Mapping[str, str]) -> None:
    """Of each patient of level 1 or 2: the complaint, what was found in it and how it is meant, and the rule."""
    if not tally.urgent:
        return
    table = Table(title="urgent patients", title_justify="left", show_lines=True, expand=True)
    for name, share in (("level", None), ("complaint", 2), ("found", 2), ("rule", 3)):
        table.add_column(name, ratio=share, overflow="fold")
    for verdict, why in sorted(tally.urgent, key=lambda one: one[0].urgency.level):
        level = verdict.urgency.level
        complaint = printable(texts.get(verdict.record_id, verdict.record_id))
        table.add_row(Text(str(level), URGENCY_STYLES[level]), *map(Text, (complaint, why.found, why.behind)))
    console.print(table)


def print_pictures(console: Console, tally: Tally, texts: Mapping[str, str]) -> None:
    """What became of each record with a picture; nothing where none was sent."""
    if not tally.with_pictures:
        return
    table = Table("picture", "verdict", "why", title="pictures", title_justify="left", min_width=60)
    for verdict in tally.with_pictures:
        if isinstance(verdict, PostVerdict):
            number, said = verdict.post_id, str(verdict.action)
        else:
            number, said = verdict.record_id, f"level {verdict.urgency.level}"
        table.add_row(texts.get(number, ""), said, "; ".join(_seen_in(verdict)))
    console.print(table)


def _seen_in(verdict: PostVerdict | SymptomVerdict) -> Iterator[str]:
    for picture in verdict.pictures:
        for words in picture.words:
            yield f"its text: {', '.join(words.labels)}"
        if picture.known is not None:
            yield f"known: {picture.known.label}, {picture.known.distance} of 256 bits off"
    yield from verdict.warnings


def print_verdict(console: Console, tally: Tally) -> None:
    """Says that every record came back, or what is missing."""
    if tally.is_complete():
        console.print(f"Every one of the {len(tally.sent)} records sent came back exactly once.", style="green")
        return
    if not tally.sent:
        console.print("Nothing was sent.", style="yellow")
        return
    problems = {
        "were not acknowledged by the broker": tally.refused,
        "got no answer": [_where(tally.sent[place].record_id, place) for place in tally.lost],
        "were answered more than once": [_where(tally.sent[place].record_id, place) for place in tally.repeated],
        "were answered but never sent": [_where("?", stray) for stray in tally.invented],
    }
    for problem, records in problems.items():
        if records:
            more = f" and {len(records) - _SHOWN} more" if len(records) > _SHOWN else ""
            console.print(f"{len(records)} records {problem}: {', '.join(records[:_SHOWN])}{more}", style="bold red")


def _where(record_id: str, place: Place) -> str:
    topic, partition, offset = place
    return f"{record_id} ({topic} {partition} @{offset})"


def _by_count(counts: Counter[str]) -> str:
    return _counts(dict(counts.most_common()))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {count}" for key, count in counts.items()) or "none"
