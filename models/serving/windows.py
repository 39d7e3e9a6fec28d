"""Which parts of a long text are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

OVERLAP = 32
"""Tokens that two neighbours share, so that a sentence on the edge is read whole by one of them."""
SLACK = 4
"""Tokens left free: a part that begins inside a word may take one or two more than it did in the whole."""

Range = tuple[int, int]


def windows(places: Sequence[Range], room: int, most: int) -> list[Range]:
    """Half-open ranges of characters of at most `room` tokens each, which overlap and cover the text from end to end.

    Args:
        places: where each token of the text lies.
        room: tokens that the model reads in one go, less those that stand in every window.
        most: windows. Of a longer text the first and the last are read, and the others spread evenly between.
    """
    width = max(2 * OVERLAP, room - SLACK)
    starts = range(0, max(1, len(places) - OVERLAP), width - OVERLAP)
    chosen = np.unique(np.linspace(0, len(starts) - 1, min(most, len(starts))).round().astype(int)).tolist()
    return [(places[starts[i]][0], places[min(starts[i] + width, len(places)) - 1][1]) for i in chosen]
