"""Features of the linear models: hashed words and characters, so that no vocabulary has to travel with weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

MAX_CHARACTERS = 400
CHARACTER_GRAMS = {"en": (2, 4), "zh": (1, 3)}


class TfIdf:
    """Words (one and two) and characters, each weighted by inverse document frequency in the texts of `fit`."""

    def __init__(self, lang: str) -> None:
        shared = {"alternate_sign": False, "norm": None, "dtype": np.float32}
        self._kinds = [
            (HashingVectorizer(ngram_range=(1, 2), n_features=2**18, **shared), TfidfTransformer(sublinear_tf=True)),
            (
                HashingVectorizer(analyzer="char", ngram_range=CHARACTER_GRAMS[lang], n_features=2**19, **shared),
                TfidfTransformer(sublinear_tf=True),
            ),
        ]

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """[texts, features] of the texts that the weights are taken from."""
        cut = [text[:MAX_CHARACTERS] for text in texts]
        return csr_matrix(hstack([weigh.fit_transform(hasher.transform(cut)) for hasher, weigh in self._kinds]))

    def __call__(self, texts: Sequence[str]) -> csr_matrix:
        """[texts, features] of other texts."""
        cut = [text[:MAX_CHARACTERS] for text in texts]
        return csr_matrix(hstack([weigh.transform(hasher.transform(cut)) for hasher, weigh in self._kinds]))
