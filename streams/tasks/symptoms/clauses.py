"""The small language of the protocol's conditions: findings, measures with limits, states.

A term is a text such as `fever`, `temperature >= 38`, `heart_rate high` or `consciousness = pain`. What is known of a
patient becomes the set of the terms that hold, so that a rule costs a look into a set.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, NamedTuple

MEASURES: Final = (
    "age", "gestation", "heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain",
    "glucose", "gcs", "warning_score", "warning_score_most", "shock_index",
)  # fmt: skip
"""Years, weeks of pregnancy, the units of the input schema, millimoles a litre of glucose, the Glasgow Coma Scale that
the text tells; early-warning points of all readings, and of the worst of them."""
STATES: Final = {"consciousness": ("alert", "verbal", "pain", "unresponsive"), "injury": ("yes", "no")}

_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LIMIT: Final = re.compile(r"([a-z_]+) (<=?|>=?) (-?[0-9.]+)")
_FOR_AGE: Final = re.compile(r"([a-z_]+) (?:high|low)")
_STATE: Final = re.compile(r"([a-z_]+) = ([a-z]+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a patient."""

    findings: Collection[str]
    """Keys of those that are present or possible."""
    measures: Mapping[str, float] = field(default_factory=dict)
    for_age: Collection[str] = ()
    """Vital signs outside of what is usual for the age, as `heart_rate high`."""
    states: Mapping[str, str] = field(default_factory=dict)
    unsure: Collection[str] = ()
    """Of the findings those that make no exception: a patient is not spared for what no phrase says."""
    points: Mapping[str, int] = field(default_factory=dict)
    """Early-warning points of each reading that has any."""


class Limit(NamedTuple):
    """A term that compares a measure."""

    term: str
    measure: str
    compare: Callable[[float, float], bool]
    value: float

    @classmethod
    def parse(cls, term: str) -> Limit | None:
        match = _LIMIT.fullmatch(term)
        return cls(term, match[1], _COMPARED[match[2]], float(match[3])) if match else None


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds where all terms of one of its ways hold."""

    said: str
    single: frozenset[str]
    """Ways of one term."""
    joint: tuple[frozenset[str], ...]
    """The others."""

    @classmethod
    def parse(cls, said: str, findings: Collection[str]) -> Clause:
        """Raises ValueError for what is no clause, or names an unknown finding or measure."""
        ways = [frozenset(_known(term.strip(), findings) for term in way.split("&")) for way in said.split("|")]
        single = frozenset[str]().union(*(way for way in ways if len(way) == 1))
        return cls(said, single, tuple(way for way in ways if len(way) > 1))

    @property
    def ways(self) -> tuple[frozenset[str], ...]:
        return (*(frozenset({term}) for term in self.single), *self.joint)

    @property
    def terms(self) -> frozenset[str]:
        return self.single.union(*self.joint)

    def holding(self, terms: frozenset[str]) -> frozenset[str]:
        """Its terms that make it hold; none where it does not.

        Args:
            terms: all that hold.
        """
        found = self.single & terms
        for way in self.joint:
            if way <= terms:
                found |= way
        return found


class Terms(NamedTuple):
    """All terms that hold, and those of them that may make an exception."""

    holding: frozenset[str]
    sparing: frozenset[str]


def terms_of(facts: Facts, limits: Collection[Limit]) -> Terms:
    measures = facts.measures
    compared = [
        limit.term
        for limit in limits
        if limit.measure in measures and limit.compare(measures[limit.measure], limit.value)
    ]
    states = [f"{name} = {state}" for name, state in facts.states.items()]
    holding = frozenset([*facts.findings, *facts.for_age, *compared, *states])
    return Terms(holding, holding.difference(facts.unsure))


def can_hold(when: Sequence[Clause], unless: Sequence[Clause]) -> bool:
    """Whether somebody could have a way of each clause and none of an exception's, as far as the terms tell."""
    exceptions = [way for clause in unless for way in clause.ways]
    chosen = (frozenset[str]().union(*ways) for ways in product(*(clause.ways for clause in when)))
    return any(_is_possible(terms) and not any(way <= terms for way in exceptions) for terms in chosen)


def _is_possible(terms: Iterable[str]) -> bool:
    """Not if a state is to be two, a vital sign high and low, or a measure on both sides of what its limits leave."""
    limits = [limit for limit in map(Limit.parse, terms) if limit is not None]
    others = [subject(term) for term in terms if " " in term and Limit.parse(term) is None]
    return len(set(others)) == len(others) and not any(_exclude(one, other) for one, other in product(limits, limits))


def _exclude(low: Limit, high: Limit) -> bool:
    """Whether no value is above the one and below the other."""
    if low.measure != high.measure or ">" not in low.term or "<" not in high.term:
        return False
    return low.value > high.value or (low.value == high.value and not ("=" in low.term and "=" in high.term))


def subject(term: str) -> str:
    """The finding, measure or state that a term is about."""
    return term.partition(" ")[0]


def _known(term: str, findings: Collection[str]) -> str:
    if term in findings:
        return term
    limit, for_age, state = Limit.parse(term), _FOR_AGE.fullmatch(term), _STATE.fullmatch(term)
    if (
        (limit and limit.measure in MEASURES)
        or (for_age and for_age[1] in MEASURES)
        or (state and state[2] in STATES.get(state[1], ()))
    ):
        return term
    raise ValueError(f"{term!r} is no known finding, measure with a limit, or state")
