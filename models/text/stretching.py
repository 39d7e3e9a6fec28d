"""Letters drawn out."""

from __future__ import annotations

import re
from itertools import product

from models.text.changes import Changes
from models.text.plain_words import WORDS

_MOST_STRETCHED = 64  # characters; longer ones are no words
_STRETCHED = re.compile(r"(?<![A-Za-z])[A-Za-z]*?([A-Za-z])\1\1[A-Za-z]*+", re.ASCII | re.IGNORECASE)
_RUN = re.compile(r"(.)\1*+", re.ASCII | re.IGNORECASE)


def shorten(text: str) -> Changes:
    """Runs of three letters and more become two or one where that makes a word; else runs of four become two."""
    return {
        match.start() + i: "" for match in _STRETCHED.finditer(text) for i in _surplus(match[0])
    }  # fmt: skip


def _surplus(word: str) -> set[int]:
    runs = [run.span() for run in _RUN.finditer(word) if run.end() - run.start() >= 3]
    if len(word) <= _MOST_STRETCHED and len(runs) <= 3:
        for keep in product((2, 1), repeat=len(runs)):
            dropped = {i for run, count in zip(runs, keep, strict=True) for i in _inner(*run, count, len(word))}
            if "".join([c for i, c in enumerate(word) if i not in dropped]).lower() in WORDS:
                return dropped
    return {i for start, end in runs if end - start >= 4 for i in range(start + 1, end - 1)}


def _inner(start: int, end: int, keep: int, size: int) -> range:
    """What to drop of a run: the last letter stays where the word ends, so that a span still covers all of it."""
    if keep == 2:
        return range(start + 1, end - 1)
    return range(start, end - 1) if end == size else range(start + 1, end)
