"""From toxic tokens to character ranges of the text as it was sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.serving.reading import Range, Reading


def marked(readings: Sequence[Reading], threshold: float) -> list[Range]:
    """Toxic ranges `[start, end)` of the text as it was sent, from all that was read of it, in order and apart."""
    found: list[Range] = []
    for reading in readings:
        spans = None if reading.scores is None else reading.scores.heads.get("spans")
        if spans is None or reading.encoding is None:
            continue
        found += toxic_spans(spans, reading.encoding.offsets, reading.text, reading.offsets, threshold)
    return found if len(readings) == 1 else _merged(found)


def toxic_spans(
    probabilities: NDArray[np.float64],
    token_offsets: NDArray[np.int32],
    text: str,
    offsets: Sequence[int],
    threshold: float,
) -> list[Range]:
    """Ranges `[start, end)` of the original text, in order, apart by more than white space.

    `text` is the cleaned text, into which the tokens [tokens, 2] point; `offsets` has for each of its characters the
    index of the original one.

    Indices count code points, as Python's `str` does; a reader that counts UTF-16 units (JavaScript, Java)
    must convert them where the text holds characters beyond U+FFFF, such as most emoji. Invisible marks
    inside a range belong to it; a masked link, handle or number is covered as a whole.
    """
    toxic = token_offsets[probabilities >= threshold].tolist()
    whole = [_whole_masks(offsets, start, end) for start, end in toxic if 0 <= start < end <= len(text)]
    spans = [trimmed(text, start, end) for start, end in _merged(whole, text)]
    return [(offsets[start], offsets[end - 1] + 1) for start, end in spans if start < end]


def _merged(ranges: Iterable[Range], text: str = "") -> list[Range]:
    """Those that overlap or touch as one; of ranges of a `text` also those with white space alone between them."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged:
            previous_start, previous_end = merged[-1]
            if start <= previous_end or text[previous_end:start].isspace():
                merged[-1] = (previous_start, max(previous_end, end))
                continue
        merged.append((start, end))
    return merged


def trimmed(text: str, start: int, end: int) -> Range:
    """The range without the white space at its ends; of white space alone, one that ends before it starts."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _whole_masks(offsets: Sequence[int], first: int, last: int) -> Range:
    """Widens a range over placeholders that it cuts: all their characters but the closing bracket stand for
    the first masked character, the bracket for the last."""
    if first >= 2 and offsets[first - 1] == offsets[first - 2]:
        first -= 1
    while first > 0 and offsets[first - 1] == offsets[first]:
        first -= 1
    while last < len(offsets) and offsets[last] == offsets[last - 1]:
        last += 1
    if 2 <= last < len(offsets) and offsets[last - 1] == offsets[last - 2]:
        last += 1
    return first, last
