"""What would have changed the level of a symptom record, one thing at a time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

from models.complaint import Assertion
from streams.tasks.symptoms.assessment import COUNTING, DERIVED, Assessment, Assessor
from streams.tasks.symptoms.clauses import Facts

_VARIED: Final[Mapping[str, tuple[str, ...]]] = {
    "heart rate": ("heart_rate",),
    "respiratory rate": ("respiratory_rate",),
    "blood pressure": ("systolic", "diastolic"),
    "temperature": ("temperature",),
    "oxygen saturation": ("saturation",),
    "blood sugar": ("glucose",),
    "pain score": ("pain",),
}
"""Measures that are taken together; nobody's age, or weeks of pregnancy, could have been others."""
_MEASURED: Final[Mapping[str, str]] = {
    "fever": "temperature",
    "low_sugar": "glucose",
    "high_sugar": "glucose",
    "severe_pain": "pain",
    "pregnancy": "gestation",
}
"""Findings that a measure says, too: without the one there would not be the other."""


def less_urgent(assessor: Assessor, found: Assessment, now: int, beside: int) -> Iterator[dict[str, Any]]:
    """What alone makes the level as urgent as it is.

    Args:
        now: the level.
        beside: what it is where no rule asks for one: the model's, or that of photographs.
    """
    if beside <= now:
        return
    for what, was, facts in _less(assessor, found):
        level = min([beside, *(one.rule.level for one in assessor.protocol.fired(facts))])
        if level > now:
            yield {"level": level, "if": what, "now": was}


def more_urgent(assessor: Assessor, found: Assessment, now: int) -> Iterator[dict[str, Any]]:
    """What was read as not present, and would be more urgent if it were; then rules that lack one thing."""
    facts = found.facts
    elsewhere = {one.finding: one.assertion for one in found.mentions if one.finding not in facts.findings}
    for finding, assertion in elsewhere.items():
        fired = assessor.protocol.fired(replace(facts, findings={*facts.findings, finding}))
        if fired and fired[0].rule.level < now:
            yield {"level": fired[0].rule.level, "if": f"{finding} were present", "now": assertion.value}
    for one in assessor.protocol.missing(facts, now):
        kept = "did not hold" if one.is_exception else "held"
        yield {"level": one.rule.level, "if": f"{one.clause} {kept}", "rule": one.name}


def _less(assessor: Assessor, found: Assessment) -> Iterator[tuple[str, str, Facts]]:
    """A patient with one thing less: what that is, how it is now, and what is known then.

    A measure that is normal is left out: rules ask for what is out of the ordinary.
    """
    counted = _counted(found)
    for finding in sorted(found.behind & counted.keys()):
        measure = _MEASURED.get(finding)
        alone = () if measure is None else (measure,)
        is_varied = any(measure in measures for measures in _VARIED.values())
        if not is_varied or finding in _counted(found, alone):  # else the measure stands for it
            facts = _facts(assessor, found.facts, counted.keys() - {finding}, alone)
            yield f"{finding} were absent", counted[finding], facts
    for name, measures in _VARIED.items():
        if values := [found.facts.measures[one] for one in measures if one in found.facts.measures]:
            facts = _facts(assessor, found.facts, _counted(found, measures).keys(), measures)
            yield f"the {name} were normal", "/".join(f"{value:.3g}" for value in values), facts
    if "consciousness" in found.facts.points:
        facts = _facts(assessor, found.facts, counted.keys(), ("consciousness",))
        yield "the level of consciousness were normal", found.facts.states["consciousness"], facts


def _counted(found: Assessment, measures: Collection[str] = ()) -> dict[str, str]:
    """Findings that are present or possible, and which of the two.

    Args:
        measures: leave out what stands in one of their readings alone ("fever of 39").
    """
    read = [found.readings[measure] for measure in measures if measure in found.readings]
    counted: dict[str, str] = {}
    for one in sorted(found.mentions, key=lambda one: one.assertion is not Assertion.PRESENT):
        is_read = any(reading.start <= one.start and one.end <= reading.end for reading in read)
        if one.assertion in COUNTING and not is_read:
            counted.setdefault(one.finding, one.assertion.value)
    return counted


def _facts(assessor: Assessor, facts: Facts, findings: AbstractSet[str], without: Collection[str] = ()) -> Facts:
    """With other findings, and without some measures or a state."""
    measures = {name: value for name, value in facts.measures.items() if name not in {*DERIVED, *without}}
    states = {name: state for name, state in facts.states.items() if name not in without}
    return assessor.facts(frozenset(findings), measures, states, frozenset(facts.unsure))
