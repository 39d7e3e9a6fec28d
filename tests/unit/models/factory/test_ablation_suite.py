"""Figures on sets of other origins: by label, and by kind of harm where a set names that instead."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn")

import numpy as np

from models.evaluation.rows import Row
from models.evaluation.suite.sets import SuiteSet
from models.factory.ablation_suite import ENOUGH, suite_measures
from models.labels import POST_LABELS
from models.training.predict import Logits

FIRST = 7  # texts of dev before those of the sets


def _answer(label: str, value: float) -> Logits:
    post = np.zeros(len(POST_LABELS), dtype=np.float32)
    post[POST_LABELS.index(label)] = value
    return {"post": post}


def test_a_label_is_measured_on_the_rows_that_have_it() -> None:
    rows = [Row(f"post {i}", labels={"hate": i % 2} if i < 2 * ENOUGH else {}) for i in range(2 * ENOUGH + 5)]
    texts, (measure,) = suite_measures([SuiteSet("foreign", rows, {})], FIRST)
    assert texts == [row.text for row in rows]
    assert (measure.name, len(measure.rows), measure.rows[0]) == ("foreign hate", 2 * ENOUGH, FIRST)
    answers = [_answer("hate", 0.0)] * FIRST + [_answer("hate", float(row.labels.get("hate", 9))) for row in rows]
    assert measure.metric(measure.truth, measure.values(answers)) == 1.0


def test_a_kind_of_harm_is_measured_against_the_harmless_rows_by_its_highest_label() -> None:
    kinds = ["abuse", "gambling", "clean"]
    rows = [Row(f"post {i}", category=kinds[i % 3]) for i in range(3 * ENOUGH)]
    one = SuiteSet("harm", rows, {"abuse": ("toxicity", "insult"), "gambling": ("spam",), "clean": ()})
    _, measures = suite_measures([one], 0)
    assert [(m.name, len(m.rows)) for m in measures] == [("harm abuse", 2 * ENOUGH), ("harm gambling", 2 * ENOUGH)]
    answers = [_answer("insult", 1.0 if row.category == "abuse" else 0.0) for row in rows]
    abuse, gambling = (m.metric(m.truth, m.values(answers)) for m in measures)
    assert (abuse, gambling) == (1.0, 0.5)


def test_too_few_rows_of_a_kind_are_no_figure() -> None:
    rows = [Row(f"post {i}", labels={"hate": int(i < ENOUGH - 1)}) for i in range(3 * ENOUGH)]
    assert suite_measures([SuiteSet("foreign", rows, {})], 0)[1] == []
