"""One training row, whatever its task: a text and the targets that are known for it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.labels import POST_LABELS

TASKS = ("post", "spans", "sentiment", "condition", "urgency")
"""What a row may be collected for; a table each."""
Intervals = tuple[tuple[int, int], ...]

UNKNOWN = -1
"""Marks a class target that is not labelled; for post labels the mark is NaN. Neither is ever a negative."""


def move_spans(spans: Sequence[Sequence[int]], offsets: Sequence[int]) -> Intervals:
    """Intervals of an original moved to a text made of it, whose characters stem from the places in `offsets`.

    Those of which nothing is left are dropped.
    """
    moved = ((bisect_left(offsets, start), bisect_left(offsets, end)) for start, end in spans)
    return tuple((start, end) for start, end in moved if start < end)


def no_post_labels() -> NDArray[np.float32]:
    return np.full(len(POST_LABELS), np.nan, dtype=np.float32)


@dataclass(slots=True)
class Example:
    """`post` has 1, 0 or NaN a label; `spans` are character intervals into `text`, None if unlabelled."""

    text: str
    lang: str
    source: str
    tier: str
    task: str
    post: NDArray[np.float32] = field(default_factory=no_post_labels)
    sentiment: int = UNKNOWN
    condition: int = UNKNOWN
    urgency: int = UNKNOWN
    """0-based: 0 is level 1."""
    spans: Intervals | None = None
    family: str = ""
    """Rows of one family (a sentence and its variants) never sit on both sides of train and dev."""
    raw: str = ""
    """The text as its table has it, which is what the hashes of blocked texts are of; empty for what is no table's."""
    id: str = ""
    """Of its table; labels of other tables find the row by it."""
    domain: str = ""
    """Of ordinary text, all of whose labels are 0 or unknown: a group of its own when rows are drawn."""
