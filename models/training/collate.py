"""Rows to padded tensors with their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from models.examples import Example


@dataclass(slots=True)
class Batch:
    """`ids`, `mask` int64 [B, T]; `post` f32 [B, 8] and `spans` f32 [B, T] with NaN for unknown; classes [B]."""

    ids: Tensor
    mask: Tensor
    post: Tensor
    spans: Tensor
    sentiment: Tensor
    condition: Tensor
    urgency: Tensor

    def to(self, device: str) -> Batch:
        """The same batch on another device."""
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


class Collator:
    """Encodes examples with a tokenizer cut at `max_tokens` and pads them to the longest."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, pad_id: int) -> None:
        self.tokenizer = tokenizer
        self.pad_id = pad_id
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special tokens included, after truncation."""
        return [
            len(e.ids) for i in range(0, len(texts), 2000) for e in self.tokenizer.encode_batch(texts[i : i + 2000])
        ]

    def pad(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ids and mask [B, T] of rows of ids, padded to the longest."""
        ids, mask = pad(rows, self.pad_id)
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def __call__(self, examples: Sequence[Example]) -> Batch:
        encodings = self.tokenizer.encode_batch([e.text for e in examples])
        ids, mask = self.pad([e.ids for e in encodings])
        spans = np.full(ids.shape, np.nan, dtype=np.float32)
        for row, (encoding, example) in enumerate(zip(encodings, examples, strict=True)):
            if example.spans is not None:
                spans[row, : len(encoding.ids)] = token_targets(encoding, example.spans)
        return Batch(
            ids,
            mask,
            torch.from_numpy(np.stack([e.post for e in examples])),
            torch.from_numpy(spans),
            torch.tensor([e.sentiment for e in examples]),
            torch.tensor([e.condition for e in examples]),
            torch.tensor([e.urgency for e in examples]),
        )


def token_targets(encoding: Encoding, spans: Sequence[tuple[int, int]]) -> list[float]:
    """1 for a token that overlaps an interval, 0 for others, NaN for special tokens (they carry no text)."""
    return [
        float("nan") if end == begin else float(any(begin < stop and start < end for start, stop in spans))
        for begin, end in encoding.offsets
    ]


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, padded to the longest row."""
    shape = (len(rows), max(len(row) for row in rows))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
