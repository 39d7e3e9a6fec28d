"""Learning curves as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_DEV_FIGURES = ("_accuracy", "_en", "_zh")


def draw_curves(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Training losses on the left, dev figures on the right.

    Losses have a logarithmic axis: the teacher's part is some fifty times that of the spans. The early exit is dashed,
    in the colour of the full network. The teacher's part is shown for a row that it was asked about.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(13, 5))
    for axis, kind, title in zip(axes, ("train", "dev"), ("training loss per row", "dev sample"), strict=True):
        lines = [line for line in history if line["kind"] == kind]
        names = {n: None for line in lines for n in line if n.startswith("loss_") or n.endswith(_DEV_FIGURES)}
        colours = {name.replace("early_", ""): f"C{number}" for number, name in enumerate(names)}
        for name in names:
            colour, style = colours[name.replace("early_", "")], "--" if "early_" in name else "-"
            values = [shown_value(line, name) for line in lines]
            label = name.removeprefix("loss_")
            axis.plot([line["step"] for line in lines], values, label=label, color=colour, linestyle=style)
        axis.set(title=title, xlabel="step", yscale="log" if kind == "train" and names else "linear")
        if names:
            axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def shown_value(line: Mapping[str, Any], name: str) -> float:
    """A figure of a line of metrics.jsonl, NaN where it has none."""
    share = line.get("advised", 1.0) if name == "loss_teacher" else 1.0
    return float(line.get(name, math.nan)) / share if share else math.nan
