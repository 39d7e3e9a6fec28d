"""The small language of the protocol's conditions: findings, measures with limits, and both against facts."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MEASURES: Final = (
    "age", "gestation", "heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain",
    "warning_score", "warning_score_most", "shock_index",
)  # fmt: skip
"""Years, weeks of pregnancy, the units of the input schema; the score of all readings, and of the worst of them."""
STATES: Final = {"consciousness": ("alert", "verbal", "pain", "unresponsive"), "injury": ("yes", "no")}

_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LIMIT: Final = re.compile(r"([a-z_]+) (<=?|>=?) (-?[0-9.]+)")
_FOR_AGE: Final = re.compile(r"([a-z_]+) (high|low)")
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


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that holds or does not."""

    said: str
    subject: str
    """The finding, measure or state that it is about."""
    compare: Callable[[float, float], bool] | None = None
    limit: float = 0.0

    def holds(self, facts: Facts) -> bool:
        if self.compare is not None:
            value = facts.measures.get(self.subject)
            return value is not None and self.compare(value, self.limit)
        if " = " in self.said:
            return facts.states.get(self.subject) == self.said.rpartition(" ")[2]
        return self.said in facts.findings or self.said in facts.for_age


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds where all terms of one of its ways hold."""

    said: str
    ways: tuple[tuple[Term, ...], ...]

    @classmethod
    def parse(cls, said: str, findings: Collection[str]) -> Clause:
        """Raises ValueError for what is no clause, or names an unknown finding or measure."""
        ways = (tuple(_term(term.strip(), findings) for term in way.split("&")) for way in said.split("|"))
        return cls(said, tuple(ways))

    def holding(self, facts: Facts) -> Sequence[Term]:
        """The terms of all ways that hold; none where the clause does not hold."""
        return [term for way in self.ways if all(term.holds(facts) for term in way) for term in way]


def _term(said: str, findings: Collection[str]) -> Term:
    if said in findings:
        return Term(said, said)
    if (limit := _LIMIT.fullmatch(said)) and limit[1] in MEASURES:
        return Term(said, limit[1], _COMPARED[limit[2]], float(limit[3]))
    if (for_age := _FOR_AGE.fullmatch(said)) and for_age[1] in MEASURES:
        return Term(said, for_age[1])
    if (state := _STATE.fullmatch(said)) and state[2] in STATES.get(state[1], ()):
        return Term(said, state[1])
    raise ValueError(f"{said!r} is no known finding, measure with a limit, or state")
