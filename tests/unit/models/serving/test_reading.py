"""The scores of several readings become those of one record."""

from __future__ import annotations

import numpy as np

from models.serving.reading import combined
from models.serving.types import Scores


def post(*values: float, version: str = "m", degraded: bool = False, sentiment: tuple[float, ...] = ()) -> Scores:
    return Scores(version, degraded, post=np.array(values), sentiment=np.array(sentiment) if sentiment else None)


def test_a_label_is_as_high_as_in_the_reading_that_shows_it_best() -> None:
    together = combined([post(0.1, 0.8), post(0.7, 0.2), post(0.3, 0.3)])
    assert together.post is not None
    assert together.post.tolist() == [0.7, 0.8]
    assert not together.degraded


def test_one_reading_keeps_its_scores_as_they_are() -> None:
    only = post(0.1, 0.2)
    assert combined([only]) is only


def test_urgency_is_that_of_the_most_urgent_reading_and_conditions_sum_up_to_one() -> None:
    calm = Scores("m", condition=np.array([0.9, 0.1]), urgency=np.array([0.0, 0.0, 0.1, 0.2, 0.7]))
    grave = Scores("m", condition=np.array([0.1, 0.9]), urgency=np.array([0.6, 0.3, 0.1, 0.0, 0.0]))
    together = combined([calm, grave])
    assert together.urgency is grave.urgency
    assert together.condition is not None
    assert together.condition.tolist() == [0.5, 0.5]


def test_sentiment_is_the_mean_of_the_readings_that_have_one() -> None:
    together = combined([post(0.1, sentiment=(0.2, 0.2, 0.6)), post(0.1, sentiment=(0.6, 0.2, 0.2)), post(0.1)])
    assert together.sentiment is not None
    assert together.sentiment.tolist() == [0.4, 0.2, 0.4]


def test_a_cascade_that_asks_the_whole_model_for_one_window_answers_as_the_whole_model() -> None:
    assert combined([post(0.1, version="m+early"), post(0.6, version="m")]).model_version == "m"
    assert combined([post(0.1, version="m+early"), post(0.1, version="m+early")]).model_version == "m+early"


def test_an_overload_that_began_between_two_windows_has_the_version_of_the_early_exit() -> None:
    full = post(0.1, version="m", sentiment=(0.2, 0.2, 0.6))
    together = combined([full, post(0.6, version="m+early", degraded=True)])
    assert (together.model_version, together.degraded, together.sentiment) == ("m+early", True, None)
