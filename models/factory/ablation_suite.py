"""What a part of the factory is worth on posts of other origins: the figures of an ablation on a suite of sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.evaluation.suite.sets import SuiteSet
from models.factory.ablation import Measure, roc_auc
from models.labels import POST_LABELS
from models.training.predict import Logits

ENOUGH = 15
"""Rows of either kind, at the least, for a figure."""


def suite_measures(sets: Sequence[SuiteSet], first: int) -> tuple[list[str], list[Measure]]:
    """The texts of all sets as the service reads them, and their figures, to which these texts begin at `first`.

    AUROC of each label of a set, and of each kind of harm that a set names instead against its harmless rows, for the
    highest of the labels that the kind should get.
    """
    texts: list[str] = []
    found: list[Measure] = []
    for one in sets:
        start = first + len(texts)
        texts += [row.read()[1][0].text for row in one.rows]
        for column, label in enumerate(POST_LABELS):
            said = {i: row.labels[label] for i, row in enumerate(one.rows) if label in row.labels}
            found += _measure(f"{one.name} {label}", said, start, (column,))
        harmless = {i: 0 for i, row in enumerate(one.rows) if one.categories.get(row.category) == ()}
        for word, wanted in one.categories.items():
            harmful = {i: 1 for i, row in enumerate(one.rows) if wanted and row.category == word}
            columns = tuple(POST_LABELS.index(label) for label in wanted)
            found += _measure(f"{one.name} {word}", harmless | harmful, start, columns)
    return texts, found


def _measure(name: str, said: dict[int, int], start: int, columns: Sequence[int]) -> list[Measure]:
    """One, or none where the rows are too few."""
    truth = np.array(list(said.values()), dtype=np.float64)
    if min((truth == 1).sum(), (truth == 0).sum()) < ENOUGH:
        return []
    return [Measure(name, np.array(list(said)) + start, truth, _highest(columns), roc_auc)]


def _highest(columns: Sequence[int]) -> Callable[[Logits], float]:
    return lambda answer: float(answer["post"][list(columns)].max())
