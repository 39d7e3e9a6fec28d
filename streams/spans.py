"""From toxic tokens to character ranges of the text as it was sent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.tasks.base import Rendered


def toxic_spans(
    probabilities: NDArray[np.float64], token_offsets: NDArray[np.int32], rendered: Rendered, threshold: float
) -> list[dict[str, int]]:
    """Ranges `[start, end)` of the original text, in order, apart by more than white space.

    Indices count code points, as Python's `str` does; a reader that counts UTF-16 units (JavaScript, Java) must
    convert them where the text holds characters beyond U+FFFF, such as most emoji. Invisible marks inside a range
    belong to it; a masked link, handle or number is covered as a whole.
    """
    offsets, text = rendered.offsets, rendered.text
    spans: list[dict[str, int]] = []
    for start, end in _merged(token_offsets[probabilities >= threshold].tolist(), text):
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        first, last = start - rendered.start, end - rendered.start
        if 0 <= first < last <= len(offsets):
            spans.append({"start": offsets[first], "end": offsets[last - 1] + 1})
    return spans


def _merged(ranges: list[list[int]], text: str) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for start, end in ranges if start < end):
        if merged:
            previous_start, previous_end = merged[-1]
            if start <= previous_end or text[previous_end:start].isspace():
                merged[-1] = (previous_start, max(previous_end, end))
                continue
        merged.append((start, end))
    return merged
