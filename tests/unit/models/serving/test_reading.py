"""The scores of several readings become those of one record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.serving.reading import SURE, Reading, combined, heard
from models.serving.types import Scores
from streams.tasks.declaration import Declaration
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import SYMPTOMS


def post(*values: float, is_early: bool = False, degraded: bool = False, sentiment: tuple[float, ...] = ()) -> Scores:
    heads = {"post": np.array(values)} | ({"sentiment": np.array(sentiment)} if sentiment else {})
    return Scores("m", degraded, heads, is_early)


def together_of(parts: Sequence[Scores], task: Declaration = POSTS) -> Scores:
    return combined(parts, task.question.heads)


def test_a_label_is_as_high_as_in_the_reading_that_shows_it_best() -> None:
    together = together_of([post(0.1, 0.8), post(0.7, 0.2), post(0.3, 0.3)])
    assert "post" in together.heads
    assert together.heads["post"].tolist() == [0.7, 0.8]
    assert not together.degraded


def test_a_part_that_was_skimmed_counts_where_it_is_sure() -> None:
    """Dozens of parts have dozens of chances to look like harm."""
    whole, skimmed = (Reading("", [], scores=post(0.2, 0.8, 0.1), is_skimmed=each) for each in (False, True))
    skimmed.scores = post(0.89, 0.1, SURE, sentiment=(0.1, 0.9))
    own, other = heard([whole, skimmed, Reading("", [])])
    assert own is whole.scores
    assert other.heads["post"].tolist() == [0.0, 0.0, SURE]
    assert other.heads["sentiment"].tolist() == [0.1, 0.9]
    assert together_of([own, other]).heads["post"].tolist() == [0.2, 0.8, SURE]


def test_one_reading_keeps_its_scores_as_they_are() -> None:
    only = post(0.1, 0.2)
    assert together_of([only]) is only


def test_urgency_is_that_of_the_most_urgent_reading_and_conditions_sum_up_to_one() -> None:
    calm = Scores("m", heads={"condition": np.array([0.9, 0.1]), "urgency": np.array([0.0, 0.0, 0.1, 0.2, 0.7])})
    grave = Scores("m", heads={"condition": np.array([0.1, 0.9]), "urgency": np.array([0.6, 0.3, 0.1, 0.0, 0.0])})
    together = together_of([calm, grave], SYMPTOMS)
    assert together.heads["urgency"] is grave.heads["urgency"]
    assert "condition" in together.heads
    assert together.heads["condition"].tolist() == [0.5, 0.5]


def test_sentiment_is_the_mean_of_the_readings_that_have_one() -> None:
    together = together_of([post(0.1, sentiment=(0.2, 0.2, 0.6)), post(0.1, sentiment=(0.6, 0.2, 0.2)), post(0.1)])
    assert "sentiment" in together.heads
    assert together.heads["sentiment"].tolist() == [0.4, 0.2, 0.4]


def test_a_cascade_that_asks_the_whole_model_for_one_window_answers_as_the_whole_model() -> None:
    assert together_of([post(0.1, is_early=True), post(0.6)]).model_version == "m"
    assert together_of([post(0.1, is_early=True), post(0.1, is_early=True)]).model_version == "m+early"


def test_an_overload_that_began_between_two_windows_has_the_version_of_the_early_exit() -> None:
    full = post(0.1, sentiment=(0.2, 0.2, 0.6))
    together = together_of([full, post(0.6, is_early=True, degraded=True)])
    assert (together.model_version, together.degraded, set(together.heads)) == ("m+early", True, {"post"})
