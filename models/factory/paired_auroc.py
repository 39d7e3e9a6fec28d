"""By how much one ranking of some rows is better than another, with an interval, after DeLong et al. (1988).

A positive row's share of the negatives that it ranks above, and a negative's of the positives that it ranks below, are
known exactly, and the AUROC is the mean of either. Two rankings of the same rows are compared row by row, so that what
they have in common cancels, and no resampling is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from models.evaluation.resampling import Figure
from models.evaluation.statistics import Floats

_REACH: Final = NormalDist().inv_cdf(0.975)


class Gap(NamedTuple):
    """A difference of two AUROCs in points (hundredths), and the variance that it has by the choice of rows."""

    points: float
    variance: float


def auroc(truth: Floats, scores: Floats) -> float:
    """`truth` holds 1 and 0, and at least one of either."""
    return float(_ranked(truth, scores)[0].mean())


def auroc_gap(truth: Floats, first: Floats, second: Floats) -> Gap:
    """How much better `first` ranks the rows than `second`; two rows of either kind at least."""
    sides = zip(_ranked(truth, first), _ranked(truth, second), strict=True)
    positives, negatives = (100 * (one - other) for one, other in sides)
    variance = positives.var(ddof=1) / len(positives) + negatives.var(ddof=1) / len(negatives)
    return Gap(float(positives.mean()), float(variance))


def mean_gap(gaps: Sequence[Gap]) -> Figure | None:
    """The mean over sets that have no rows in common, each of which counts alike, with its 95 % interval; None of
    none."""
    if not gaps:
        return None
    value = float(np.mean([gap.points for gap in gaps]))
    reach = _REACH * float(np.sqrt(sum(gap.variance for gap in gaps))) / len(gaps)
    return Figure(*(round(figure, 2) for figure in (value, value - reach, value + reach)))


def _ranked(truth: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Of each positive row the share of negatives below it, of each negative that of positives above it; ties half."""
    positives, negatives = scores[truth == 1], scores[truth == 0]
    return _share_below(positives, negatives), _share_below(-negatives, -positives)


def _share_below(values: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2 * len(others)))
