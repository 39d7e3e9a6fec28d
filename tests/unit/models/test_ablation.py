"""An ablation finds a difference that is there, is unsure of one that is not, and mixes no slices."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.training.ablation import ablation_table, compare_answers, measures  # noqa: E402
from models.training.examples import Example, no_post_labels  # noqa: E402
from models.training.predict import Logits  # noqa: E402


def _dev(rows: int, source: str = "open") -> list[Example]:
    examples = []
    for number in range(rows):
        post = no_post_labels()
        post[0] = number % 2
        examples.append(Example(f"{source} {number}", "en", source, "A", "post", post=post))
    return examples


def _answers(dev: list[Example], strength: float, seed: int) -> list[Logits]:
    noise = np.random.default_rng(seed).normal(size=len(dev))
    answers: list[Logits] = []
    for example, extra in zip(dev, noise, strict=True):
        post = np.zeros(8, dtype=np.float32)
        post[0] = strength * (2 * example.post[0] - 1) + extra
        answers.append({"post": post})
    return answers


def test_a_real_gain_has_an_interval_above_zero() -> None:
    dev = _dev(300)
    (row,) = compare_answers(measures(dev), _answers(dev, 2.0, 1), _answers(dev, 0.3, 2), seed=3)
    assert row["figure"] == "toxicity en"
    assert row["difference"] > 10
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert "**" in ablation_table("gain", [row])


def test_equal_networks_have_an_interval_around_zero() -> None:
    dev = _dev(300)
    (row,) = compare_answers(measures(dev), _answers(dev, 1.0, 11), _answers(dev, 1.0, 12), seed=3)
    assert row["low"] < 0 < row["high"]
    assert "**" not in ablation_table("none", [row])


def test_written_and_disguised_rows_are_figures_of_their_own() -> None:
    dev = [*_dev(40), *_dev(60, "handwritten"), *_dev(50, "deformed")]
    assert {m.name: len(m.rows) for m in measures(dev)} == {
        "toxicity en": 40, "toxicity en (written)": 60, "toxicity en (disguised)": 50,
    }  # fmt: skip


def test_too_few_positives_are_no_figure() -> None:
    assert measures(_dev(28)) == []
