"""Bootstrap intervals: how far a figure moves if other rows of the same kind had been labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.evaluation.statistics import Cells, Floats


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

    def _interval(self, name: str, value: float, draws: Floats) -> Figure:
        defined = draws[np.isfinite(draws)]
        if name == "calibration_error":
            defined = np.maximum(defined - defined.mean() + value, 0.0)
        edge = (1 - self.confidence) / 2
        low, high = np.quantile(defined, [edge, 1 - edge]) if len(defined) else (value, value)
        return Figure(*(round(float(f), 4) for f in (value, min(low, value), max(high, value))))
