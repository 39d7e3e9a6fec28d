"""Tables and sections of a model card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def markdown_table(keys: list[str], rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    """A markdown table; columns are those of any row, in order of appearance."""
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    lines = [[*keys, *columns], ["---"] * (len(keys) + len(columns))]
    lines += [[*key, *(_show(figures.get(column)) for column in columns)] for key, figures in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def with_section(card: str, title: str, text: str, before: str) -> str:
    """With this text under the title: in the old one's place, else before another section, else at the end."""
    sections = re.split(r"^(?=## )", card, flags=re.MULTILINE)
    old = [place for place, section in enumerate(sections) if section.startswith(title)]
    fitting = [place for place, section in enumerate(sections) if section.startswith(before)]
    for place in old:
        sections[place] = ""
    place = (old or fitting or [len(sections)])[0]
    sections[place:place] = [f"{title}\n\n{text}\n"]
    return "\n".join(section.rstrip() + "\n" for section in sections if section)


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
