"""Which posts the early exit may answer, on rows small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.compression.cascade import choose_clean_thresholds, is_clean
from models.labels import POST_LABELS

THRESHOLDS = {label: {"en": 0.5, "zh": 0.6} for label in POST_LABELS}


def rows(*pairs: tuple[float, float]) -> np.ndarray:
    """[rows, 8]: the scores of toxicity and spam; all others are 0.01."""
    scores = np.full((len(pairs), len(POST_LABELS)), 0.01)
    scores[:, 0], scores[:, 7] = zip(*pairs, strict=True)
    return scores


EARLY = rows((0.9, 0.1), (0.3, 0.4), (0.1, 0.1), (0.2, 0.1), (0.4, 0.1), (0.1, 0.2), (0.35, 0.1), (0.32, 0.1))
FULL = rows((0.9, 0.1), (0.8, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1))
"""The first two are flagged; the second hides from the early toxicity head, but its spam score is raised."""


def test_the_bar_that_costs_the_fewest_clean_posts_is_lowered() -> None:
    """Lowering toxicity's bar to 0.3 would send three clean posts on, lowering spam's to 0.4 sends none."""
    cascade = choose_clean_thresholds(EARLY, FULL, THRESHOLDS, ["en"] * 8)
    assert cascade.clean_below == dict.fromkeys(POST_LABELS, 0.5) | {"spam": 0.4}


def test_the_shares_are_counted_on_rows_that_chose_nothing() -> None:
    """The rows with even numbers hold no flag that hides, so theirs are the highest bars: the one that hides is lost
    under them. Under spam's bar of 0.4 from the odd ones, nothing that is clean is held back."""
    cascade = choose_clean_thresholds(EARLY, FULL, THRESHOLDS, ["en"] * 8)
    assert (cascade.answered_early, cascade.flags_lost) == (1.0, 0.5)


def test_no_bar_is_above_a_threshold_of_its_label() -> None:
    cascade = choose_clean_thresholds(rows((0.45, 0.1)), rows((0.1, 0.1)), THRESHOLDS, ["zh"])
    assert set(cascade.clean_below.values()) == {0.5}


def test_the_allowance_is_kept_for_each_label_and_language() -> None:
    random = np.random.default_rng(7)
    early, noise = random.beta(1, 4, (1000, 8)).round(4), random.normal(0, 0.1, (1000, 8))
    full = np.clip(early + noise, 0, 1).round(4)
    langs = np.where(random.random(1000) < 0.1, "zh", "en").tolist()
    cascade = choose_clean_thresholds(early, full, THRESHOLDS, langs, loss=0.05)
    answered = is_clean(early, cascade.clean_below)
    for column, label in enumerate(POST_LABELS):
        for lang in ("en", "zh"):
            flagged = (np.array(langs) == lang) & (full[:, column] >= THRESHOLDS[label][lang])
            assert (answered & flagged).sum() <= 0.05 * flagged.sum(), (label, lang)
    assert answered.mean() > 0.05


def test_the_allowance_is_kept_for_each_set() -> None:
    """Of 300 posts of each of two sets every third is flagged. Those of `quiet` hide from the early head among the
    clean, and would be lost, within what may be lost of the language, if `plain` were to answer for them.
    """
    early = rows(*((0.3, 0.1) if n % 3 == 0 else (0.1, 0.1) for n in range(600)))
    early[300:320, 0] = 0.05
    full = rows(*((0.9 if n % 3 == 0 else 0.1, 0.1) for n in range(600)))
    sets = [*["plain"] * 300, *["quiet"] * 300]
    flagged = full[:, 0] > 0.5
    lost = {}
    for name, given in (("together", []), ("apart", sets), ("without a name", [None] * 600)):
        cascade = choose_clean_thresholds(early, full, THRESHOLDS, ["en"] * 600, given, loss=0.04)
        lost[name] = int((is_clean(early, cascade.clean_below) & flagged)[300:].sum())
    assert lost == {"together": 7, "apart": 0, "without a name": 7}


def test_more_loss_answers_more() -> None:
    early = rows(*((0.01 * n, 0.1) for n in range(40)))
    full = rows(*((0.9 if n % 4 == 3 else 0.1, 0.1) for n in range(40)))
    strict, lenient = (choose_clean_thresholds(early, full, THRESHOLDS, ["en"] * 40, loss=loss) for loss in (0.0, 0.3))
    assert strict.clean_below["toxicity"] == pytest.approx(0.03)
    assert lenient.clean_below["toxicity"] == pytest.approx(0.15)  # three of ten flags are below
    for loss, clean_below in ((0.0, strict.clean_below), (0.3, lenient.clean_below)):
        assert (is_clean(early, clean_below) & (full[:, 0] == 0.9)).sum() == loss * 10


def test_a_score_at_its_bar_is_not_clean() -> None:
    clean_below = dict.fromkeys(POST_LABELS, 0.3)
    assert is_clean(rows((0.2, 0.1), (0.3, 0.1), (0.1, 0.31)), clean_below).tolist() == [True, False, False]


def test_a_language_without_thresholds_of_its_own_takes_the_highest() -> None:
    """0.55 is a flag in English (0.5) and none in French (0.6), so its loss is bounded in English alone."""
    early, full = rows((0.2, 0.1), (0.1, 0.1)), rows((0.55, 0.1), (0.1, 0.1))
    bars = {
        lang: choose_clean_thresholds(early, full, THRESHOLDS, [lang] * 2).clean_below["toxicity"]
        for lang in ("en", "fr")
    }
    assert bars == {"en": 0.2, "fr": 0.5}
