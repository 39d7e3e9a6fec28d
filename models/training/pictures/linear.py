"""Linear rungs: a machine on gradients and colours, and a head on what a frozen encoder says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from models.pictures.features import Table
from models.training.recipe import RecipeError

FOLDS: Final = 5
_MARGIN_COST: Final = 0.01
"""C of the machine, and of the regression: there are more features than pictures."""
_HEAD_COST: Final = 0.1


@dataclass(frozen=True, slots=True)
class Linear:
    """What is multiplied with and added to features; one column a class."""

    weight: Table
    """[features, classes]"""
    bias: Table
    """[classes]"""

    def __call__(self, features: Table) -> Table:
        return np.asarray(features @ self.weight + self.bias, dtype=np.float32)


def margin_machine(features: Table, truth: NDArray[np.int64], views: int, seed: int) -> Linear:
    """A linear SVM, one class against the others, and Platt's calibration of each by cross-validation.

    A class's probability is the sigmoid of its column, and those of all classes are brought to 1.
    Raises RecipeError where a class has too few pictures to calibrate with.

    Args:
        views: rows that follow one another and show one picture; a fold never parts them.
    """
    folds = min(FOLDS, int(np.bincount(truth).min()) // views)
    if folds < 2:
        raise RecipeError("Each class needs two pictures or more to train with.")
    scaler = StandardScaler().fit(features)
    machine = LinearSVC(C=_MARGIN_COST, random_state=seed, max_iter=5000)
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    pictures = np.arange(len(truth)) // views
    splits = list(parts.split(features, truth, pictures))
    fitted = CalibratedClassifierCV(machine, method="sigmoid", cv=splits, ensemble=False)
    fitted.fit(scaler.transform(features), truth)
    (whole,) = fitted.calibrated_classifiers_
    slope, offset = (np.array([getattr(one, name) for one in whole.calibrators]) for name in ("a_", "b_"))
    # scikit-learn's calibrators say 1 / (1 + exp(a * margin + b))
    return _unscaled(
        scaler, -slope[:, None] * whole.estimator.coef_, -slope * whole.estimator.intercept_ - offset, twofold=1.0
    )


def head_on(features: Table, truth: NDArray[np.int64]) -> Linear:
    """Logistic regression; a softmax of the columns gives probabilities."""
    scaler = StandardScaler().fit(features)
    fitted = LogisticRegression(C=_HEAD_COST, max_iter=2000).fit(scaler.transform(features), truth)
    return _unscaled(scaler, fitted.coef_, fitted.intercept_, twofold=0.5)


def _unscaled(scaler: StandardScaler, weight: NDArray[np.float64], bias: NDArray[np.float64], twofold: float) -> Linear:
    """For features as they are. Of two classes scikit-learn has one row, that of the second."""
    if len(weight) == 1:
        weight, bias = (np.concatenate([-twofold * one, twofold * one]) for one in (weight, bias))
    plain = weight / scaler.scale_
    return Linear(plain.T.astype(np.float32), (bias - plain @ scaler.mean_).astype(np.float32))
