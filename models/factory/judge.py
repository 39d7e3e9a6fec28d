"""What dev says about a quantised network: thresholds, figures, and the bars of the cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.artifact import Cascade
from models.compression.cascade import choose_clean_thresholds, is_clean
from models.examples import Example
from models.serving.scores import sigmoid
from models.training.calibrate import choose_thresholds, hold_back
from models.training.evaluate import choose_span_threshold, evaluate_heads, post_figures
from models.training.predict import Logits
from models.training.recipe import Recipe
from models.training.weak_negatives import weakly_labelled


@dataclass(slots=True, frozen=True)
class DevRows:
    """`real` dev posts and records, sentences `written` for this project that were kept out of training, and `tuning`:
    copies of both with weak negatives, for calibration and thresholds. Figures never mix the first two."""

    real: Sequence[Example]
    written: Sequence[Example]
    tuning: Sequence[Example]

    @classmethod
    def of(cls, real: Sequence[Example], written: Sequence[Example], recipe: Recipe) -> DevRows:
        return cls(real, written, weakly_labelled([*real, *written], recipe.data))


def judge(
    dev: DevRows, answers: Sequence[Logits], tokenizer: Tokenizer
) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """Thresholds chosen on these answers to the tuning rows, and the figures at them."""
    real, written = answers[: len(dev.real)], answers[len(dev.real) :]
    thresholds, of_early = (choose_thresholds(dev.tuning, answers, head) for head in ("post", "early_post"))
    if real:
        hold_back(thresholds, dev.real, real)
        hold_back(of_early, dev.real, real, "early_post")
    spans_at = choose_span_threshold(dev.real, real, tokenizer)
    thresholds["spans"] = {"en": spans_at, "zh": spans_at}
    figures = evaluate_heads(dev.real, real, thresholds, tokenizer)
    if "early_post" in figures:  # the tiny student on its own; in the cascade it answers by bars, not by these
        figures["early_post"] = post_figures(dev.real, real, "early_post", of_early)
    if written:
        figures["written_post"] = post_figures(dev.written, written, "post", thresholds)
    return thresholds, figures


def choose_cascade(
    dev: Sequence[Example], answers: Sequence[Logits], thresholds: dict[str, dict[str, float]]
) -> Cascade | None:
    """Bars for the early exit, chosen on the posts of dev, the only texts that a cascade serves; None without any."""
    posts = [i for i, e in enumerate(dev) if e.task == "post"]
    if not posts:
        return None
    early, full = (np.round(sigmoid(np.stack([answers[i][head] for i in posts])), 4) for head in ("early_post", "post"))
    return choose_clean_thresholds(early, full, thresholds, [dev[i].lang for i in posts])


def cascade_figures(
    dev: Sequence[Example], answers: Sequence[Logits], cascade: Cascade, thresholds: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Figures of the posts as the cascade answers them."""
    early, full = (np.stack([a[head] for a in answers[: len(dev)]]) for head in ("early_post", "post"))
    clean = is_clean(np.round(sigmoid(early), 4), cascade.clean_below)
    merged: list[Logits] = [{"cascade_post": row} for row in np.where(clean[:, None], early, full)]
    return post_figures(dev, merged, "cascade_post", thresholds)
