"""Bootstrap intervals: how far a figure moves if other rows of the same kind had been labelled."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from models.evaluation.statistics import BinaryCells, Cells, Floats, Ints

_DRAWN_AT_ONCE: Final = 100


class Figure(NamedTuple):
    """A figure and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Percentile intervals of seeded resamples: equal rows always give equal intervals."""

    confidence: float = 0.95
    draws: int = 1000
    seed: int = 20261124

    def figures(self, exact: Cells, drawn: Cells | None = None) -> dict[str, Figure]:
        """Figures of `exact`, with intervals from resamples of `drawn`, the same rows in fewer cells.

        Rows that are drawn with replacement fall into cells by a multinomial law, so that a draw costs by the cell and
        not by the row. A figure that is not defined is left out. The interval always holds its figure: noise alone adds
        to the calibration error of a resample, so those draws are moved to lie around the figure.
        """
        values = exact.statistics(exact.counts[None, :])
        cells = exact if drawn is None else drawn
        rows = int(cells.counts.sum())
        random = np.random.default_rng(self.seed)
        weights = random.multinomial(rows, cells.counts / rows, size=self.draws).astype(float)
        spread = cells.statistics(weights)
        return {
            name: self._interval(name, float(value[0]), spread[name])
            for name, value in values.items() if np.isfinite(value[0])
        }  # fmt: skip

    def differences(self, first: tuple[BinaryCells, Ints], second: tuple[BinaryCells, Ints]) -> dict[str, Figure]:
        """Figures of the second less those of the first, in points (hundredths), of two models on the same rows.

        Each is given as its cells and the cell of each row: every resample draws rows once, for both. What the two
        have in common then cancels, so that smaller differences show than in two intervals side by side.
        """
        rows = len(first[1])
        random = np.random.default_rng(self.seed)
        exact = _difference(first, second, np.ones((1, rows)))
        spread: dict[str, list[Floats]] = {name: [] for name in exact}
        for start in range(0, self.draws, _DRAWN_AT_ONCE):
            size = min(_DRAWN_AT_ONCE, self.draws - start)
            weights = random.multinomial(rows, np.full(rows, 1 / rows), size=size).astype(float)
            for name, values in _difference(first, second, weights).items():
                spread[name].append(values)
        return {
            name: self._interval("difference", float(value[0]), np.concatenate(spread[name]))
            for name, value in exact.items() if np.isfinite(value[0])
        }  # fmt: skip

    def _interval(self, name: str, value: float, draws: Floats) -> Figure:
        defined = draws[np.isfinite(draws)]
        if name == "calibration_error":
            defined = np.maximum(defined - defined.mean() + value, 0.0)
        edge = (1 - self.confidence) / 2
        low, high = np.quantile(defined, [edge, 1 - edge]) if len(defined) else (value, value)
        return Figure(*(round(float(f), 4) for f in (value, min(low, value), max(high, value))))


def share(hits: int, rows: int, confidence: float, per: int = 1) -> Figure:
    """A share and its interval after Wilson (1927): where nothing was found, resamples find nothing either, and would
    claim that nothing ever will be."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    value = hits / rows
    middle = (value + z * z / (2 * rows)) / (1 + z * z / rows)
    reach = z / (1 + z * z / rows) * float(np.sqrt(value * (1 - value) / rows + z * z / (4 * rows * rows)))
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return Figure(*(round(per * float(f), 4) for f in (value, min(low, value), max(high, value))))


def _difference(
    first: tuple[BinaryCells, Ints], second: tuple[BinaryCells, Ints], weights: Floats
) -> dict[str, Floats]:
    """`weights` is [draws, rows]."""
    a, b = (cells.statistics(_by_cell(weights, members)) for cells, members in (first, second))
    return {name: 100 * (b[name] - a[name]) for name in ("auroc", "auprc", "f1", "precision", "recall")}


def _by_cell(weights: Floats, members: Ints) -> Floats:
    order = np.argsort(members, kind="stable")
    starts = np.flatnonzero(np.diff(members[order], prepend=-1))
    return np.asarray(np.add.reduceat(weights[:, order], starts, axis=1))
