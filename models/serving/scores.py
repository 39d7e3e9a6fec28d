"""Logits of a batch to the probabilities of its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import Head
from models.serving.types import InferenceError, Item, Probabilities, Scores

DECIMALS = 4
"""Rounded before anyone decides: batch mates move a quantised model's scores, mostly by less than this."""

Logits = NDArray[np.floating[Any]]


def sigmoid(logits: Logits) -> Probabilities:
    """Exact at both ends: no overflow at a logit of -1000."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits.astype(np.float64))))


def softmax(logits: Logits) -> Probabilities:
    exponent = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def ordinal(logits: Logits) -> Probabilities:
    """[..., k] logits of P(level > 1) ... P(level > k) to [..., k + 1] probabilities of the levels.

    P(level > k) cannot rise with k. Where the logits say so, the record is unlike the training data, and the higher
    one counts: a level is as urgent as all thresholds agree on. With the lower one, "itchy red patches in the elbow
    creases" came out as level 1, because the threshold between 1 and 2 was learned from 21 records alone. On dev the
    logits never contradict each other, so nothing changes there. Rules, which only raise urgency, come on top.
    """
    above = np.maximum.accumulate(sigmoid(logits)[..., ::-1], axis=-1)[..., ::-1]
    edge = np.ones_like(above[..., :1])
    bounds = np.concatenate([edge, above, np.zeros_like(edge)], axis=-1)
    return np.asarray(bounds[..., :-1] - bounds[..., 1:])


_FUNCTIONS = {"sigmoid": sigmoid, "token_sigmoid": sigmoid, "softmax": softmax, "ordinal": ordinal}


def to_probabilities(head: Head, logits: Logits) -> Probabilities:
    """Rounded probabilities of all rows. Raises InferenceError if a logit is not a finite number."""
    if not np.isfinite(logits).all():
        raise InferenceError("The engine gave a score that is not a number.")
    return np.round(_FUNCTIONS[head.kind](logits), DECIMALS)


def to_scores(
    items: Sequence[Item], heads: Mapping[str, Probabilities], engine_version: str, is_early: bool = False
) -> list[Scores]:
    """One Scores an item, with the heads that it wants and that there are; degraded where the early exit answered.

    Rows are copied: one that a cache keeps must not keep the arrays of its whole batch.
    """
    results = [Scores(engine_version, is_early, is_early=is_early) for _ in items]
    for name, values in heads.items():
        for scores, item, row in zip(results, items, values, strict=True):
            if name in item.heads:
                scores.heads[name] = (row[: item.encoding.tokens] if name == "spans" else row).copy()
    return results
