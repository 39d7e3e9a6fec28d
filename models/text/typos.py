"""Slips that are made on purpose: a letter doubled ("idiiot") or two swapped ("stuipd"); in hidden words also one left
out ("fck") or put for one that sounds or looks like it ("fvck").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

from models.text.changes import Changes
from models.text.plain_words import FREQUENT, HIDDEN, WORDS, lower_words

_WORD = re.compile(r"(?<![A-Za-z'])[A-Za-z]{3,24}+(?![A-Za-z']|-[A-Za-z])")
_VOWEL = re.compile("[aeiouy]")
_SHORTEST = 4  # letters
_FEWEST = 3  # slips in words that nobody hides: fewer are mistakes
_MOST_INITIALS = 4  # letters of an abbreviation
_TELLING = 1000  # words: in a text full of slips, one of these is sure to be among them

_ALIKE = {
    "c": ("k",), "ck": ("k", "q"), "f": ("ph",), "i": ("y", "l", "ee"), "k": ("c",), "l": ("i",), "s": ("z", "x"),
    "u": ("v", "oo"), "y": ("i",),
}  # fmt: skip

Slip = tuple[re.Match[str], str]


def guess_typos(text: str) -> Changes:
    """The words that were meant: hidden ones, or all of many in a text where most words are known."""
    slips = _slips(text)
    if not _is_ridden(text, slips):
        slips = [(match, meant) for match, meant in slips if meant in HIDDEN and not _is_name(match)]
    return {i: piece for match, meant in slips for i, piece in _mended(match, meant).items()}


def undo_typos(text: str) -> Changes:
    """The same where a third of the longer words and more have a slip: that is no chance."""
    return guess_typos(text) if _is_ridden(text, _slips(text), share=1 / 3) else {}


def _slips(text: str) -> list[Slip]:
    if SLIPS.isdisjoint(lower_words(text)):
        return []
    return [(match, meant) for match in _WORD.finditer(text) if (meant := _meant(match[0].lower())) is not None]


def _is_ridden(text: str, slips: list[Slip], share: float = 0.0) -> bool:
    """Whether enough words have slips, and most are known: words of another language only look like slips."""
    if len(slips) < _FEWEST:
        return False
    words = [match[0].lower() for match in _WORD.finditer(text)]
    known = sum(word in WORDS for word in words)
    return len(slips) >= share * len(words) and 2 * (known + len(slips)) > len(words)


def _is_name(match: re.Match[str]) -> bool:
    """Or an abbreviation. A capital at the start of the text says nothing."""
    word = match[0]
    return (word.istitle() and match.start() > 0) or (word.isupper() and len(word) <= _MOST_INITIALS)


def _meant(word: str) -> str | None:
    """The word with that slip, hidden ones before others; None for a word that is one, or has none."""
    if word in WORDS or (word[-1] == "s" != word[-2] and word[:-1] in WORDS):
        return None
    return _HIDDEN_SLIPS.get(word) or next((meant for meant in _without_slip(word) if meant in WORDS), None)


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


def _with_change(word: str) -> Iterator[str]:
    """Letters that sound or look alike, or a vowel left out where that leaves no other, or enough letters."""
    for i in range(len(word)):
        for letters, others in _ALIKE.items():
            if word.startswith(letters, i):
                yield from [word[:i] + other + word[i + len(letters) :] for other in others]
        left = word[:i] + word[i + 1 :]
        if 0 < i < len(word) - 1 and _VOWEL.match(word[i]) and (len(left) > _SHORTEST or not _VOWEL.search(left)):
            yield left


def _mended(match: re.Match[str], meant: str) -> Changes:
    """What differs, in the case of what stood there. The last letter stays where it is, so that a span holds all."""
    start, wrong = match.start(), match[0].lower()
    after = _count_common(wrong[::-1], meant[::-1])
    before = _count_common(wrong[: len(wrong) - after], meant[: len(meant) - after])
    old, new = wrong[before : len(wrong) - after], meant[before : len(meant) - after]
    if not old:
        changes = {before: new + wrong[before]}
    elif len(old) == len(new):
        changes = dict(enumerate(new, before))
    else:
        changes = dict.fromkeys(range(before, before + len(old)), "") | {before + (0 if after else len(old) - 1): new}
    return {start + i: piece.upper() if match[0][i].isupper() else piece for i, piece in changes.items()}


def _count_common(one: str, other: str) -> int:
    """Letters that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


_HIDDEN_SLIPS: Mapping[str, str] = {
    slip: word
    for word in sorted(HIDDEN) if len(word) >= _SHORTEST
    for slip in (*_with_change(word), *_with_slip(word)) if slip not in WORDS
}  # fmt: skip
SLIPS = frozenset(_HIDDEN_SLIPS) | frozenset(
    slip for word in FREQUENT[:_TELLING] if len(word) >= _SHORTEST for slip in _with_slip(word) if slip not in WORDS
)
"""Slips in hidden and in the most frequent words: without one of these, a text is not worth a closer look."""
