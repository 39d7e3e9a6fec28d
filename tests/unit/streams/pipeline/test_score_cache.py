"""The score cache: the same text, model and heads, bounded, and full answers only."""

import numpy as np

from models.serving.reading import TEXT
from models.serving.types import Encoding, Scores
from streams.pipeline.score_cache import Key, ScoreCache

POST, TRIAGE = "posts", "symptoms"
ENCODING = Encoding(np.zeros(2, np.int32), np.zeros((2, 2), np.int32))


def test_it_gives_back_what_it_was_given() -> None:
    cache, scores = ScoreCache(10), Scores("m1")
    cache.put(Key("m1", POST, TEXT, "hello"), scores, ENCODING)

    found = cache.get(Key("m1", POST, TEXT, "hello"))

    assert found is not None
    assert found.scores is scores
    assert found.encoding is ENCODING
    assert (cache.hits, cache.misses) == (1, 0)


def test_another_model_other_heads_or_other_text_miss() -> None:
    cache = ScoreCache(10)
    cache.put(Key("m1", POST, TEXT, "hello"), Scores("m1"), ENCODING)

    assert cache.get(Key("m2", POST, TEXT, "hello")) is None
    assert cache.get(Key("m1", TRIAGE, TEXT, "hello")) is None
    assert cache.get(Key("m1", POST, TEXT, "hello ")) is None
    assert cache.get(Key("m1", POST, "picture", "hello")) is None
    assert (cache.hits, cache.misses) == (0, 4)


def test_the_least_recently_used_goes_first() -> None:
    cache = ScoreCache(2)
    cache.put(Key("m", POST, TEXT, "a"), Scores("m"), ENCODING)
    cache.put(Key("m", POST, TEXT, "b"), Scores("m"), ENCODING)
    cache.get(Key("m", POST, TEXT, "a"))
    cache.put(Key("m", POST, TEXT, "c"), Scores("m"), ENCODING)

    assert [cache.get(Key("m", POST, TEXT, text)) is not None for text in "abc"] == [True, False, True]
    assert len(cache) == 2


def test_degraded_scores_and_long_texts_are_not_kept() -> None:
    cache = ScoreCache(10, max_characters=5)
    cache.put(Key("m", POST, TEXT, "a"), Scores("m", degraded=True), ENCODING)
    cache.put(Key("m", POST, TEXT, "abcdef"), Scores("m"), ENCODING)

    assert len(cache) == 0


def test_a_size_of_zero_switches_it_off() -> None:
    cache = ScoreCache(0)
    cache.put(Key("m", POST, TEXT, "a"), Scores("m"), ENCODING)

    assert cache.get(Key("m", POST, TEXT, "a")) is None
