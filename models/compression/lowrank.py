"""The word table as a product of two smaller matrices: [vocabulary, rank] and [rank, width].

The table holds most of a small model's weights. `factor_words` puts the two in its place; the graph multiplies the
rows in use. What a rank costs is for `rank_errors` to say before anybody takes it; the report of a run shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.compression.linear import Matrix

RANKS = (96, 128, 192, 256)
FACTOR = "word.factor"


@dataclass(frozen=True, slots=True)
class RankError:
    """What is left of a table at a rank. `relative_error` is of the whole table, `worst_row` of its worst row."""

    rank: int
    relative_error: float
    worst_row: float
    bytes: int
    """As stored: the rows as int8 with a scale each, the factor as float32."""


def factor_words(weights: Mapping[str, Matrix], rank: int) -> dict[str, Matrix]:
    """Weights with a `word.weight` of `rank` columns and the `word.factor` that widens it: the nearest such product."""
    basis = _basis(weights["word.weight"])[:, :rank]
    return {**weights, "word.weight": weights["word.weight"] @ basis, FACTOR: np.ascontiguousarray(basis.T)}


def rank_errors(table: Matrix, ranks: Sequence[int] = RANKS) -> list[RankError]:
    """One entry a rank, without rounding to int8."""
    basis = _basis(table)
    coordinates = table @ basis
    energy = np.square(coordinates, dtype=np.float64)
    whole = energy.sum(axis=1)
    found = []
    for rank in ranks:
        lost = energy[:, rank:].sum(axis=1)
        worst = float(np.sqrt((lost / np.maximum(whole, 1e-12)).max()))
        size = len(table) * (rank + 4) + 4 * rank * table.shape[1]
        found.append(RankError(rank, float(np.sqrt(lost.sum() / whole.sum())), worst, size))
    return found


def _basis(table: Matrix) -> Matrix:
    """Right singular vectors as columns, the largest first; from the Gram matrix, which is small."""
    wide = table.astype(np.float64)
    _, vectors = np.linalg.eigh(wide.T @ wide)
    return np.asarray(vectors[:, ::-1], dtype=np.float32)
