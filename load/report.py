"""Reports: a folder with report.md for people, report.json for programs, and a plot."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rich.table
from rich.console import Console

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; as text it is Markdown."""

    heads: Row
    rows: Sequence[Row]

    def __str__(self) -> str:
        return "\n".join([_line(self.heads), _line(["---"] * len(self.heads)), *map(_line, self.rows)])

    def drawn(self) -> rich.table.Table:
        table = rich.table.Table(*map(str, self.heads))
        for row in self.rows:
            table.add_row(*map(_cell, row))
        return table


class Report:
    """Collects one command's results and writes them to a new folder under `root`."""

    def __init__(self, title: str, command: str, environment: Mapping[str, object]) -> None:
        self.title = title
        self.data: dict[str, Any] = {"title": title, "command": command, "environment": dict(environment)}
        self._parts: list[str | Table] = [f"# {title}", f"`{command}`"]
        self._images: list[str] = []

    def say(self, sentence: str) -> None:
        self._parts.append(sentence)

    def table(self, heads: Row, rows: Sequence[Row]) -> None:
        self._parts.append(Table(heads, rows))

    def image(self, name: str) -> None:
        """A file in the report's folder."""
        self._images.append(f"![{name}]({name})")

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        facts = [(name.replace("_", " "), value) for name, value in self.data["environment"].items()]
        parts = [str(part) for part in (*self._parts, *self._images, Table(["measured on", ""], facts))]
        (folder / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(self.data, indent=2) + "\n", encoding="utf-8")
        self._folder = folder

    def show(self) -> None:
        """Prints what report.md says, without the environment."""
        console = Console()
        console.rule(self.title)
        for part in self._parts[2:]:
            console.print(part.drawn() if isinstance(part, Table) else part, highlight=False, markup=False)
        console.print(f"Report: {self._folder}", highlight=False)


def new_folder(root: Path, name: str) -> Path:
    return root / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"


def _line(cells: Row) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
