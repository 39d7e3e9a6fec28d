"""Calibration and thresholds."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.evaluation.statistics import character_f1
from models.examples import Example, no_post_labels
from models.labels import POST_LABELS
from models.serving.scores import sigmoid
from models.training.calibrate import (
    UNKNOWN_SHARE,
    apply_calibration,
    best_threshold,
    choose_thresholds,
    fit_calibration,
    fold_calibration,
    hold_back,
)  # fmt: skip
from models.training.predict import Logits


def overconfident(rows: int = 600) -> tuple[list[Example], list[Logits]]:
    """Toxicity logits four times too large for the labels they go with."""
    chance = np.random.default_rng(1)
    examples, answers = [], []
    for number in range(rows):
        true_logit = chance.normal()
        example = Example("x", "en" if number % 2 else "zh", "open", "A", "post")
        example.post[0] = float(chance.random() < sigmoid(np.array(true_logit)))
        zeros = {"sentiment": np.zeros(3, np.float32), "condition": np.zeros(4, np.float32)}
        post = np.full(len(POST_LABELS), 4 * true_logit, dtype=np.float32)
        examples.append(example)
        answers.append({"post": post, "early_post": post, **zeros})
    return examples, answers


def test_slopes_undo_overconfidence_and_unlabelled_heads_stay() -> None:
    scales = fit_calibration(*overconfident())
    assert scales["post"]["slope"][0] == pytest.approx(0.25, abs=0.08)
    assert scales["post"]["slope"][1:] == [1.0] * 7
    assert scales["condition"] == {"slope": [1.0] * 4, "offset": [0.0] * 4}


def test_folded_weights_answer_calibrated_logits() -> None:
    scales = {"post": {"slope": [0.5, 2.0], "offset": [0.1, -0.2]}}
    chance = np.random.default_rng(1)
    weight, bias = chance.normal(size=(2, 5)).astype(np.float32), chance.normal(size=2).astype(np.float32)
    pooled = chance.normal(size=5).astype(np.float32)
    folded = fold_calibration({"heads.post.weight": weight, "heads.post.bias": bias}, scales)
    wanted = apply_calibration({"post": weight @ pooled + bias}, scales)["post"]
    got = folded["heads.post.weight"] @ pooled + folded["heads.post.bias"]
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_thresholds_exist_for_every_label_and_language() -> None:
    thresholds = choose_thresholds(*overconfident())
    assert set(thresholds) == set(POST_LABELS)
    assert all(set(langs) == {"en", "zh"} for langs in thresholds.values())
    assert thresholds["threat"] == {"en": 0.5, "zh": 0.5}


def test_best_threshold_respects_the_floor_on_precision() -> None:
    targets = np.array([1] * 10 + [0] * 90, dtype=np.float32)
    scores = np.concatenate([np.full(4, 0.9), np.full(6, 0.3), np.full(20, 0.35), np.full(70, 0.05)])
    threshold = best_threshold(targets, scores)
    assert 0.35 < threshold <= 0.9


def test_span_f1_of_empty_sets() -> None:
    assert character_f1(set(), set()) == 1.0
    assert character_f1({1}, set()) == 0.0
    assert character_f1({1, 2}, {2, 3}) == 0.5


def test_a_label_that_nobody_labelled_in_a_language_flags_few_of_its_posts() -> None:
    known, unknown = no_post_labels(), no_post_labels()
    known[3] = 1.0
    dev = [Example(f"en {i}", "en", "x", "A", "post", post=known) for i in range(50)]
    dev += [Example(f"zh {i}", "zh", "x", "A", "post", post=unknown) for i in range(200)]
    logits = np.linspace(-3, 3, 250)
    answers = [{"post": np.full(8, value, dtype=np.float32)} for value in logits]
    thresholds = {label: {"en": 0.3, "zh": 0.3} for label in POST_LABELS}
    hold_back(thresholds, dev, answers)
    scores = sigmoid(logits[50:])
    assert thresholds["threat"]["en"] == 0.3
    assert 0 < (scores >= thresholds["threat"]["zh"]).mean() <= UNKNOWN_SHARE
