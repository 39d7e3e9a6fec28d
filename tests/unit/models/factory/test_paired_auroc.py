"""The gap between two rankings is that of scikit-learn, and its interval that of a paired bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import roc_auc_score

from models.factory.paired_auroc import Gap, auroc, auroc_gap, mean_gap

DRAWS = 1000


def test_gap_and_interval_are_those_of_resampling_both_together() -> None:
    random = np.random.default_rng(5)
    truth = np.repeat([1.0, 0.0], [60, 140])
    shared = truth + random.normal(size=200)
    first = np.round(shared + 0.3 * random.normal(size=200), 1)  # rounded: there are ties
    second = np.round(shared + 0.9 * random.normal(size=200), 1)
    wanted = [float(roc_auc_score(truth, scores)) for scores in (first, second)]
    assert [auroc(truth, scores) for scores in (first, second)] == pytest.approx(wanted)

    gap = auroc_gap(truth, first, second)
    assert gap.points == pytest.approx(100 * (wanted[0] - wanted[1]))
    drawn = []
    for _ in range(DRAWS):
        rows = random.integers(0, 200, 200)
        pair = [auroc(truth[rows], scores[rows]) for scores in (first, second)]
        drawn.append(100 * (pair[0] - pair[1]))
    figure = mean_gap([gap])
    assert figure is not None
    assert [figure.low, figure.high] == pytest.approx(np.percentile(drawn, [2.5, 97.5]).tolist(), abs=0.8)


def test_the_mean_over_sets_counts_each_alike_and_is_surer_than_one() -> None:
    figure = mean_gap([Gap(1.0, 4.0), Gap(3.0, 4.0)])
    assert figure is not None
    assert figure.value == 2.0
    assert figure.high - figure.value == pytest.approx(1.96 * np.sqrt(4.0 / 2), abs=0.01)
    assert mean_gap([]) is None
