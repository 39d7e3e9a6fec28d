"""Tables of a model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def markdown_table(keys: list[str], rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    """A markdown table; columns are those of any row, in order of appearance."""
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    lines = [[*keys, *columns], ["---"] * (len(keys) + len(columns))]
    lines += [[*key, *(_show(figures.get(column)) for column in columns)] for key, figures in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _show(value: Any) -> str:
    return (
        ""
        if value is None
        else f"{value:,}"
        if isinstance(value, int)
        else f"{value:.3f}"
        if isinstance(value, float)
        else str(value)
    )
