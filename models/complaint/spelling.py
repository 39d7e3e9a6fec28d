"""One slip in an English word that matters is read as what was meant: "unconcious", "hedache", "hemat emesis"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"(?<![a-z0-9'])[a-z]{6,24}(?![a-z0-9'])")
_LITERAL: Final = re.compile(r"(?<![a-z')])([a-z]{3,})(\*?)(?![a-z(])")
_SHORTEST: Final = 6  # letters of what is meant
_PART: Final = re.compile(r"(?<![a-z0-9'])[a-z]{3,24}(?![a-z0-9'])")
_SHORTEST_SPLIT: Final = 9  # letters of what is meant by two words
_WAYS: Final = re.compile(r"(?<=[a-z])\(([a-z]*(?:\|[a-z]*)+)\)")


class Mended(NamedTuple):
    """A text without slips, and of each of its characters its place in the text as it was; the end comes last."""

    text: str
    places: Sequence[int]


class Spelling:
    """Knows the words of phrases. Pure.

    Args:
        phrases: English, in the notation of findings.toml.
        known: words that are never a slip.
    """

    def __init__(self, phrases: Iterable[str], known: Collection[str]) -> None:
        spelled = [one for phrase in phrases for one in _spelled(phrase)]
        literals = [match for phrase in spelled for match in _LITERAL.finditer(phrase)]
        self._words = frozenset(match[1] for match in literals if not match[2])
        self._stems = frozenset(match[1] for match in literals if match[2])
        self._known = self._words.union(known)
        self._shorter: dict[str, list[str]] = defaultdict(list)
        for word in sorted(one for one in self._words | self._stems if len(one) >= _SHORTEST):
            for short in dict.fromkeys(_without_one(word)):
                self._shorter[short].append(word)
        long = [one for one in self._words | self._stems if len(one) >= _SHORTEST_SPLIT]
        self._heads = {word[:end] for word in long for end in range(3, len(word) - 2)} - self._known

    def mend(self, plain: str) -> Mended:
        """Puts the words that were meant in place of slips; line breaks and all else stay.

        Args:
            plain: a text in plain letters.
        """
        slips = [
            (*match.span(), meant) for match in _WORD.finditer(plain) if (meant := self._meant(match[0])) is not None
        ]
        text, places, at = "", list[int](), 0
        for start, end, meant in sorted([*self._split(plain), *slips]):
            if start < at:
                continue
            text += plain[at:start] + meant
            places += [*range(at, start), *(min(start + i, end - 1) for i in range(len(meant) - 1)), end - 1]
            at = end
        return Mended(text + plain[at:], [*places, *range(at, len(plain) + 1)])

    def _split(self, plain: str) -> Iterator[tuple[int, int, str]]:
        """Long words with a blank in them, of which the first half is no word."""
        for first, second in pairwise(_PART.finditer(plain)):
            if first[0] in self._heads and plain[first.end() : second.start()] == " ":
                meant = first[0] + second[0]
                if meant in self._words or any(
                    meant[:end] in self._stems for end in range(_SHORTEST_SPLIT, len(meant))
                ):
                    yield first.start(), second.end(), meant

    def _meant(self, word: str) -> str | None:
        if word in self._known or (word[-1] == "s" and word[:-1] in self._known):
            return None
        if any(word[:end] in self._stems for end in range(3, len(word) + 1)):
            return None
        for end in range(len(word), _SHORTEST - 2, -1):
            for meant in self._candidates(word[:end]):
                if meant in self._stems or (end == len(word) and meant in self._words):
                    return meant + word[end:]
        return None

    def _candidates(self, word: str) -> Iterator[str]:
        """Words with a letter more, a letter less, or two swapped. Another letter is too often another word."""
        yield from self._shorter.get(word, ())
        for short in _without_one(word):
            if len(short) >= _SHORTEST and (short in self._words or short in self._stems):
                yield short
        for short in _without_one(word):
            for meant in self._shorter.get(short, ()):
                if sorted(meant) == sorted(word):
                    yield meant


def _without_one(word: str) -> Iterator[str]:
    """The first letter stays: readers go by it."""
    for place in range(1, len(word)):
        yield word[:place] + word[place + 1 :]


def _spelled(phrase: str) -> list[str]:
    """A phrase in all spellings of its words: "h(ae|e)maturi*" is two."""
    way = _WAYS.search(phrase)
    if way is None:
        return [phrase]
    return [
        spelled
        for letters in way[1].split("|")
        for spelled in _spelled(f"{phrase[: way.start()]}{letters}{phrase[way.end() :]}")
    ]
