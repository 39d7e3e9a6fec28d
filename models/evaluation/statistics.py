"""Figures of labelled rows that are counted with weights, for many weightings at once.

Rows that count alike are one *cell*; `weights` has shape [draws, cells]. With one draw, and each cell's own number of
rows as its weight, these are the plain figures; `resampling` gives a thousand draws for the intervals. A figure that is
not defined (one class only) is NaN. A ratio without a denominator is 0, as on the model card.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Statistics = dict[str, Floats]
"""{figure: one value a draw}"""

BINS: Final = 10
MAX_LEVELS: Final = 400


class Cells(Protocol):
    """Kinds of rows, and how to figure them."""

    @property
    def counts(self) -> Floats:
        """[cells]: rows of each kind."""

    def statistics(self, weights: Floats) -> Statistics: ...


@dataclass(frozen=True, slots=True)
class BinaryCells:
    """Rows with a target, a score and a decision. Cells come in order of falling score."""

    counts: Floats
    level: Ints
    """Rises with falling score; cells of one level tie in the ranking."""
    target: Floats
    flagged: Floats
    bin: Ints
    score: Floats

    @classmethod
    def of(cls, targets: Floats, scores: Floats, flagged: Flags, max_levels: int | None = None) -> BinaryCells:
        """`max_levels` joins neighbours in the ranking where there are more: a percent of the rows or less a level."""
        return cls.with_members(targets, scores, flagged, max_levels)[0]

    @classmethod
    def with_members(
        cls, targets: Floats, scores: Floats, flagged: Flags, max_levels: int | None = None
    ) -> tuple[BinaryCells, Ints]:
        """The cells, and of each row the number of its cell."""
        level = _levels(targets, scores)
        if max_levels is not None and level.max() >= 2 * max_levels:
            order = np.argsort(level, kind="stable")
            first = np.searchsorted(level[order], level)  # rows that rank above
            level = first * max_levels // len(level)
        bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
        keys = np.stack([level, targets.astype(np.int64), flagged.astype(np.int64), bins])
        unique, members, counts = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
        members = members.ravel()
        mean = np.bincount(members, weights=scores) / counts
        ranks = np.unique(unique[0], return_inverse=True)[1]
        cells = cls(counts.astype(float), ranks, unique[1].astype(float), unique[2].astype(float), unique[3], mean)
        return cells, members

    def statistics(self, weights: Floats) -> Statistics:
        total = weights.sum(axis=1)
        positives = weights @ self.target
        called = weights @ self.flagged
        hits = weights @ (self.target * self.flagged)
        precision, recall = _ratio(hits, called), _ratio(hits, positives)
        return {
            **self._ranking(weights, positives, total - positives),
            "f1": _ratio(2 * hits, called + positives),
            "precision": precision,
            "recall": recall,
            "calibration_error": self._calibration_error(weights, total),
        }

    def _ranking(self, weights: Floats, positives: Floats, negatives: Floats) -> Statistics:
        """Area under the ROC curve, and average precision as sklearn defines it."""
        starts = np.flatnonzero(np.diff(self.level, prepend=-1))
        hits = np.add.reduceat(weights * self.target, starts, axis=1)
        rows = np.add.reduceat(weights, starts, axis=1)
        hits_above, rows_above = np.cumsum(hits, axis=1), np.cumsum(rows, axis=1)
        pairs = ((rows - hits) * (hits_above - 0.5 * hits)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            auroc = pairs / (positives * negatives)
            auprc = (hits * _ratio(hits_above, rows_above)).sum(axis=1) / positives
        return {"auroc": auroc, "auprc": np.where(negatives > 0, auprc, np.nan)}

    def _calibration_error(self, weights: Floats, total: Floats) -> Floats:
        """Expected calibration error over equal-width bins: mean gap between score and share of positives."""
        gaps = np.zeros((len(self.bin), BINS))
        gaps[np.arange(len(self.bin)), self.bin] = self.score - self.target
        return _ratio(np.abs(weights @ gaps).sum(axis=1), total)


def _levels(targets: Floats, scores: Floats) -> Ints:
    """Rank of each row, from 0 for the highest score; neighbours without a positive between them share one.

    Neither ranking figure changes by that, because both look only at where the positives stand.
    """
    unique, members = np.unique(-scores, return_inverse=True)
    has_positive = np.bincount(members, weights=targets, minlength=len(unique)) > 0
    begins = has_positive | np.concatenate([[True], has_positive[:-1]])
    return np.asarray((np.cumsum(begins) - 1)[members], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ClassCells:
    """Rows by true and predicted class. `is_ordinal` asks for the figures of ordered classes."""

    counts: Floats
    truth: Ints
    answer: Ints
    classes: int
    is_ordinal: bool = False

    @classmethod
    def of(cls, truth: Ints, answer: Ints, classes: int, is_ordinal: bool = False) -> ClassCells:
        keys, counts = np.unique(truth * classes + answer, return_counts=True)
        return cls(counts.astype(float), keys // classes, keys % classes, classes, is_ordinal)

    def statistics(self, weights: Floats) -> Statistics:
        total = weights.sum(axis=1)
        figures = {"accuracy": _ratio(weights @ (self.truth == self.answer), total)}
        if self.is_ordinal:
            near = np.abs(self.truth - self.answer) <= 1
            return figures | {
                "within_one": _ratio(weights @ near, total),
                "quadratic_kappa": self._kappa(weights, total),
            }
        return figures | {"macro_f1": self._macro_f1(weights)}

    def _marginals(self, weights: Floats) -> tuple[Floats, Floats]:
        """[draws, classes]: rows of each class, and answers of each class."""
        identity = np.eye(self.classes)
        return weights @ identity[self.truth], weights @ identity[self.answer]

    def _macro_f1(self, weights: Floats) -> Floats:
        """Over the classes that occur."""
        true, called = self._marginals(weights)
        hits = (weights * (self.truth == self.answer)) @ np.eye(self.classes)[self.truth]
        f1 = _ratio(2 * hits, true + called)
        return _ratio((f1 * (true > 0)).sum(axis=1), (true > 0).sum(axis=1).astype(float))

    def _kappa(self, weights: Floats, total: Floats) -> Floats:
        """Cohen's kappa with quadratic weights."""
        true, called = self._marginals(weights)
        levels = np.arange(self.classes)
        cost = (levels[:, None] - levels[None, :]) ** 2.0
        expected = np.einsum("di,ij,dj->d", true, cost, called) / total
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(1 - weights @ cost[self.truth, self.answer] / expected)


