"""A condition taken apart into the ways in which it can hold: for finding rules that never fire or say nothing new."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import product
from math import inf
from typing import Final, TypeVar

from streams.policy.base import LANGUAGES
from streams.policy.conditions import Bars
from streams.policy.tables import Condition

MAX_WAYS: Final = 512
_ALL: Final[frozenset[str]] = frozenset(LANGUAGES)
_TOP: Final = 1.000001  # scores lie below it

Key = TypeVar("Key", bound=Hashable)
Range = tuple[float, float]
"""From the first on, below the second."""


@dataclass(frozen=True, slots=True)
class Way:
    """What has to be true at once. Everything that is not mentioned may be as it likes."""

    langs: frozenset[str] = _ALL
    scores: Mapping[tuple[str, str], Range] = field(default_factory=dict)
    """By label and language."""
    numbers: Mapping[tuple[str, float], Range] = field(default_factory=dict)
    """Strikes by half-life and window, posts and mentions by window, crowds, and the age of the account."""
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind or thread is one of these."""
    other_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind or thread is none of these."""
    atoms: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """Found in the text or on a list, or not."""
    is_impossible: bool = False

    def __and__(self, other: Way) -> Way:
        return Way(
            self.langs & other.langs,
            _narrowed(self.scores, other.scores),
            _narrowed(self.numbers, other.numbers),
            {**self.words, **{key: self.words.get(key, some) & some for key, some in other.words.items()}},
            {key: self.other_words.get(key, frozenset()) | other.other_words.get(key, frozenset())
             for key in self.other_words.keys() | other.other_words.keys()},
            {**self.atoms, **other.atoms},
            any(self.atoms.get(atom, said) is not said for atom, said in other.atoms.items())
            or self.is_impossible
            or other.is_impossible,
        )  # fmt: skip

    @property
    def possible_langs(self) -> frozenset[str]:
        """Languages in which no label would need two scores at once."""
        return frozenset(
            lang
            for lang in self.langs
            if all(low < high for (_, its_lang), (low, high) in self.scores.items() if its_lang == lang)
        )

    @property
    def is_possible(self) -> bool:
        return (
            not self.is_impossible
            and bool(self.possible_langs)
            and all(low < high for low, high in self.numbers.values())
            and all(some - self.other_words.get(key, frozenset()) for key, some in self.words.items())
        )

    def implies(self, other: Way) -> bool:
        """Whether the other holds wherever this one does."""
        langs = self.possible_langs
        return (
            langs <= other.langs
            and all(_within(self.scores, key, limit) for key, limit in other.scores.items() if key[1] in langs)
            and all(_within(self.numbers, key, limit) for key, limit in other.numbers.items())
            and all(key in self.words and self.words[key] <= some for key, some in other.words.items())
            and all(self._excludes(key, some) for key, some in other.other_words.items())
            and all(self.atoms.get(atom) is said for atom, said in other.atoms.items())
        )

    def _excludes(self, key: str, some: frozenset[str]) -> bool:
        if key in self.words:
            return some.isdisjoint(self.words[key])
        return some <= self.other_words.get(key, frozenset())


def _narrowed(one: Mapping[Key, Range], other: Mapping[Key, Range]) -> dict[Key, Range]:
    both = dict(one)
    for key, (low, high) in other.items():
        known_low, known_high = both.get(key, (-inf, inf))
        both[key] = max(low, known_low), min(high, known_high)
    return both


def _within(ranges: Mapping[Key, Range], key: Key, limit: Range) -> bool:
    low, high = ranges.get(key, (-inf, inf))
    return limit[0] <= low and high <= limit[1]


def ways_of(condition: Condition, bars: Mapping[str | None, Bars], empty: Collection[str]) -> list[Way] | None:
    """The possible ways; none where it can never hold, None where there are too many to look at.

    Args:
        bars: thresholds by operating point, as in `Terms`.
        empty: names of lists with nobody on them.
    """
    found = _ways(condition, bars, empty, False)
    return None if found is None else [way for way in found if way.is_possible]


def _ways(
    condition: Condition, bars: Mapping[str | None, Bars], empty: Collection[str], is_denied: bool
) -> list[Way] | None:
    if condition.not_ is not None:
        return _ways(condition.not_, bars, empty, not is_denied)
    if not condition.parts:
        return _leaf(condition, bars, empty, is_denied)
    parts = [_ways(part, bars, empty, is_denied) for part in condition.parts]
    known = [part for part in parts if part is not None]
    is_any = (condition.any_ is not None) is not is_denied
    count = sum(map(len, known)) if is_any else reduce(lambda size, part: size * len(part), known, 1)
    if len(known) < len(parts) or count > MAX_WAYS:
        return None
    if is_any:
        return [way for part in known for way in part]
    return [reduce(lambda one, other: one & other, ways) for ways in product(*known)]


def _leaf(leaf: Condition, bars: Mapping[str | None, Bars], empty: Collection[str], is_denied: bool) -> list[Way]:
    if leaf.label is not None:
        return _score(leaf, bars, is_denied)
    if leaf.lang is not None:
        langs = frozenset[str](leaf.lang)
        return [Way(langs=_ALL - langs if is_denied else langs)]
    if leaf.strikes is not None or leaf.account_younger_than_s is not None:
        limit = float(leaf.strikes or leaf.account_younger_than_s or 0.0)
        key = (f"strikes by {leaf.half_life_s}", leaf.window_s or 0.0) if leaf.strikes else ("age", 0.0)
        rises = (leaf.strikes is not None) is not is_denied
        return [Way(numbers={key: (limit, inf) if rises else (-inf, limit)})]
    if leaf.rate is not None:
        what, needed = leaf.rate
        return [Way(numbers={(what, leaf.window_s or 0.0): (-inf, needed) if is_denied else (needed, inf)})]
    if leaf.crowd is not None:
        kind, least = leaf.crowd
        return [Way(numbers={(kind, 0.0): (-inf, least) if is_denied else (least, inf)})]
    for name, some in (("kind", leaf.kind), ("thread", leaf.thread)):
        if some is not None:
            where = {name: frozenset(some)}
            return [Way(other_words=where) if is_denied else Way(words=where)]
    for name, value in (("keywords", leaf.keywords), ("regex", leaf.regex), ("list", leaf.list_)):
        if value is not None:
            is_never = name == "list" and value in empty and not is_denied
            return [replace(Way(atoms={(name, value): not is_denied}), is_impossible=is_never)]
    return [Way()]


def _score(leaf: Condition, bars: Mapping[str | None, Bars], is_denied: bool) -> list[Way]:
    """Not to lie between two scores is to lie below the first, or from the second on."""
    label = str(leaf.label)
    if leaf.at_least is None and leaf.below is None:
        limits = {lang: (bars[leaf.point][label][lang], _TOP) for lang in LANGUAGES}
    else:
        low, high = leaf.at_least or 0.0, _TOP if leaf.below is None else leaf.below
        limits = dict.fromkeys(LANGUAGES, (low, high))
    if not is_denied:
        return [Way(scores={(label, lang): limit for lang, limit in limits.items()})]
    under = Way(scores={(label, lang): (0.0, low) for lang, (low, _) in limits.items()})
    over = Way(scores={(label, lang): (high, _TOP) for lang, (_, high) in limits.items()})
    return [under, over]
