"""How the stream as a whole is distributed, and how far two distributions are apart."""

from __future__ import annotations

import random

import pytest

from streams.health.traits import Traits, empty, stability_index
from streams.record import Decision


def test_a_verdict_is_counted_once_for_each_trait() -> None:
    traits = Traits()
    traits.note("posts", Decision("allow", "zh", scores={"hate": 0.42, "spam": 0.07}), length=20, unknown=0.03)
    profile = traits.profile()

    assert profile["posts", "score"].index(1) == 5, "above 0.4, not above 0.5"
    assert profile["posts", "language"] == (0, 1, 0)
    assert profile["posts", "unknown"] == (0, 0, 1, 0, 0, 0, 0)
    assert profile["posts", "length"].index(1) == 2
    assert sum(map(sum, profile.values())) == 4
    assert not any(sum(profile["symptoms", trait]) for _, trait in empty())


def test_a_score_of_the_early_exit_and_none_at_all_are_left_out() -> None:
    traits = Traits()
    traits.note("posts", Decision("allow", "en", degraded=True, scores={"hate": 0.4}), length=20, unknown=0.0)
    traits.note("symptoms", Decision("level_3", "en"), length=20, unknown=0.0)
    profile = traits.profile()
    assert sum(profile["posts", "score"]) == sum(profile["symptoms", "score"]) == 0
    assert sum(profile["posts", "length"]) == sum(profile["symptoms", "length"]) == 1


def test_the_index_is_what_the_book_says() -> None:
    """A table of ten bands as Siddiqi's: 0.25 and more is a large shift."""
    assert stability_index([100] * 10, [100] * 10) == 0
    assert stability_index([500, 500], [500_000, 500_000]) == pytest.approx(0, abs=1e-4), "sizes do not count"
    assert stability_index([50_000, 50_000], [60_000, 40_000]) == pytest.approx(0.04055, abs=1e-4)
    assert stability_index([1000, 0], [0, 1000]) < float("inf")
    assert stability_index([900, 100], [100, 900]) == pytest.approx(stability_index([100, 900], [900, 100]))


def test_by_chance_alone_the_index_stays_small() -> None:
    draw = random.Random(4)
    weights = [30, 20, 10, 8, 7, 6, 5, 5, 4, 2, 2, 1]
    samples = []
    for _ in range(40):
        drawn = draw.choices(range(12), weights, k=2000)
        samples.append([drawn.count(band) for band in range(12)])
    found = [stability_index(one, other) for one, other in zip(samples[::2], samples[1::2], strict=True)]
    assert sum(found) / len(found) == pytest.approx(11 * (1 / 2000 + 1 / 2000), rel=0.4)
    assert max(found) < 0.05
