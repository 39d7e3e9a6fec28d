"""Which parts of a long text are read: windows that begin and end with sentences, as the texts of training do."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from models.serving.reading import Range

_SENTENCE_END = re.compile(r"[.!?。！？…\n]++[\"”’)）」』]*+")


def spread(count: int, most: int) -> list[int]:
    """Up to `most` of so many places: the first, the last, and others evenly between."""
    return [int(place) for place in np.unique(np.linspace(0, count - 1, min(most, count)).round())]


def windows(text: str, places: Sequence[Range], width: int, overlap: int, most: int) -> list[Range]:
    """Half-open ranges of characters of at most `width` tokens each, which together cover the text.

    Neighbours share short sentences of up to `overlap` tokens, and so much of one that is longer than a window.

    Args:
        places: where each token of the text lies.
        most: windows. Of a longer text the first and the last are read, and the others spread evenly between.
    """
    found = list(_aligned(list(_sentences(text, places, width, overlap)), width, overlap))
    return [(places[found[i][0]][0], places[found[i][1] - 1][1]) for i in spread(len(found), most)]


def _sentences(text: str, places: Sequence[Range], width: int, overlap: int) -> Iterator[Range]:
    """Sentences, or their parts of `width`, as ranges of tokens."""
    starts = [start for start, _ in places]
    first = 0
    for end in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        last = bisect_left(starts, end)
        for start in range(first, max(last - overlap, first + 1), width - overlap) if first < last else ():
            yield start, min(start + width, last)
        first = max(first, last)


def _aligned(sentences: Sequence[Range], width: int, overlap: int) -> Iterator[Range]:
    """As many sentences as fit, again and again."""
    first = 0
    while first < len(sentences):
        start = sentences[first][0]
        last = first
        while last + 1 < len(sentences) and sentences[last + 1][1] - start <= width:
            last += 1
        end = sentences[last][1]
        yield start, end
        if last + 1 == len(sentences):
            return
        following = last + 1
        while following - 1 > first and end - sentences[following - 1][0] <= overlap:
            following -= 1
        first = following
