"""What calibration and operating points are worth on rows that they were not chosen by, for manifest and card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.artifact import Cascade, OperatingPoint
from models.compression.cascade import is_clean
from models.evaluation.resampling import share
from models.evaluation.statistics import BinaryCells, Floats, Ints
from models.labels import POST_LABELS
from models.training.bars import Posts, pooled
from models.training.operating_points import MIN_POSITIVES, flagged

Points = Mapping[str, OperatingPoint]
Choose = Callable[[Posts], Points]
CONFIDENCE: Final = 0.95


def calibration_figures(shown: Posts, before: Floats, after: Floats) -> dict[str, Any]:
    """{label: {rows, positives, before, after, by_set}}: calibration errors of two scales on the same rows."""
    figures: dict[str, Any] = {}
    for column, label in enumerate(POST_LABELS):
        known = ~np.isnan(shown.targets[:, column])
        if not _enough(shown.targets[known, column]):
            continue
        figures[label] = {
            "rows": int(known.sum()),
            "positives": int(shown.targets[known, column].sum()),
            "before": _error(shown, before, known, column),
            "after": _error(shown, after, known, column),
            "by_set": {
                str(name): _error(shown, after, here, column)
                for name in np.unique(shown.groups)
                if _enough(shown.targets[here := known & (shown.groups == name), column])
            },
        }
    return figures


def set_figures(shown: Posts, points: Points) -> dict[str, Any]:
    """{set, language and label: {point: precision, recall and F1}}"""
    figures: dict[str, Any] = {}
    stands = {name: flagged(shown, point.thresholds) for name, point in points.items()}
    for name in np.unique(shown.groups):
        for lang in np.unique(shown.langs):
            for column, label in enumerate(POST_LABELS):
                here = (shown.groups == name) & (shown.langs == lang) & ~np.isnan(shown.targets[:, column])
                if _enough(shown.targets[here, column]):
                    truth, values = shown.targets[here, column], shown.scores[here, column]
                    figures[f"{name} {lang} {label}"] = {
                        point: _found(truth, values, flags[here, column]) for point, flags in stands.items()
                    }
    return figures


def ordinary_figures(ordinary: Posts, points: Points, choose: Choose) -> dict[str, Any]:
    """{point: posts of 1,000 labelled and acted on, with the interval's upper end, and the worst group}.

    `unseen`: the same in domains that the bars were not chosen by; for that they are chosen anew, twice, each time by
    half of the domains. Actions are those of a policy that acts wherever the model lets it.
    """
    side = _sides(ordinary)
    others = [choose(ordinary.where(side == 1 - half)) for half in (0, 1)] if side.any() else []
    figures: dict[str, Any] = {}
    for name, point in points.items():
        figures[name] = _alarms(ordinary, *_wrong(ordinary, point))
        if others:
            parts = [ordinary.where(side == half) for half in (0, 1)]
            wrong = [_wrong(part, chosen[name]) for part, chosen in zip(parts, others, strict=True)]
            groups = np.concatenate([part.groups for part in parts])
            labelled, acted = (np.concatenate(values) for values in zip(*wrong, strict=True))
            figures[name]["unseen"] = _alarms(
                Posts(ordinary.scores, ordinary.targets, ordinary.langs, groups), labelled, acted
            )
    return figures


def cascade_figures(shown: Posts, ordinary: Posts, cascade: Cascade, point: OperatingPoint) -> dict[str, Any]:
    """Share of ordinary posts that the early exit answers, and by set how many points of recall (any label) that costs
    the posts that nothing was chosen by."""
    assert shown.early is not None
    assert ordinary.early is not None
    clean = is_clean(shown.early, cascade.clean_below)
    positive = (shown.targets == 1).any(axis=1)
    lost = (flagged(shown, point.thresholds) & (shown.targets == 1)).any(axis=1) & clean
    return {
        "answered_early": round(float(is_clean(ordinary.early, cascade.clean_below).mean()), 4),
        "recall_lost": {
            str(name): round(100 * float(lost[here].sum() / positive[here].sum()), 2)
            for name in np.unique(shown.groups)
            if positive[here := shown.groups == name].any()
        },
    }


def _wrong(posts: Posts, point: OperatingPoint) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Posts with a label that is known to be wrong, and those that may be acted on for one."""
    known = posts.targets == 0
    labelled = flagged(posts, point.thresholds) & known
    acted = labelled & (flagged(posts, point.acts_from) if point.acts_from else labelled)
    return labelled.any(axis=1), acted.any(axis=1)


def _alarms(posts: Posts, labelled: NDArray[np.bool_], acted: NDArray[np.bool_]) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": len(labelled)}
    for name, hits in (("labelled", labelled), ("acted", acted)):
        whole = share(int(hits.sum()), len(hits), CONFIDENCE, per=1000)
        groups = pooled(posts.groups, 0.005)
        worst = max((float(hits[groups == group].mean()), str(group)) for group in np.unique(groups))[1]
        own = hits[groups == worst]
        found = share(int(own.sum()), len(own), CONFIDENCE, per=1000)
        figures |= {name: whole.value, f"{name}_at_most": whole.high}
        figures |= {f"{name}_worst": found.value, f"{name}_worst_at_most": found.high, f"{name}_worst_in": worst}
    return figures


def _found(truth: Floats, scores: Floats, flags: NDArray[np.bool_]) -> dict[str, float]:
    cells = BinaryCells.of(truth, scores, flags)
    figures = cells.statistics(cells.counts[None, :])
    return {name: round(float(figures[name][0]), 4) for name in ("precision", "recall", "f1")}


def _error(posts: Posts, scores: Floats, rows: NDArray[np.bool_], column: int) -> float:
    truth, values = posts.targets[rows, column], scores[rows, column]
    cells = BinaryCells.of(truth, values, values >= 0.5)
    return round(float(cells.statistics(cells.counts[None, :])["calibration_error"][0]), 4)


def _enough(truth: Floats) -> bool:
    return min(int((truth == 1).sum()), int((truth == 0).sum())) >= MIN_POSITIVES


def _sides(posts: Posts) -> Ints:
    """0 or 1: half of the domains each, in the order of a hash. A domain in two tables or languages is one."""
    domains = np.array([str(group).rpartition("/")[2] for group in posts.groups])
    names, members = np.unique(domains, return_inverse=True)
    order = np.argsort([hashlib.blake2b(str(name).encode(), digest_size=8).hexdigest() for name in names])
    sides = np.empty(len(names), dtype=np.int64)
    sides[order] = np.arange(len(names)) % 2
    return np.asarray(sides[members])
