"""Linear rungs give scikit-learn's own probabilities, as one matrix and as a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("sklearn")

from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from models.compression.picture_graph import margin_graph
from models.pictures.classifier import INPUT, OUTPUT
from models.training.pictures.linear import head_on, margin_machine
from models.training.recipe import RecipeError


def _rows(classes: int, pictures: int = 20, views: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """[rows, features] that tell the classes apart, with the views of a picture beside each other."""
    random = np.random.default_rng(classes)
    truth = np.repeat(np.arange(classes), pictures * views)
    return (random.normal(0, 2, (len(truth), 12)) + truth[:, None] * 2 + 5).astype(np.float32), truth


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_machine_s_graph_says_what_scikit_learn_says(classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[Any] = []
    fit = CalibratedClassifierCV.fit
    monkeypatch.setattr(CalibratedClassifierCV, "fit", lambda self, *given: fitted.append(fit(self, *given)))
    features, truth = _rows(classes)
    linear = margin_machine(features, truth, 2, 1)
    session = onnxruntime.InferenceSession(margin_graph(linear), providers=["CPUExecutionProvider"])
    wanted = fitted[0].predict_proba(StandardScaler().fit_transform(features))
    assert session.run([OUTPUT], {INPUT: features})[0] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("classes", [2, 4])
def test_a_head_says_what_scikit_learn_says(classes: int) -> None:
    features, truth = _rows(classes)
    logits = head_on(features, truth)(features)
    said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scaled = StandardScaler().fit_transform(features)
    wanted = LogisticRegression(C=0.1, max_iter=2000).fit(scaled, truth).predict_proba(scaled)
    assert said == pytest.approx(wanted, abs=1e-4)


def test_a_class_of_one_picture_cannot_be_calibrated() -> None:
    features, truth = _rows(2, pictures=1)
    with pytest.raises(RecipeError, match="two pictures"):
        margin_machine(features, truth, 2, 1)
