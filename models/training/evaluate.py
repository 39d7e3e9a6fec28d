"""Dev figures of every head, per label and language, from logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.evaluation.statistics import character_f1
from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS
from models.serving.scores import ordinal, sigmoid
from models.training.metrics import binary_figures, class_figures, ordinal_figures
from models.training.predict import Logits

Thresholds = Mapping[str, Mapping[str, float]]
Figures = dict[str, Any]
Answered = tuple[Example, Logits]

_SPAN_THRESHOLDS = np.round(np.arange(0.15, 0.80, 0.05), 2)


def evaluate_heads(
    dev: Sequence[Example], answers: Sequence[Logits], thresholds: Thresholds, tokenizer: Tokenizer
) -> Figures:
    """{head: {label or language: figures}}; a head without labelled rows is left out."""
    figures: Figures = {
        "post": post_figures(dev, answers, "post", thresholds),
        "early_post": post_figures(dev, answers, "early_post", thresholds),
    }
    spans = _known(dev, answers, lambda e: e.spans is not None)
    if spans:
        figures["spans"] = {
            lang: {
                "rows": len(rows),
                "character_f1": round(span_quality(rows, tokenizer, thresholds["spans"][lang]), 4),
            }
            for lang, rows in _by_language(spans).items()
        }
    for head in ("sentiment", "condition"):
        figures[head] = _class_head(dev, answers, head)
    figures["urgency"] = {
        lang: ordinal_figures([e.urgency for e, _ in rows], [int(expected_level(a)) for _, a in rows])
        for lang, rows in _by_language(_known(dev, answers, lambda e: e.urgency >= 0)).items()
    }
    figures["flagged_unlabelled"] = flagged_unlabelled(dev, answers, thresholds)
    return {head: value for head, value in figures.items() if value}


def expected_level(answer: Logits) -> int:
    """The 0-based median level: how many cumulative logits are positive."""
    return int(np.argmax(np.cumsum(ordinal(answer["urgency"])) >= 0.5))


def post_figures(dev: Sequence[Example], answers: Sequence[Logits], head: str, thresholds: Thresholds) -> Figures:
    """{label: {language: figures}} over the labelled rows."""
    targets = np.stack([e.post for e in dev]).astype(np.float64)
    scores = np.round(sigmoid(np.stack([a[head] for a in answers])), 4)
    langs = np.array([e.lang for e in dev])
    figures: Figures = {}
    for column, label in enumerate(POST_LABELS):
        for lang in LANGUAGES:
            known = ~np.isnan(targets[:, column]) & (langs == lang)
            if known.any():
                entry = binary_figures(targets[known, column], scores[known, column], thresholds[label][lang])
                figures.setdefault(label, {})[lang] = entry
    return figures


def flagged_unlabelled(dev: Sequence[Example], answers: Sequence[Logits], thresholds: Thresholds) -> Figures:
    """Share of posts flagged where nobody labelled them: the only look at labels without negatives."""
    targets = np.stack([e.post for e in dev])
    scores = np.round(sigmoid(np.stack([a["post"] for a in answers])), 4)
    figures: Figures = {}
    for column, label in enumerate(POST_LABELS):
        for lang in LANGUAGES:
            rows = [i for i, e in enumerate(dev) if e.task == "post" and e.lang == lang]
            rows = [i for i in rows if np.isnan(targets[i, column])]
            if rows:
                share = float((scores[rows, column] >= thresholds[label][lang]).mean())
                figures.setdefault(label, {})[lang] = {"rows": len(rows), "flagged": round(share, 4)}
    return figures


def _class_head(dev: Sequence[Example], answers: Sequence[Logits], head: str) -> Figures:
    return {
        lang: class_figures([getattr(e, head) for e, _ in rows], [int(a[head].argmax()) for _, a in rows])
        for lang, rows in _by_language(_known(dev, answers, lambda e: getattr(e, head) >= 0)).items()
    }


def _known(dev: Sequence[Example], answers: Sequence[Logits], wanted: Callable[[Example], bool]) -> list[Answered]:
    return [(e, a) for e, a in zip(dev, answers, strict=True) if wanted(e)]


def _by_language(rows: Sequence[Answered]) -> dict[str, list[Answered]]:
    """Of the languages that have rows."""
    split = {lang: [(e, a) for e, a in rows if e.lang == lang] for lang in LANGUAGES}
    return {lang: found for lang, found in split.items() if found}


def span_quality(rows: Sequence[Answered], tokenizer: Tokenizer, threshold: float) -> float:
    """Mean character F1 over posts."""
    scores = []
    for (example, answer), encoding in zip(rows, tokenizer.encode_batch([e.text for e, _ in rows]), strict=True):
        hot = sigmoid(answer["spans"]) >= threshold
        found = {
            i for on, (start, end) in zip(hot, encoding.offsets, strict=True) if on for i in range(start, end)
            if not example.text[i].isspace()
        }  # fmt: skip
        wanted = {i for start, end in example.spans or () for i in range(start, end) if not example.text[i].isspace()}
        scores.append(character_f1(wanted, found))
    return float(np.mean(scores))


def choose_span_threshold(dev: Sequence[Example], answers: Sequence[Logits], tokenizer: Tokenizer) -> float:
    """Token threshold with the best character F1 on the span rows of dev; 0.5 without any."""
    rows = _known(dev, answers, lambda e: e.spans is not None)
    if not rows:
        return 0.5
    return float(max(_SPAN_THRESHOLDS, key=lambda t: span_quality(rows, tokenizer, float(t))))
