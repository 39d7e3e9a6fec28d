"""The tables of docs/metrics.md. `python -m tests.contract.metrics_tables` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from streams.health.families import FAMILIES
from streams.health.words import closed

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
TABLE = re.compile(r"(<!-- (metrics|labels): [^>]*-->\n)(.*?)(\n<!-- /\2 -->)", re.DOTALL)
_WHERE = {
    "every": "worker, gateway, `reviews follow`",
    "both": "worker, gateway",
    "worker": "worker",
    "gateway": "gateway",
    "supervisor": "`--workers`",
    "assessor": "`reviews follow`",
}


def _metrics() -> str:
    rows = [
        f"| `{one.exposed}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {_WHERE[one.where]} "
        f"| {one.about} |"
        for one in FAMILIES
    ]
    return "\n".join(["| name | kind | labels | of | what |", "| --- | --- | --- | --- | --- |", *rows])


def _labels() -> str:
    rows = [f"| `{label}` | {', '.join(f'`{value}`' for value in values)} |" for label, values in closed().items()]
    return "\n".join(["| label | values |", "| --- | --- |", *rows])


def tables() -> dict[str, str]:
    """What the page has to hold between its marks, by their names."""
    return {"metrics": _metrics(), "labels": _labels()}


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    PAGE.write_text(TABLE.sub(lambda found: f"{found[1]}{tables()[found[2]]}{found[4]}", page), "utf-8")
