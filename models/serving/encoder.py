"""Texts to token ids, with the tokenizer that lies in the artifact."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial

import numpy as np
import tokenizers

from models.artifact import Artifact
from models.serving.types import Encoding, Offsets

# The pipeline brings its own few threads; the tokenizer's would take the cores that the engine computes on.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class Encoder:
    """Thread-safe, deterministic; the interpreter lock is released while texts are encoded."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, max_tokens: int, prefix: str = "") -> None:
        """`prefix` goes in front of every text, as it did in training; offsets do not count it."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.max_tokens = max_tokens
        self._tokenizer = tokenizer
        self._prefix = prefix
        self._unknown = _unknown_id(tokenizer)
        self._closing = _closing_tokens(tokenizer)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> Encoder:
        tokenizer = tokenizers.Tokenizer.from_file(str(artifact.tokenizer_path))
        return cls(tokenizer, artifact.manifest.max_tokens, artifact.manifest.prefix)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encodings without padding, cut at the model's `max_tokens`. Any string is accepted."""
        encoded = self._tokenizer.encode_batch_fast([self._prepare(text) for text in texts])
        return [self._encoding(text, one.ids) for text, one in zip(texts, encoded, strict=True)]

    def _encoding(self, text: str, ids: list[int]) -> Encoding:
        is_cut = len(ids) > self.max_tokens
        fitting = self._cut(ids) if is_cut else ids
        unknown = 0 if self._unknown is None else fitting.count(self._unknown)
        return Encoding(np.array(fitting, dtype=np.int32), partial(self._locate, text), is_cut, unknown)

    def _cut(self, ids: list[int]) -> list[int]:
        closing = self._closing
        return ids[: self.max_tokens - closing] + ids[len(ids) - closing :]

    def _locate(self, text: str) -> Offsets:
        """Where the tokens lie: a second encoding of this one text, about 60 us for a short post."""
        places = self._tokenizer.encode(self._prepare(text)).offsets
        if len(places) > self.max_tokens:
            places = places[: self.max_tokens - self._closing] + places[len(places) - self._closing :]
        return self._clipped(places)

    def tokens_of(self, text: str) -> Offsets:
        """Where the tokens of a text of any length lie, without special ones: [tokens, 2], characters of `text`."""
        places = self._clipped(self._tokenizer.encode(self._prepare(text)).offsets)
        visible: Offsets = places[places[:, 1] > places[:, 0]]
        return visible

    def unknown_in(self, encoding: Encoding) -> Offsets:
        """The characters of an encoded text that the vocabulary does not hold: [ranges, 2]."""
        unknown: Offsets = encoding.offsets[encoding.ids == self._unknown]
        return unknown

    def _clipped(self, places: Sequence[tuple[int, int]]) -> Offsets:
        offsets = np.array(places, dtype=np.int32).reshape(-1, 2) - len(self._prefix)
        offsets[offsets[:, 1] <= 0] = 0
        clipped: Offsets = np.maximum(offsets, 0)
        return clipped

    def _prepare(self, text: str) -> str:
        return self._prefix + _encodable(text)


def _encodable(text: str) -> str:
    """Half a surrogate pair is no Unicode text, and would fail the other texts of the call too."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _unknown_id(tokenizer: tokenizers.Tokenizer) -> int | None:
    model = json.loads(tokenizer.to_str())["model"]
    if (token := model.get("unk_token")) is not None:
        return tokenizer.token_to_id(token)
    place: int | None = model.get("unk_id")
    return place


def _closing_tokens(tokenizer: tokenizers.Tokenizer) -> int:
    """Special tokens behind the text, which a text that is cut keeps."""
    mask = tokenizer.encode("a").special_tokens_mask
    return len(mask) - len("".join(map(str, mask)).rstrip("1"))