@dataclass(frozen=True, slots=True)
class MeanCells:
    """Rows that each have a value of their own, such as the F1 of their spans."""

    counts: Floats
    value: Floats
    name: str

    @classmethod
    def of(cls, values: Floats, name: str) -> MeanCells:
        unique, counts = np.unique(values, return_counts=True)
        return cls(counts.astype(float), unique, name)

    def statistics(self, weights: Floats) -> Statistics:
        return {self.name: _ratio(weights @ self.value, weights.sum(axis=1))}


@dataclass(frozen=True, slots=True)
class PairCells:
    """Groups of rows that are drawn together, each with the pairs wanted of it, those found, and those in both."""

    counts: Floats
    wanted: Floats
    found: Floats
    hits: Floats

    @classmethod
    def of(cls, groups: Ints, wanted: Floats, found: Floats, hits: Floats) -> PairCells:
        """Of rows, by the number of each one's group."""
        sums = [np.bincount(groups, weights=values).astype(np.float64) for values in (wanted, found, hits)]
        return cls(np.ones(int(groups.max()) + 1), *sums)

    def statistics(self, weights: Floats) -> Statistics:
        wanted, found, hits = weights @ self.wanted, weights @ self.found, weights @ self.hits
        precision, recall = _ratio(hits, found), _ratio(hits, wanted)
        return {"precision": precision, "recall": recall, "f1": _ratio(2 * hits, wanted + found)}


def character_f1(wanted: Set[int], found: Set[int]) -> float:
    """F1 of the characters marked in one post, as in SemEval-2021 task 5: two empty sets agree fully."""
    if not wanted or not found:
        return float(wanted == found)
    return 2 * len(wanted & found) / (len(wanted) + len(found))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0))
