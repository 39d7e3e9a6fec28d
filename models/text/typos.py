"""Slips that are made on purpose: a letter doubled ("idiiot") or two swapped ("stuipd")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.text.changes import Changes
from models.text.plain_words import FREQUENT, HIDDEN, WORDS, lower_words

_WORD = re.compile(r"(?<![A-Za-z'])[A-Za-z]{4,24}+(?![A-Za-z']|-[A-Za-z])")
_SHORTEST = 4
_FEWEST = 3  # slips in words that nobody hides: fewer are mistakes
_TELLING = 1000  # words: in a text full of slips, one of these is sure to be among them

Slip = tuple[re.Match[str], str]


def guess_typos(text: str) -> Changes:
    """The words that were meant: hidden ones, or many of any kind."""
    slips = _slips(text)
    if len(slips) < _FEWEST and not any(meant in HIDDEN for _, meant in slips):
        return {}
    return {i: piece for match, meant in slips for i, piece in _mended(match, meant).items()}


def undo_typos(text: str) -> Changes:
    """The same where a third of the longer words and more have a slip: that is no chance."""
    slips = len(_slips(text))
    return guess_typos(text) if slips >= _FEWEST and 3 * slips >= len(_WORD.findall(text)) else {}


def _slips(text: str) -> list[Slip]:
    if SLIPS.isdisjoint(lower_words(text)):
        return []
    return [(match, meant) for match in _WORD.finditer(text) if (meant := _meant(match[0].lower())) is not None]


def _meant(word: str) -> str | None:
    """The word with that slip, hidden ones before others; None for a word that is one, or has none."""
    if word in WORDS or (word[-1] == "s" != word[-2] and word[:-1] in WORDS):
        return None
    found = [meant for meant in _without_slip(word) if meant in WORDS]
    return min(found, key=lambda meant: meant not in HIDDEN, default=None)


def _without_slip(word: str) -> Iterator[str]:
    """The first letter stays: readers go by it."""
    for i in range(1, len(word)):
        if word[i] == word[i - 1]:
            if len(word) > _SHORTEST:
                yield word[:i] + word[i + 1 :]
        elif i > 1:
            yield word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]


def _with_slip(word: str) -> Iterator[str]:
    for i in range(1, len(word)):
        yield word[:i] + word[i - 1 :]
        if i > 1:
            yield word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]
    yield word + word[-1]


def _mended(match: re.Match[str], meant: str) -> Changes:
    """A doubled letter leaves, swapped ones change places, in the case of what stood there."""
    start, wrong = match.start(), match[0]
    if len(meant) < len(wrong):
        lower = wrong.lower()
        return {start + next(i for i in range(1, len(wrong)) if lower[:i] + lower[i + 1 :] == meant): ""}
    return {
        start + i: new.upper() if old.isupper() else new
        for i, (old, new) in enumerate(zip(wrong, meant, strict=True)) if old.lower() != new
    }  # fmt: skip


SLIPS = frozenset(
    slip
    for words in (HIDDEN, FREQUENT[:_TELLING])
    for word in words if len(word) >= _SHORTEST
    for slip in _with_slip(word)
) - WORDS  # fmt: skip
"""Slips in hidden and in the most frequent words: without one of these, a text is not worth a closer look."""
