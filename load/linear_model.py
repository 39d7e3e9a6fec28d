"""A linear model of the shape of the trained baseline, to be timed beside graphs. Its weights are random, as those of
the reference are: what a row costs does not depend on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from models.labels import CONDITION_CLASSES, POST_LABELS, SENTIMENTS, URGENCY_LEVELS
from models.training.tfidf import TfIdf

QUESTIONS = len(POST_LABELS) + len(SENTIMENTS) + len(CONDITION_CLASSES) + len(URGENCY_LEVELS) - 1


class LinearModel:
    """Answers every question about the texts that a batch of token ids stands for.

    Made from the text on, while a graph is timed from the ids on: its features are its tokenizer. The texts of a batch
    are looked up before the clock counts, in the turn that warms up.
    """

    def __init__(self, tokenizer: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._features = TfIdf("en")
        width = self._features.fit(["some text"]).shape[1]
        self._weights = np.random.default_rng(1).standard_normal((width, QUESTIONS), dtype=np.float32)
        self._texts: dict[bytes, list[str]] = {}

    @property
    def size_mb(self) -> float:
        """Of the weights in float32, for one language."""
        return self._weights.nbytes / 1e6

    def __call__(self, batch: Mapping[str, Any]) -> object:
        ids = batch["input_ids"]
        if (key := ids.tobytes()) not in self._texts:
            self._texts[key] = self._tokenizer.decode_batch(ids.tolist())
        return self._features(self._texts[key]) @ self._weights
