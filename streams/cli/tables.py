"""Tables of figures, thresholds and differences for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from streams.cli.terminal import printable

if TYPE_CHECKING:
    from models.evaluation.comparison import Change, Example
    from models.evaluation.figures import Entry
    from models.evaluation.resampling import Figure

FEW: Final = 20
_ONE_LINE: Final = 140
"""Columns that a table needs to hold figures and intervals in one line."""
_TITLES: Final = {
    "all": "all rows", "lang": "by language", "source": "by source", "slice": "by slice",
    "set": "by set",
    "deformation": "disguised posts, and points lost or won against the same posts as they were written",
}  # fmt: skip
_SHORT: Final = {"calibration_error": "calib. error"}


def wide_console() -> Console:
    """stdout; as wide as the tables where it is no terminal, so that a file holds whole lines."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _ONE_LINE)
    return console


def figure_tables(entries: Sequence[Entry], width: int) -> Iterator[Table]:
    """One table for each head and grouping."""
    for head in dict.fromkeys(entry.head for entry in entries):
        for by, title in _TITLES.items():
            own = [entry for entry in entries if entry.head == head and entry.by == by]
            if own:
                yield _figure_table(f"{head}, {title}", own, width)


def _figure_table(title: str, entries: Sequence[Entry], width: int) -> Table:
    figures = list(dict.fromkeys(name for entry in entries for name in entry.figures))
    is_post, is_split = bool(entries[0].label), entries[0].by != "all"
    is_loss = any(entry.loss for entry in entries)
    if is_loss:
        figures = [name for name in figures if name != "calibration_error"]
    names = ["label"] * is_post + [entries[0].by] * is_split
    table = plain_table(title, names, ["rows", *["positives"] * is_post, *(_SHORT.get(name, name) for name in figures)])
    for entry in entries:
        few = entry.rows if entry.positives is None else min(entry.positives, entry.rows - entry.positives)
        cells = [entry.label] * is_post + [printable(entry.group, 24)] * is_split
        cells += [f"{entry.rows:,}"] + ([] if entry.positives is None else [f"{entry.positives:,}"])
        cells += [_cell(entry, name, "\n" if width < _ONE_LINE else " ") for name in figures]
        table.add_row(*cells, style="dim" if few < FEW else None)
    return table


def _cell(entry: Entry, name: str, gap: str) -> str:
    figure = entry.figures.get(name)
    if figure is None:
        return "-"
    if entry.loss:
        return f"{short(figure.value)}{gap}({0.0 - entry.loss.get(name, 0.0):+.1f})"
    return f"{short(figure.value)}{gap}{interval(figure)}"


def interval(figure: Figure) -> str:
    return f"{short(figure.low, 2)}-{short(figure.high, 2)}"


def short(value: float, digits: int = 3) -> str:
    """.880 for 0.88 and 1.00 for 1, so that all are of one width."""
    text = f"{value:.{digits}f}"
    return text[:-1] if text.startswith("1") else text.replace("0.", ".", 1)


_NAMES: Final = ("label", "lang", "name")


def plain_table(title: str, names: Iterable[str], numbers: Iterable[str]) -> Table:
    """Columns of words on the left, columns of numbers on the right. Where there is little room words go on in the next
    line, and nothing is cut."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, no_wrap=name in _NAMES, overflow="fold")
    for name in numbers:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    return table


def nested_table(title: str, tree: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    """{label: {language: {figure: value}}}, one line for each label and language."""
    lines = [(label, lang, values) for label, langs in tree.items() for lang, values in langs.items()]
    names = list(dict.fromkeys(name for *_, values in lines for name in values))
    table = plain_table(title, ["label", "lang"], names)
    for label, lang, values in lines:
        table.add_row(label, lang, *(shown(values.get(name)) for name in names))
    return table


def shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
    return f"{value:,}" if isinstance(value, int) else printable(str(value), 60)


def change_table(changes: Sequence[Change]) -> Table:
    table = plain_table(
        "changed decisions", ["label", "lang"], ["rows", "only A", "only B", "agreement", "mean score change"]
    )
    for one in changes:
        numbers = (one.rows, one.only_a, one.only_b, one.agreement, one.mean_change)
        table.add_row(one.label or one.head, one.lang, *map(shown, numbers))
    return table


def example_table(examples: Sequence[Example]) -> Table:
    """Texts of strangers: cut at 80 characters, control characters as escapes."""
    table = plain_table("examples", ["flagged by", "label"], ["A", "B"])
    table.add_column("text", overflow="fold")
    for one in examples:
        scores = (short(one.score_a), short(one.score_b))
        table.add_row(one.flagged_by, one.label, *scores, _literal(printable(one.text, 80)))
    return table


def _literal(text: str) -> str:
    from rich.markup import escape

    return escape(text)
