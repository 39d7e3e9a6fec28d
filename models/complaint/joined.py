"""What ships as a Finder: phrases, and of what they leave out that of which passages are like marked ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from models.complaint.finder import PhraseFinder, PhrasesRead
from models.complaint.letters import plain_letters
from models.complaint.mention import Assertion, Mention
from models.complaint.passages import Likeness, PassageWeights
from models.complaint.phrases import Found
from models.complaint.reading import Reading

BAR: Final = 0.4
"""How much a passage must be like marked ones: here what is added is as often right as what the phrases find."""
_ELSEWHERE: Final = frozenset({Assertion.PAST, Assertion.OTHER, Assertion.HYPOTHETICAL})


class JoinedFinder:
    """Adds to the phrases, and takes nothing from them: a finding that they speak of anywhere in the text, if only to
    say that its words mean something else, is theirs. Pure."""

    def __init__(self, phrases: PhraseFinder, weights: PassageWeights, bar: float = BAR) -> None:
        self._phrases = phrases
        self._weights = weights
        self._bar = bar

    @classmethod
    @cache
    def load(cls) -> JoinedFinder:
        """With the files of the package."""
        return cls(PhraseFinder.load(), PassageWeights.load())

    def find(self, text: str, readings: Iterable[Reading] = ()) -> list[Mention]:
        """See Finder."""
        read = self._phrases.read(text, readings)
        return sorted([*read.mentions, *self._added(text, read)], key=lambda one: one.start)

    def _added(self, text: str, read: PhrasesRead) -> Iterator[Mention]:
        """Of each finding what its likest passage says, unless the words around that speak of the past, of others, or
        of what may be: such passages are too few to learn from."""
        likest: dict[str, Likeness] = {}
        for one in self._weights.alike(text, self._bar):
            if one.finding not in read.spoken_of and one.value > getattr(likest.get(one.finding), "value", 0.0):
                likest[one.finding] = one
        if not likest:
            return
        alike = sorted(likest.values(), key=lambda one: one.passage)
        plain = plain_letters(text)
        firsts = [Found(one.finding, one.passage.start, one.passage.start + 1) for one in alike]
        lasts = [Found(one.finding, one.passage.end - 1, one.passage.end) for one in alike]
        context = self._phrases.context
        words = read.words if plain == read.plain else context.words(plain)
        meant = zip(*(context.assertions(plain, ends, words) for ends in (firsts, lasts)), strict=True)
        for one, said in zip(alike, meant, strict=True):
            if _ELSEWHERE.isdisjoint(said):
                yield Mention(one.finding, one.assertion, *one.passage, is_alike=True)
