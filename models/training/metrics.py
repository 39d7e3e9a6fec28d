"""Figures of one head on labelled rows; small functions over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score, roc_auc_score

Floats = NDArray[np.float64]


def binary_figures(targets: Floats, scores: Floats, threshold: float) -> dict[str, float | int]:
    """Counts, ranking quality, and quality at a threshold. Ranking figures are absent for one class only."""
    flagged = scores >= threshold
    hits = float((flagged & (targets == 1)).sum())
    positives, called = float((targets == 1).sum()), float(flagged.sum())
    precision, recall = _ratio(hits, called), _ratio(hits, positives)
    figures: dict[str, float | int] = {
        "rows": len(targets), "positives": int(positives), "threshold": threshold, "precision": precision,
        "recall": recall, "f1": _ratio(2 * precision * recall, precision + recall),
        "calibration_error": calibration_error(targets, scores),
    }  # fmt: skip
    if 0 < positives < len(targets):
        figures |= {
            "auroc": float(roc_auc_score(targets, scores)),
            "auprc": float(average_precision_score(targets, scores)),
        }
    return {name: round(value, 4) for name, value in figures.items()}


def calibration_error(targets: Floats, scores: Floats, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins."""
    numbers = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(scores[numbers == b].mean() - targets[numbers == b].mean()) * (numbers == b).mean()
        for b in np.unique(numbers)
    ]
    return float(sum(gaps))


def class_figures(targets: Sequence[int], predicted: Sequence[int]) -> dict[str, float | int]:
    """Accuracy and macro F1 over the classes that occur."""
    truth, answer = np.array(targets), np.array(predicted)
    return {
        "rows": len(truth),
        "accuracy": round(float((truth == answer).mean()), 4),
        "macro_f1": round(float(f1_score(truth, answer, average="macro", labels=np.unique(truth))), 4),
    }


def ordinal_figures(targets: Sequence[int], predicted: Sequence[int]) -> dict[str, float | int]:
    """Accuracy, being at most one level off, and the quadratically weighted kappa."""
    truth, answer = np.array(targets), np.array(predicted)
    kappa = cohen_kappa_score(truth, answer, weights="quadratic", labels=list(range(5)))
    return {
        "rows": len(truth),
        "accuracy": round(float((truth == answer).mean()), 4),
        "within_one": round(float((np.abs(truth - answer) <= 1).mean()), 4),
        "quadratic_kappa": round(float(kappa), 4),
    }


def span_f1(wanted: set[int], found: set[int]) -> float:
    """Character F1 of one post as in SemEval-2021 task 5: two empty sets agree fully."""
    if not wanted or not found:
        return float(wanted == found)
    return 2 * len(wanted & found) / (len(wanted) + len(found))


def flatten(figures: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested figures as one level, keys joined by a slash."""
    flat: dict[str, Any] = {}
    for key, value in figures.items():
        name = f"{prefix}/{key}" if prefix else key
        flat |= flatten(value, name) if isinstance(value, Mapping) else {name: value}
    return flat


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
