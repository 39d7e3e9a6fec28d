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

Ids = Sequence[int] | NDArray[np.int32]


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

    def pin_memory(self) -> Batch:
        """The same batch in memory that a GPU reads by itself."""
        return Batch(*(getattr(self, f.name).pin_memory() for f in fields(self)))


@dataclass(slots=True)
class EncodedRow:
    """Token ids of a text, and for each of them whether it is toxic (NaN: unknown) where that is labelled."""

    ids: NDArray[np.int32]
    spans: NDArray[np.float32] | None = None


class Collator:
    """Encodes examples with a tokenizer cut at `max_tokens` and pads them to the longest."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, pad_id: int) -> None:
        self.tokenizer = tokenizer
        self.pad_id = pad_id
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)

    def encode(self, example: Example) -> EncodedRow:
        """One row, after truncation."""
        encoding = self.tokenizer.encode(example.text)
        spans = None if example.spans is None else token_targets(encoding, example.spans)
        return EncodedRow(np.array(encoding.ids, dtype=np.int32), spans)

    def pad(self, rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
        """Ids and mask [B, T] of rows of ids, padded to the longest."""
        ids, mask = pad(rows, self.pad_id)
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def __call__(self, examples: Sequence[Example]) -> Batch:
        return self.collate([self.encode(example) for example in examples], examples)

    def collate(self, rows: Sequence[EncodedRow], examples: Sequence[Example]) -> Batch:
        """A batch of rows that are encoded already; `examples` give the targets."""
        ids, mask = self.pad([row.ids for row in rows])
        spans = np.full(ids.shape, np.nan, dtype=np.float32)
        for number, row in enumerate(rows):
            if row.spans is not None:
                spans[number, : len(row.spans)] = row.spans
        return Batch(
            ids,
            mask,
            torch.from_numpy(np.stack([e.post for e in examples])),
            torch.from_numpy(spans),
            torch.tensor([e.sentiment for e in examples]),
            torch.tensor([e.condition for e in examples]),
            torch.tensor([e.urgency for e in examples]),
        )


def token_targets(encoding: Encoding, spans: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """1 for a token that overlaps an interval, 0 for others, NaN for special tokens (they carry no text)."""
    targets = [
        float("nan") if end == begin else float(any(begin < stop and start < end for start, stop in spans))
        for begin, end in encoding.offsets
    ]
    return np.array(targets, dtype=np.float32)


def pad(rows: Sequence[Ids], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, padded to the longest row."""
    shape = (len(rows), max(len(row) for row in rows))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask
