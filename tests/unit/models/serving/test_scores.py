"""From logits to probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.artifact import Head
from models.serving.scores import ordinal, sigmoid, softmax, to_probabilities, to_scores
from models.serving.types import Encoding, InferenceError, Item

logits = hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.just(4)), elements=st.floats(-1e4, 1e4, width=32))


@given(logits)
def test_sigmoid_is_a_probability_and_symmetric(values: np.ndarray) -> None:
    result = sigmoid(values)
    assert ((result >= 0) & (result <= 1)).all()
    np.testing.assert_allclose(result + sigmoid(-values), 1.0)


def test_sigmoid_known_values() -> None:
    np.testing.assert_allclose(sigmoid(np.array([0.0, 2.0, -1000.0, 1000.0])), [0.5, 0.880797, 0.0, 1.0], atol=1e-6)


@given(logits)
def test_softmax_is_a_distribution(values: np.ndarray) -> None:
    result = softmax(values)
    assert (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1.0)


@given(logits)
def test_ordinal_is_a_distribution_whatever_the_logits_say(values: np.ndarray) -> None:
    result = ordinal(values)
    assert result.shape == (len(values), 5)
    assert (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1.0)


def test_ordinal_known_values() -> None:
    """P(level > k) of .9, .6, .2, .1."""
    cumulative = np.array([0.9, 0.6, 0.2, 0.1])
    result = ordinal(np.log(cumulative / (1 - cumulative))[None])
    np.testing.assert_allclose(result, [[0.1, 0.3, 0.4, 0.1, 0.1]])


def test_ordinal_where_a_later_logit_rises_the_higher_one_counts() -> None:
    cumulative = np.array([0.5, 0.8, 0.2, 0.9])
    result = ordinal(np.log(cumulative / (1 - cumulative))[None])
    np.testing.assert_allclose(result, [[0.1, 0.0, 0.0, 0.0, 0.9]], atol=1e-9)


def test_scores_are_rounded_so_that_a_decimal_threshold_compares_exactly() -> None:
    head = Head(output="post", kind="sigmoid", labels=("toxicity",))
    value = np.float32(np.log(0.7 / 0.3))
    (rounded,) = to_probabilities(head, np.array([[value]])).tolist()[0]
    assert rounded == 0.7
    moved = to_probabilities(head, np.array([[value + np.float32(1e-5)]]))
    assert moved.tolist() == [[0.7]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_no_number_is_an_error_not_a_low_score(bad: float) -> None:
    head = Head(output="post", kind="sigmoid", labels=("toxicity",))
    with pytest.raises(InferenceError, match="not a number"):
        to_probabilities(head, np.array([[0.0, bad]]))


def test_rows_get_the_heads_they_want_and_do_not_keep_the_batch_alive() -> None:
    def item(tokens: int, *heads: str) -> Item:
        encoding = Encoding(np.ones(tokens, np.int32), np.zeros((tokens, 2), np.int32))
        return Item(encoding, None, frozenset(heads), 0.0, 0.0)

    heads = {"post": np.full((2, 8), 0.25), "spans": np.full((2, 16), 0.5), "urgency": np.full((2, 5), 0.2)}
    first, second = to_scores([item(3, "post", "spans"), item(9, "urgency")], heads, "v", is_early=True)
    assert "post" in first.heads
    assert "spans" in first.heads
    assert "urgency" in second.heads
    assert first.heads["spans"].shape == (3,)
    assert (set(first.heads), set(second.heads)) == ({"post", "spans"}, {"urgency"})
    assert all(array.base is None for array in (first.heads["post"], first.heads["spans"], second.heads["urgency"]))
    assert (first.model_version, first.degraded) == ("v+early", True)
