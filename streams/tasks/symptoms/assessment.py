"""What the protocol makes of a record: findings, numbers, and the rules that fire. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.complaint import (
    FEVER,
    FEVER_FROM,
    Assertion,
    Finder,
    JoinedFinder,
    Mention,
    Reading,
    Told,
    read_numbers,
)
from schemas import SymptomRecord
from streams.tasks.symptoms import PROTOCOL
from streams.tasks.symptoms.clauses import Facts
from streams.tasks.symptoms.protocol import Fired, Protocol

COUNTING: Final = frozenset({Assertion.PRESENT, Assertion.POSSIBLE})
DERIVED: Final = frozenset({"warning_score", "warning_score_most", "shock_index"})
"""Measures that follow from others."""
VITALS: Final = ("heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain")

# How far a number in the text may lie from the field's before the two contradict one another; an age, by its share.
_TOLERANCES: Final = {
    "heart_rate": 10, "respiratory_rate": 5, "systolic": 15, "diastolic": 15, "temperature": 0.5, "saturation": 3,
    "pain": 2,
}  # fmt: skip
_AGE_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that the rules saw in a record, and what they made of it."""

    mentions: Sequence[Mention]
    readings: Mapping[str, Reading]
    """Numbers of the text that count, because the record has no field with them."""
    facts: Facts
    fired: Sequence[Fired]
    """Most urgent first."""
    warnings: Sequence[str]

    @property
    def level(self) -> int | None:
        """The most urgent level that a rule asks for."""
        return self.fired[0].rule.level if self.fired else None

    @property
    def behind(self) -> frozenset[str]:
        """Findings and measures that fired rules rest on."""
        return frozenset[str]().union(*(one.behind for one in self.fired))


class Assessor:
    """A finder and a protocol. Any thread may ask it."""

    def __init__(self, finder: Finder, protocol: Protocol) -> None:
        self.finder = finder
        self.protocol = protocol

    @classmethod
    def load(cls, path: Path = PROTOCOL) -> Assessor:
        """Raises ProtocolError."""
        return cls.of(Protocol.load(path))

    @classmethod
    def of(cls, protocol: Protocol) -> Assessor:
        """With the finder that ships."""
        return cls(JoinedFinder.load(), protocol)

    def assess(self, record: SymptomRecord, said: str) -> Assessment:
        """Args:
        said: the record's text and symptoms after cleaning, in which line breaks may stand.
        """
        told = read_numbers(said)
        fields = _fields_beside(record, told)
        readings = {name: one for name, one in told.readings.items() if name not in fields}
        mentions = self.finder.find(said, readings.values())
        facts = self.facts(
            frozenset(one.finding for one in mentions if one.assertion in COUNTING),
            fields | {name: one.value for name, one in readings.items()},
            _states_of(record),
            frozenset(one.finding for one in mentions if one.is_alike),
        )
        warnings = [*told.warnings, *contradictions(fields, told)]
        return Assessment(mentions, readings, facts, self.protocol.fired(facts), warnings)

    def facts(
        self,
        findings: frozenset[str],
        measures: Mapping[str, float],
        states: Mapping[str, str],
        unsure: frozenset[str] = frozenset(),
    ) -> Facts:
        """With all that follows: a fever, early-warning points, the shock index, what is unusual for the age."""
        if measures.get("temperature", 0.0) >= FEVER_FROM:
            findings |= {FEVER}
        points = self.protocol.points(measures, states.get("consciousness"))
        derived = dict(measures)
        if measures.get("age", self.protocol.warning_score.from_age) >= self.protocol.warning_score.from_age and points:
            derived |= {"warning_score": sum(points.values()), "warning_score_most": max(points.values())}
        if measures.get("systolic") and "heart_rate" in measures:
            derived["shock_index"] = measures["heart_rate"] / measures["systolic"]
        return Facts(findings, derived, frozenset(self.protocol.for_age(measures)), states, unsure, points)


def _states_of(record: SymptomRecord) -> dict[str, str]:
    states: dict[str, str] = {}
    if record.context and record.context.consciousness:
        states["consciousness"] = record.context.consciousness
    if record.context and record.context.injury is not None:
        states["injury"] = "yes" if record.context.injury else "no"
    return states


def fields_of(record: SymptomRecord) -> dict[str, float]:
    """The vital signs and the age that stand in fields."""
    found = {name: getattr(record.vitals, name) for name in VITALS} if record.vitals else {}
    return {name: value for name, value in {**found, "age": record.age}.items() if value is not None}


def _fields_beside(record: SymptomRecord, told: Told) -> dict[str, float]:
    """As `fields_of`; but whole years know no newborn, and an age of 0 yields to the weeks or months of the text."""
    fields = fields_of(record)
    if fields.get("age") == 0 and "age" in told.readings and told.readings["age"].value < 1:
        del fields["age"]
    return fields


def contradictions(fields: Mapping[str, float], told: Told) -> list[str]:
    """What the text says otherwise than a field, which counts."""
    return [
        f"text.{name}: not the same as in the record's field, which counts"
        for name, reading in told.readings.items()
        if name in fields and abs(reading.value - fields[name]) > _TOLERANCES.get(name, 0.1 + _AGE_SHARE * fields[name])
    ]
