"""Pieces of words that somebody took apart."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise

from models.text.plain_words import LONGEST, SHORT, WORDS

PIECE = re.compile("[A-Za-z]++")

Run = Sequence[re.Match[str]]
"""Pieces of one word, in order."""


def runs_of(pieces: Run, words: Container[str]) -> Iterator[tuple[int, int]]:
    """Where the longest runs of two pieces and more lie that make up one of the words."""
    first = 0
    while first < len(pieces):
        word, last = "", 0
        for end in range(first, len(pieces)):
            word += pieces[end][0].lower()
            if len(word) > LONGEST:
                break
            if end > first and word in words:
                last = end + 1
        if last:
            yield first, last
        first = last or first + 1


def joined(pieces: Run) -> str:
    return "".join([piece[0] for piece in pieces]).lower()


def is_word(piece: re.Match[str]) -> bool:
    word = piece[0].lower()
    return word in WORDS or word in SHORT


def between(pieces: Run) -> Iterator[int]:
    """The places between the pieces."""
    for left, right in pairwise(pieces):
        yield from range(left.end(), right.start())
