"""Calibration on dev, folded into the head weights, and thresholds per label and language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from models.evaluation.statistics import Floats
from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS
from models.serving.scores import sigmoid
from models.training.predict import Logits

Matrix = NDArray[np.float32]
Numbers = NDArray[np.floating[Any]]

MIN_POSITIVES = 15
"""With fewer positives (or negatives) of a label, its slope and its own threshold would be noise."""
PRECISION_FLOOR = 0.6
UNKNOWN_SHARE = 0.02
"""Most real posts that a label may flag where none was labelled for it."""
_THRESHOLDS = np.round(np.arange(0.10, 0.96, 0.01), 2)

Scale = dict[str, list[float]]
"""`slope` and `offset`, one number a label; the calibrated logit is slope * logit + offset."""


def fit_calibration(dev: Sequence[Example], answers: Sequence[Logits]) -> dict[str, Scale]:
    """Platt scaling a label for the post heads, one temperature for each head of classes."""
    targets = np.stack([e.post for e in dev])
    scales = {head: platt(targets, np.stack([a[head] for a in answers])) for head in ("post", "early_post")}
    for head in ("sentiment", "condition"):
        known = [(getattr(e, head), a[head]) for e, a in zip(dev, answers, strict=True) if getattr(e, head) >= 0]
        slope = _temperature(known) if len(known) >= 2 * MIN_POSITIVES else 1.0
        scales[head] = {
            "slope": [slope] * answers[0][head].shape[0],
            "offset": [0.0] * answers[0][head].shape[0],
        }
    return scales


def platt(targets: Numbers, logits: Numbers, enough: int = MIN_POSITIVES) -> Scale:
    """Of every label with `enough` positives and negatives; the others keep their scale.

    Args:
        targets: [rows, labels], NaN where unlabelled.
        logits: [rows, labels]
    """
    slopes, offsets = [], []
    for column in range(targets.shape[1]):
        known = ~np.isnan(targets[:, column])
        truth, values = targets[known, column], logits[known, column]
        slope, offset = 1.0, 0.0
        if min((truth == 1).sum(), (truth == 0).sum()) >= enough:
            fit = LogisticRegression(C=10.0).fit(values[:, None], truth)
            if fit.coef_[0, 0] > 0.1:  # a label that the head ranks backwards is left alone, to be seen
                slope, offset = float(fit.coef_[0, 0]), float(fit.intercept_[0])
        slopes.append(round(slope, 4))
        offsets.append(round(offset, 4))
    return {"slope": slopes, "offset": offsets}


def _temperature(known: Sequence[tuple[int, Matrix]]) -> float:
    truth = np.array([target for target, _ in known])
    logits = np.stack([values for _, values in known]).astype(np.float64)

    def loss(log_slope: Floats) -> float:
        scaled = logits * np.exp(log_slope[0])
        peak = scaled.max(axis=1)
        total = np.log(np.exp(scaled - peak[:, None]).sum(axis=1)) + peak
        return float((total - scaled[np.arange(len(truth)), truth]).mean())

    slope = float(np.exp(minimize(loss, np.zeros(1), method="Nelder-Mead").x[0]))
    return round(float(np.clip(slope, 0.3, 3.0)), 4)


def fold_calibration(weights: Mapping[str, Matrix], scales: Mapping[str, Scale]) -> dict[str, Matrix]:
    """Weights whose heads answer with calibrated logits, so that serving needs no extra step."""
    folded = dict(weights)
    for head, scale in scales.items():
        slope = np.array(scale["slope"], dtype=np.float32)
        offset = np.array(scale["offset"], dtype=np.float32)
        folded[f"heads.{head}.weight"] = weights[f"heads.{head}.weight"] * slope[:, None]
        folded[f"heads.{head}.bias"] = weights[f"heads.{head}.bias"] * slope + offset
    return folded


def apply_calibration(logits: Logits, scales: Mapping[str, Scale]) -> Logits:
    """What the folded weights answer, from the logits of the weights before folding."""
    moved: Logits = {}
    for head, scale in scales.items():
        slope, offset = (np.array(scale[part], dtype=np.float32) for part in ("slope", "offset"))
        moved[head] = logits[head] * slope + offset
    return logits | moved


def choose_thresholds(
    dev: Sequence[Example], answers: Sequence[Logits], head: str = "post"
) -> dict[str, dict[str, float]]:
    """{label: {language: threshold}}; a language with too few positives takes the threshold of all rows."""
    targets = np.stack([e.post for e in dev])
    scores = np.round(sigmoid(np.stack([a[head] for a in answers])), 4)
    langs = np.array([e.lang for e in dev])
    chosen: dict[str, dict[str, float]] = {}
    for column, label in enumerate(POST_LABELS):
        known = ~np.isnan(targets[:, column])
        truth, values = targets[:, column], scores[:, column]
        everywhere = best_threshold(truth[known], values[known])
        chosen[label] = {}
        for lang in LANGUAGES:
            here = known & (langs == lang)
            enough = min((truth[here] == 1).sum(), (truth[here] == 0).sum()) >= MIN_POSITIVES
            chosen[label][lang] = best_threshold(truth[here], values[here]) if enough else everywhere
    return chosen


def hold_back(
    thresholds: dict[str, dict[str, float]], real: Sequence[Example], answers: Sequence[Logits], head: str = "post"
) -> None:
    """Raise the threshold of a label in a language in which no real post was labelled for it, until it flags at most
    `UNKNOWN_SHARE` of the real posts: written sentences say nothing of how often a live stream would be flagged.
    """
    targets = np.stack([e.post for e in real])
    scores = np.round(sigmoid(np.stack([a[head] for a in answers])), 4)
    for column, label in enumerate(POST_LABELS):
        for lang in LANGUAGES:
            rows = np.array([e.lang == lang and e.task == "post" for e in real])
            if rows.any() and np.isnan(targets[rows, column]).all():
                fitting = [t for t in _THRESHOLDS if (scores[rows, column] >= t).mean() <= UNKNOWN_SHARE]
                lowest = float(fitting[0]) if fitting else float(_THRESHOLDS[-1])
                thresholds[label][lang] = max(thresholds[label][lang], lowest)


def best_threshold(targets: Matrix, scores: Floats) -> float:
    """Highest F1 among thresholds whose precision reaches the floor; 0.5 without both classes."""
    positives = (targets == 1).sum()
    if positives < 5 or positives == len(targets):
        return 0.5
    best, best_key = 0.5, (-1.0, -1.0)
    for threshold in _THRESHOLDS:
        flagged = scores >= threshold
        hits = float((flagged & (targets == 1)).sum())
        precision = hits / max(float(flagged.sum()), 1.0)
        f1 = 2 * hits / (float(flagged.sum()) + float(positives))
        # Where no threshold reaches the floor, the one of highest precision among useful ones wins by F1.
        key = (1.0, f1) if precision >= PRECISION_FLOOR else (precision, f1)
        if f1 > 0 and key > best_key:
            best, best_key = float(threshold), key
    return best
