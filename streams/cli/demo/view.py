"""Shows the demo while it runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from schemas import Alert, PostVerdict, Span, SymptomVerdict
from streams.cli.demo.tally import Tally
from streams.cli.demo.urgent import Why
from streams.cli.lines import ACTION_STYLES, SEVERITY_STYLES, URGENCY_STYLES, alert_line
from streams.cli.terminal import printable

_MOST_ROWS = (9, 9, 5)  # of flags, triage (an urgent patient has three), alerts
_FRAME_ROWS = 11  # status, bars, borders, and a line to spare


class View(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, what: str) -> None: ...

    def flag(self, verdict: PostVerdict) -> None: ...

    def triage(self, verdict: SymptomVerdict, why: Why | None) -> None:
        """`why`: of an urgent patient."""

    def alert(self, alert: Alert) -> None: ...


def open_view(console: Console, tally: Tally, texts: Mapping[str, str], plain: bool) -> View:
    return PlainView(console, texts) if plain or not console.is_terminal else LiveView(console, tally, texts)


class PlainView:
    """One line for each event."""

    def __init__(self, console: Console, texts: Mapping[str, str]) -> None:
        self._console = console
        self._texts = texts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def say(self, what: str) -> None:
        self._console.print(what, markup=False)

    def flag(self, verdict: PostVerdict) -> None:
        self._print("flag", *_flag_cells(verdict, self._texts))

    def triage(self, verdict: SymptomVerdict, why: Why | None) -> None:
        self._print("triage", *_triage_cells(verdict, self._texts))
        if why is not None:
            self._print("", Text(f"found  {why.found}"))
            self._print("", Text(f"rule   {why.behind}"))

    def alert(self, alert: Alert) -> None:
        self._print("alert", alert_line(alert))

    def _print(self, kind: str, *cells: Text) -> None:
        self._console.print(Text("  ").join([Text(f"{kind:<6}"), *cells]), soft_wrap=True)


class LiveView:
    """The last few events of each kind, redrawn eight times a second, and two progress bars."""

    def __init__(self, console: Console, tally: Tally, texts: Mapping[str, str]) -> None:
        self._tally = tally
        self._texts = texts
        self._status = ""
        self._heights = panel_heights(console.height)
        flags, triage, alerts = self._heights
        self._flags: deque[Sequence[Text]] = deque(maxlen=flags)
        self._triage: deque[Sequence[Text]] = deque(maxlen=triage)
        self._alerts: deque[Sequence[Text]] = deque(maxlen=alerts)
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, what: str) -> None:
        self._status = what

    def flag(self, verdict: PostVerdict) -> None:
        self._flags.append(_flag_cells(verdict, self._texts))

    def triage(self, verdict: SymptomVerdict, why: Why | None) -> None:
        self._triage.append(_triage_cells(verdict, self._texts))
        if why is not None:
            self._triage.append([Text(), Text("found", "dim"), Text(why.found)])
            self._triage.append([Text(), Text("rule", "dim"), Text(why.behind)])

    def alert(self, alert: Alert) -> None:
        self._alerts.append([Text(alert.severity, SEVERITY_STYLES[alert.severity]), _alert_cell(alert)])

    def _render(self) -> RenderableType:
        tally = self._tally
        flags, triage, alerts = self._heights
        return Group(
            Text(self._status, "bold"),
            self._bars(),
            _panel("flags", tally.flagged, "red", self._flags, flags, (7, 24, None)),
            _panel("triage", sum(tally.urgency.values()), "cyan", self._triage, triage, (7, 30, None)),
            _panel("alerts", sum(tally.alerts.values()), "magenta", self._alerts, alerts, (8, None)),
        )

    def _bars(self) -> Table:
        tally = self._tally
        bars = Table.grid(padding=(0, 1))
        for name, count in (("sent", len(tally.sent)), ("answered", tally.answered)):
            bars.add_row(name, ProgressBar(tally.expected, count, width=40), f"{count} of {tally.expected}")
        return bars


def panel_heights(screen_rows: int) -> tuple[int, int, int]:
    """Rows of the three panels, so that the whole fits on the screen; one row each at least."""
    room = screen_rows - _FRAME_ROWS
    most = sum(_MOST_ROWS)
    flags, triage, alerts = (max(1, min(rows, room * rows // most)) for rows in _MOST_ROWS)
    return flags, triage, alerts


def _panel(
    title: str, count: int, colour: str, rows: Sequence[Sequence[Text]], height: int, widths: Sequence[int | None]
) -> Panel:
    table = Table.grid(padding=(0, 1), expand=True)
    for width in widths:
        table.add_column(width=width, ratio=None if width else 1, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*row)
    for _ in range(height - len(rows)):
        table.add_row()
    return Panel(table, title=f"{title} {count}", title_align="left", border_style=colour)


def _flag_cells(verdict: PostVerdict, texts: Mapping[str, str]) -> list[Text]:
    return [
        Text(verdict.action, ACTION_STYLES[verdict.action]),
        Text(", ".join(verdict.labels)),
        highlighted(texts.get(verdict.post_id, verdict.post_id), verdict.spans),
    ]


def _triage_cells(verdict: SymptomVerdict, texts: Mapping[str, str]) -> list[Text]:
    level = verdict.urgency.level
    guess = verdict.conditions[0] if verdict.conditions else None
    return [
        Text(f"level {level}", URGENCY_STYLES[level]),
        Text(f"{guess.condition} {guess.probability:.2f}" if guess else "-"),
        Text(printable(texts.get(verdict.record_id, verdict.record_id))),
    ]


def _alert_cell(alert: Alert) -> Text:
    count = f" x{alert.count}" if alert.count else ""
    return Text(f"{alert.kind.replace('_', ' ')}{count}: {printable(alert.subject, 40)} ({', '.join(alert.reasons)})")


def highlighted(text: str, spans: Sequence[Span]) -> Text:
    """The post with the passages that carry the abuse marked."""
    marked = {at for span in spans for at in range(span.start, span.end)}
    return Text.assemble(
        *((printable(character), "bold red" if at in marked else "") for at, character in enumerate(text[:160]))
    )
