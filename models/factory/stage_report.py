"""The report of a run: what went in, what was dropped and why, how it learned."""

from __future__ import annotations

import json
from typing import Any

from models.factory.curves import draw_curves
from models.training.run_folder import RunFolder


def write_report(run: RunFolder) -> None:
    """Write `report.md` and `curves.png` from the files of the run folder."""
    recipe, history = run.recipe(), run.history()
    corpus: dict[str, Any] = json.loads(run.corpus.read_text(encoding="utf-8"))
    draw_curves(history, run.path / "curves.png")
    last: dict[str, dict[str, Any]] = {line["kind"]: line for line in history}
    lines = [
        f"# Run {recipe.name}",
        "",
        f"Base {recipe.base.name}, {recipe.base.layers} layers, {recipe.base.vocabulary:,} pieces, seed {recipe.seed}.",
        "",
        "![learning curves](curves.png)",
        "",
        *(f"Last {kind} figures: {_sentence(values)}." for kind, values in last.items()),
        "",
        "## Training rows",
        "",
        "| source | task | tier | rows |",
        "| --- | --- | --- | --- |",
        *(f"| {s['name']} | {s['task']} | {s['tier']} | {s['rows']:,} |" for s in corpus["sources"]),
        "",
        "## Dropped",
        "",
        *(f"- {reason}: {rows:,}" for reason, rows in sorted(corpus["dropped"].items())),
    ]
    run.report.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sentence(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if name != "kind") or "none"
