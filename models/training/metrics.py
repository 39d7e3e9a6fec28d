"""Figures of one head on labelled rows, in the shape of manifests and logs: plain numbers of four decimals.

They are those of `tidegate evaluate`, whose formulas do the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.evaluation.statistics import BinaryCells, Cells, ClassCells, Floats
from models.labels import URGENCY_LEVELS

_BINARY = ("precision", "recall", "f1", "calibration_error", "auroc", "auprc")


def binary_figures(targets: Floats, scores: Floats, threshold: float) -> dict[str, float | int]:
    """Counts, ranking quality, and quality at a threshold. Ranking figures are absent for one class only."""
    figures = _figures(BinaryCells.of(targets, scores, scores >= threshold))
    known = {name: figures[name] for name in _BINARY if np.isfinite(figures[name])}
    return {"rows": len(targets), "positives": int(targets.sum()), "threshold": round(threshold, 4), **known}


def class_figures(targets: Sequence[int], predicted: Sequence[int]) -> dict[str, float | int]:
    """Accuracy and macro F1 over the classes that occur."""
    truth, answer = np.array(targets), np.array(predicted)
    classes = 1 + int(max(truth.max(), answer.max()))
    return {"rows": len(truth), **_figures(ClassCells.of(truth, answer, classes))}


def ordinal_figures(targets: Sequence[int], predicted: Sequence[int]) -> dict[str, float | int]:
    """Accuracy, being at most one level off, and the quadratically weighted kappa (NaN for one level only)."""
    cells = ClassCells.of(np.array(targets), np.array(predicted), len(URGENCY_LEVELS), is_ordinal=True)
    return {"rows": len(targets), **_figures(cells)}


def flatten(figures: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested figures as one level, keys joined by a slash."""
    flat: dict[str, Any] = {}
    for key, value in figures.items():
        name = f"{prefix}/{key}" if prefix else key
        flat |= flatten(value, name) if isinstance(value, Mapping) else {name: value}
    return flat


def _figures(cells: Cells) -> dict[str, float]:
    return {name: round(float(value[0]), 4) for name, value in cells.statistics(cells.counts[None, :]).items()}
