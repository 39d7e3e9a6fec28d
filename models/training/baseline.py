"""The classical baseline: TF-IDF of words and characters with logistic regression, one model a post label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import SGDClassifier

from models.labels import LANGUAGES, POST_LABELS
from models.serving.scores import sigmoid
from models.training.calibrate import best_threshold
from models.training.corpus import Corpus
from models.training.examples import Example
from models.training.metrics import binary_figures

MAX_CHARACTERS = 400


def baseline_figures(corpus: Corpus, labels: Sequence[str] = POST_LABELS) -> dict[str, Any]:
    """{label: {language: dev figures}} of linear models on the same rows, with thresholds chosen alike."""
    train, dev = ([e for e in rows if e.task in ("post", "spans")] for rows in (corpus.train, corpus.dev))
    inputs, questions = _features(train, dev)
    targets, truths = (np.stack([e.post for e in rows]) for rows in (train, dev))
    langs = np.array([e.lang for e in dev])
    figures: dict[str, Any] = {}
    for label in labels:
        column = POST_LABELS.index(label)
        known = np.flatnonzero(~np.isnan(targets[:, column]))
        if len(np.unique(targets[known, column])) < 2:
            continue
        model = SGDClassifier(loss="log_loss", alpha=3e-6, max_iter=8, tol=None, random_state=1)
        model.fit(inputs[known], targets[known, column])
        scores = sigmoid(model.decision_function(questions))
        for lang in LANGUAGES:
            rows = np.flatnonzero(~np.isnan(truths[:, column]) & (langs == lang))
            if len(rows):
                truth = truths[rows, column].astype(np.float64)
                threshold = best_threshold(truth, scores[rows])
                figures.setdefault(label, {})[lang] = binary_figures(truth, scores[rows], threshold)
    return figures


def _features(train: Sequence[Example], dev: Sequence[Example]) -> tuple[csr_matrix, csr_matrix]:
    """Hashed words (one and two) and characters (two to four), weighted by inverse document frequency."""
    hashers = [
        HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False, norm=None),
        HashingVectorizer(
            analyzer="char", ngram_range=(2, 4), n_features=2**19, alternate_sign=False, norm=None
        ),
    ]  # fmt: skip
    texts = [[e.text[:MAX_CHARACTERS] for e in rows] for rows in (train, dev)]
    sides: list[list[Any]] = [[], []]
    for hasher in hashers:
        weigh = TfidfTransformer(sublinear_tf=True)
        sides[0].append(weigh.fit_transform(hasher.transform(texts[0])))
        sides[1].append(weigh.transform(hasher.transform(texts[1])))
    return csr_matrix(hstack(sides[0])), csr_matrix(hstack(sides[1]))
