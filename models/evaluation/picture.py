"""Figures as one picture: is a score a probability, and how sure are the figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from models.evaluation.figures import Entry, Labelled
from models.evaluation.rows import EvaluationError
from models.evaluation.statistics import BINS

COLUMNS: Final = 4
FEW: Final = 10
"""A point of fewer rows is drawn faint, and the line leaves it out."""
_BARS: Final = ("auroc", "f1", "accuracy", "macro_f1", "quadratic_kappa", "character_f1")
_COLOURS: Final = {"en": "tab:blue", "zh": "tab:red"}


def draw(labels: Sequence[Labelled], entries: Sequence[Entry], path: Path) -> None:
    """Reliability of each label by language above, figures by language with their intervals below.

    Raises EvaluationError where matplotlib is missing or the file cannot be written.
    """
    pyplot = _pyplot()
    bars = [entry for entry in entries if entry.by == "lang"]
    panel_rows = -(-len(labels) // COLUMNS)
    figure = pyplot.figure(figsize=(13, 3.2 * panel_rows + 4.2), layout="constrained")
    grid = figure.add_gridspec(panel_rows + 1, COLUMNS, height_ratios=[*[3.2] * panel_rows, 4.2])
    for place, one in enumerate(labels):
        _reliability(figure.add_subplot(grid[place // COLUMNS, place % COLUMNS]), one)
    _bars(figure.add_subplot(grid[panel_rows, :]), bars)
    _save(figure, path)


class Course(NamedTuple):
    """A line through points; `marked` is the number of the one in force."""

    name: str
    across: Sequence[float]
    up: Sequence[float]
    marked: int | None


def draw_courses(courses: Sequence[Course], axes: tuple[str, str], path: Path) -> None:
    """Shares against shares, one line a group; the first stands out.

    Raises EvaluationError where matplotlib is missing or the file cannot be written.
    """
    figure = _pyplot().figure(figsize=(8, 6), layout="constrained")
    axis = figure.add_subplot()
    for number, one in enumerate(courses):
        (line,) = axis.plot(one.across, one.up, marker=".", linewidth=1 if number else 2.5, label=one.name)
        if one.marked is not None:
            axis.plot(one.across[one.marked], one.up[one.marked], "o", color=line.get_color(), markersize=9)
    axis.set(xlabel=axes[0], ylabel=axes[1], xlim=(0, None), ylim=(0, None))
    axis.legend(fontsize=8)
    _save(figure, path)


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise EvaluationError("--picture needs matplotlib; install it with: pip install 'tidegate[train]'.") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:  # no such folder; a suffix that is no picture
        raise EvaluationError(f"The picture cannot be written to {path}: {error}.") from None
    finally:
        _pyplot().close(figure)


def _reliability(axis: Any, one: Labelled) -> None:
    """Share of positives over the mean score of a tenth of the scale; on the diagonal a score is a probability."""
    axis.plot([0, 1], [0, 1], color="lightgrey", linewidth=1)
    for lang in np.unique(one.langs):
        here = one.langs == lang
        bins = np.minimum((one.scores[here] * BINS).astype(int), BINS - 1)
        counts = np.bincount(bins, minlength=BINS)
        known = counts > 0
        score = np.bincount(bins, one.scores[here], BINS)[known] / counts[known]
        share = np.bincount(bins, one.targets[here], BINS)[known] / counts[known]
        colour = _COLOURS.get(str(lang), "grey")
        many = counts[known] >= FEW
        axis.plot(score[many], share[many], color=colour, linewidth=1, label=f"{lang} ({here.sum():,})")
        axis.scatter(score, share, color=colour, s=14, alpha=np.where(many, 1.0, 0.25))
    axis.set(title=one.label, xlim=(0, 1), ylim=(0, 1), xlabel="score", ylabel="share of positives")
    axis.legend(fontsize=7, loc="upper left")


def _bars(axis: Any, entries: Sequence[Entry]) -> None:
    names = [name for name in _BARS if any(name in entry.figures for entry in entries)]
    width = 0.8 / max(len(names), 1)
    for number, name in enumerate(names):
        known = [(place, entry.figures[name]) for place, entry in enumerate(entries) if name in entry.figures]
        values = np.array([figure.value for _, figure in known])
        reach = np.array([[f.value - f.low for _, f in known], [f.high - f.value for _, f in known]])
        centres = np.array([place for place, _ in known]) + (number - (len(names) - 1) / 2) * width
        axis.bar(centres, values, width, yerr=reach, capsize=2, label=name.replace("_", " "), error_kw={"linewidth": 1})
    axis.set_xticks(
        range(len(entries)), [f"{entry.label or entry.head}\n{entry.group}" for entry in entries], fontsize=7
    )
    axis.set(ylim=(0, 1.12), title="figures and their intervals")
    if names:
        axis.legend(fontsize=7, ncols=len(names), loc="upper right")
