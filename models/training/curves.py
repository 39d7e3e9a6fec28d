"""Learning curves as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def draw_curves(history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Training losses on the left, dev figures on the right; nothing is drawn for an empty history."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(13, 5))
    for axis, kind, title in zip(axes, ("train", "dev"), ("training loss per row", "dev sample"), strict=True):
        lines = [line for line in history if line["kind"] == kind]
        names = [
            n for n in (lines[0] if lines else {}) if n.startswith("loss_") or n.endswith(("_accuracy", "_en", "_zh"))
        ]
        for name in names:
            axis.plot(
                [line["step"] for line in lines],
                [line[name] for line in lines],
                label=name.removeprefix("loss_"),
            )
        axis.set(title=title, xlabel="step")
        if names:
            axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
