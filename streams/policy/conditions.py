"""Conditions as tests of one post. What is not known makes a test neither true nor false."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from models.labels import POST_LABELS
from streams.policy.tables import Condition, CrowdKind, ListTable
from streams.policy.text import NEVER, Atom, Finder, atom, hash_author

Test = Callable[["Facts"], bool | None]
"""None: cannot be told."""
Bars = Mapping[str, Mapping[str, float]]
"""{label: {language: probability}}"""


@dataclass(slots=True)
class Facts:
    """What rules may ask of one post. None: not known, which is something else than there being none."""

    lang: str
    scores: Sequence[float] | None
    """In the order of POST_LABELS."""
    day: int
    """On which the post was sent, as `date.toordinal`."""
    texts: Sequence[str] | None = None
    """As it was sent, then the readings of it that differ."""
    kind: str | None = None
    thread: str | None = None
    author: str | None = None
    account_age_s: float | None = None
    strikes: Callable[[float | None, float | None], int] | None = None
    """Earlier posts of the author that were acted on in the last so many seconds; None: in all that is remembered.
    After so many seconds each counts half; None: whole."""
    rate: Callable[[str, float], int] | None = None
    """`posts` of the author in the last so many seconds, this one among them, or `mentions` in those."""
    crowd: Callable[[CrowdKind], int] | None = None
    """Authors who do the same at about the same time, this one among them; 0: this one is not."""
    read_share: float = 1.0
    """Of the text's characters."""
    found: Collection[Atom] | None = field(default=None, init=False)
    """Of what the rulebook at hand looks for in texts; filled in when the first rule asks."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the words of conditions mean in one policy with one model."""

    bars: Mapping[str | None, Bars]
    """By operating point; None: what the policy goes by."""
    lists: Mapping[str, ListTable]
    finder: Finder


def compiled(condition: Condition, terms: Terms) -> Test:
    """One function for the whole condition. Cheap parts come first, so that most rules end there."""
    if condition.all_:
        return _all([compiled(part, terms) for part in sorted(condition.all_, key=_cost)])
    if condition.any_:
        return _any([compiled(part, terms) for part in sorted(condition.any_, key=_cost)])
    if condition.not_ is not None:
        return _not(compiled(condition.not_, terms))
    if condition.label is not None:
        return _score(condition, terms)
    if condition.list_ is not None and terms.lists[condition.list_].of == "authors":
        return _on_list(terms.lists[condition.list_])
    return _of_text(condition, terms.finder) or _of_record(condition)


def _cost(condition: Condition) -> int:
    if condition.parts:
        return max(map(_cost, condition.parts))
    if condition.label is not None or condition.lang is not None:
        return 0
    return 2 if condition.keywords or condition.regex or condition.list_ else 1


def _all(tests: Sequence[Test]) -> Test:
    def test(facts: Facts) -> bool | None:
        said: bool | None = True
        for one in tests:
            holds = one(facts)
            if holds is False:
                return False
            if holds is None:
                said = None
        return said

    return test


def _any(tests: Sequence[Test]) -> Test:
    def test(facts: Facts) -> bool | None:
        said: bool | None = False
        for one in tests:
            holds = one(facts)
            if holds:
                return True
            if holds is None:
                said = None
        return said

    return test


def _not(denied: Test) -> Test:
    def test(facts: Facts) -> bool | None:
        holds = denied(facts)
        return None if holds is None else not holds

    return test


def _score(condition: Condition, terms: Terms) -> Test:
    label = condition.label
    assert label is not None
    place = POST_LABELS.index(label)
    below = 2.0 if condition.below is None else condition.below
    if condition.at_least is not None or condition.below is not None:
        at_least = condition.at_least or 0.0
        return lambda facts: None if facts.scores is None else at_least <= facts.scores[place] < below
    bars = terms.bars[condition.point][label]
    return lambda facts: None if facts.scores is None else facts.scores[place] >= bars[facts.lang]


def _of_text(condition: Condition, finder: Finder) -> Test | None:
    for name, value in (("keywords", condition.keywords), ("regex", condition.regex), ("list", condition.list_)):
        if value is not None:
            return _found(atom(name, value), finder)
    return None


def _found(what: Atom, finder: Finder) -> Test:
    def test(facts: Facts) -> bool | None:
        if facts.texts is None:
            return None
        if facts.found is None:
            facts.found = finder.find(facts.texts, facts.day)
        return what in facts.found

    return test


def _on_list(table: ListTable) -> Test:
    until = {entry.value.lower(): day_of(entry.expires) for entry in table.entries}

    def test(facts: Facts) -> bool | None:
        if facts.author is None:
            return None
        return bool(facts.author) and facts.day < until.get(hash_author(facts.author, table.salt), 0)

    return test


def _of_record(condition: Condition) -> Test:
    if condition.lang is not None:
        langs = frozenset(condition.lang)
        return lambda facts: facts.lang in langs
    if condition.kind is not None:
        kinds = frozenset(condition.kind)
        return lambda facts: None if facts.kind is None else facts.kind in kinds
    if condition.thread is not None:
        threads = frozenset(condition.thread)
        return lambda facts: None if facts.thread is None else facts.thread in threads
    if condition.strikes is not None:
        needed, window_s, half_life_s = condition.strikes, condition.window_s, condition.half_life_s
        return lambda facts: None if facts.strikes is None else facts.strikes(window_s, half_life_s) >= needed
    if condition.rate is not None:
        return _rate(*condition.rate, condition.window_s or 0.0)
    if condition.crowd is not None:
        return _crowd(*condition.crowd)
    limit = condition.account_younger_than_s
    assert limit is not None
    return lambda facts: None if facts.account_age_s is None else facts.account_age_s < limit


def _rate(what: str, needed: int, window_s: float) -> Test:
    return lambda facts: None if facts.rate is None else facts.rate(what, window_s) >= needed


def _crowd(kind: CrowdKind, needed: int) -> Test:
    return lambda facts: None if facts.crowd is None else facts.crowd(kind) >= needed


def day_of(expires: date | None) -> int:
    """The first day on which something that expires is over."""
    return NEVER if expires is None else expires.toordinal()
