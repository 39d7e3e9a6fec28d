"""All rows of a corpus as token ids, encoded once for every stage of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.examples import Example
from models.training.collate import Collator, EncodedRow, token_targets

_CHUNK = 2000


class EncodedRows:
    """Ids of all rows in one array, so that processes that are forked share its memory."""

    def __init__(self, examples: Sequence[Example], collator: Collator) -> None:
        ids: list[NDArray[np.int32]] = []
        self._spans: dict[int, NDArray[np.float32]] = {}
        for start in range(0, len(examples), _CHUNK):
            chunk = examples[start : start + _CHUNK]
            encodings = collator.tokenizer.encode_batch([e.text for e in chunk])
            ids += [np.array(encoding.ids, dtype=np.int32) for encoding in encodings]
            for row, (encoding, example) in enumerate(zip(encodings, chunk, strict=True), start=start):
                if example.spans is not None:
                    self._spans[row] = token_targets(encoding, example.spans)
        self.lengths = np.array([len(row) for row in ids], dtype=np.int64)
        self._ends = np.cumsum(self.lengths)
        self._ids = np.concatenate(ids)

    def __getitem__(self, row: int) -> EncodedRow:
        end = int(self._ends[row])
        return EncodedRow(self._ids[end - int(self.lengths[row]) : end], self._spans.get(row))
