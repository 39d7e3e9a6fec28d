"""Texts to token ids, with the tokenizer that lies in the artifact."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import numpy as np
import tokenizers

from models.artifact import Artifact
from models.serving.types import Encoding, Offsets

CHARACTERS_PER_TOKEN = 8
"""Of a text, at most this many characters a token are read: a long one costs no more than a full one."""

# The pipeline brings its own few threads; the tokenizer's would take the cores that the engine computes on.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class Encoder:
    """Thread-safe, deterministic; the interpreter lock is released while texts are encoded."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, max_tokens: int, prefix: str = "") -> None:
        """`prefix` goes in front of every text, as it did in training; offsets do not count it."""
        tokenizer.enable_truncation(max_tokens)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._prefix = prefix
        self._max_characters = max_tokens * CHARACTERS_PER_TOKEN

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> Encoder:
        tokenizer = tokenizers.Tokenizer.from_file(str(artifact.tokenizer_path))
        return cls(tokenizer, artifact.manifest.max_tokens, artifact.manifest.prefix)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encodings without padding, cut at the model's `max_tokens`. Any string is accepted."""
        encoded = self._tokenizer.encode_batch_fast([self._prepare(text) for text in texts])
        return [
            Encoding(np.array(one.ids, dtype=np.int32), partial(self._locate, text))
            for text, one in zip(texts, encoded, strict=True)
        ]

    def _locate(self, text: str) -> Offsets:
        """Where the tokens lie: a second encoding of this one text, about 60 us for a short post."""
        encoded = self._tokenizer.encode(self._prepare(text))
        offsets = np.array(encoded.offsets, dtype=np.int32).reshape(-1, 2) - len(self._prefix)
        offsets[offsets[:, 1] <= 0] = 0
        clipped: Offsets = np.maximum(offsets, 0)
        return clipped

    def _prepare(self, text: str) -> str:
        text = self._prefix + text[: self._max_characters]
        if not text.isascii():
            # Half a surrogate pair is no Unicode text, and would fail the other texts of the call too.
            text = text.encode("utf-8", "replace").decode("utf-8")
        return text
