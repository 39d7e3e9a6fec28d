"""Findings that a word inside of them denies: "lips are not blue", "the neck isn't stiff", 嘴不歪, 心不慌.

Such a finding is no phrase as it stands. Without the word it is one, and then the word denies it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from models.complaint.phrases import Found, Phrases
from models.complaint.words import Table

_FURTHEST: Final = 30  # characters on either side of the word
_MOST: Final = 64  # words of a text that are looked at; behind them a denial is not seen, and so a finding stays


class Denials:
    """Args:
    phrases: of the findings.
    within: the words that deny from inside.
    pseudo: phrases in which they say nothing of the kind.
    """

    def __init__(self, phrases: Phrases, within: Table, pseudo: Table) -> None:
        self._phrases = phrases
        tables = {"within": within, "pseudo": pseudo}
        self._words = Phrases({name: {"en": one.en, "zh": one.zh} for name, one in tables.items()})

    def find(self, plain: str) -> list[tuple[Found, Found]]:
        """Each finding that is denied so, and the word that does it. Line breaks have become blanks.

        Args:
            plain: the text in plain letters.
        """
        words = self._words.find(plain)
        pseudo = [one for one in words if one.name == "pseudo"]
        starts = [one.start for one in pseudo]
        denying = (one for one in words if one.name == "within" and not _is_covered(one, pseudo, starts))
        return [(finding, word) for word in islice(denying, _MOST) for finding in self._across(plain, word)]

    def _across(self, plain: str, word: Found) -> Iterator[Found]:
        """What is found across the word's place when it is taken out."""
        first = max(0, word.start - _FURTHEST)
        if first and plain[first - 1].isascii():  # a word that was cut would be another one
            first = plain.find(" ", first, word.start) + 1 or word.start
        end = word.end + plain[word.end :].startswith(" ") * plain[: word.start].endswith(" ")
        left, right = plain[first : word.start], plain[end : end + _FURTHEST]
        for one in self._phrases.find(left + right):
            if one.start < len(left.rstrip()) and one.end > len(left):
                yield Found(one.name, first + one.start, end + one.end - len(left))


def _is_covered(word: Found, pseudo: Sequence[Found], starts: Sequence[int]) -> bool:
    """Whether it is part of a phrase that says nothing of the kind; those are in order and never overlap."""
    place = bisect_right(starts, word.start) - 1
    return place >= 0 and word.end <= pseudo[place].end
