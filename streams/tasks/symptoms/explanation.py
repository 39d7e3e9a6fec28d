"""Why a symptom record has its level, and what would have changed it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from models.complaint import load_catalogue
from schemas import SymptomRecord
from streams.tasks.symptoms.assessment import COUNTING, Assessment, Assessor
from streams.tasks.symptoms.clauses import Facts
from streams.tasks.symptoms.level import likely_level
from streams.tasks.symptoms.line import Said, rendered, said_in
from streams.tasks.symptoms.protocol import Fired, Protocol

MOST_CHANGES: Final = 8
_NOWHERE: Final[Mapping[str, int | None]] = {"start": None, "end": None}


class Explainer:
    """Explains verdicts of the same settings."""

    def __init__(self, assessor: Assessor, max_bytes: int, under_triage_cost: float = 1.0) -> None:
        self._assessor = assessor
        self._catalogue = load_catalogue()
        self._max_bytes = max_bytes
        self._cost = under_triage_cost

    def explain(self, line: bytes, verdict: Mapping[str, Any]) -> dict[str, Any]:
        """What JSON can hold; places are code points of the record's `text`, null for what stands elsewhere.

        Args:
            line: the record that the verdict is about.

        Raises:
            InvalidRecord: it is none that gets a verdict.
        """
        record = SymptomRecord.decode(line, self._max_bytes)
        said = said_in(rendered(record))
        found = self._assessor.assess(record, said.in_lines(record.text or ""))
        level: int = verdict["urgency"]["level"]
        probabilities = verdict["urgency"]["probabilities"]
        return {
            "record_id": record.id,
            "level": level,
            "model_level": None if probabilities is None else likely_level(np.array(probabilities), self._cost),
            "protocol_level": found.level,
            "findings": self._findings(found, said),
            "numbers": _numbers(found, said),
            "rules": [self._rule(one) for one in found.fired],
            "would_change": list(_changes(self._assessor.protocol, found, level))[:MOST_CHANGES],
            "warnings": verdict["warnings"],
        }

    def _findings(self, found: Assessment, said: Said) -> list[dict[str, Any]]:
        return [
            {
                "finding": one.finding,
                "name": self._catalogue[one.finding].name.en,
                "name_zh": self._catalogue[one.finding].name.zh,
                "assertion": one.assertion.value,
                "text": said.text[one.start : one.end],
                **_place(said, one.start, one.end),
            }
            for one in found.mentions
        ]

    def _rule(self, one: Fired) -> dict[str, Any]:
        source = self._assessor.protocol.sources[one.rule.source]
        return {"rule": one.name, "level": one.rule.level, "because": sorted(one.terms), "source": source}


def _numbers(found: Assessment, said: Said) -> list[dict[str, Any]]:
    numbers = []
    for name, value in found.facts.measures.items():
        reading = found.readings.get(name)
        place = _place(said, reading.start, reading.end) if reading else _NOWHERE
        numbers.append({"measure": name, "value": round(value, 3), **place, "points": found.points.get(name, 0)})
    return numbers


def _place(said: Said, start: int, end: int) -> dict[str, int | None]:
    place = said.place(start, end)
    return dict(_NOWHERE) if place is None else {"start": place[0], "end": place[1]}


def _changes(protocol: Protocol, found: Assessment, now: int) -> Iterator[dict[str, Any]]:
    """What would make the level more urgent, and what makes it as urgent as it is."""
    facts = found.facts
    counted = facts.findings
    discounted = {one.finding: one.assertion for one in found.mentions if one.assertion not in COUNTING}
    for finding, assertion in discounted.items():
        if finding not in counted:
            other = _level(protocol, facts, {*counted, finding})
            if other is not None and other < now:
                yield {"level": other, "if": f"{finding} were present", "now": assertion.value}
    if found.level == now:
        for finding in sorted(found.behind & set(counted)):
            other = _level(protocol, facts, set(counted) - {finding})
            if other is None or other > now:
                yield {"level": other, "if": f"{finding} were absent", "now": "present"}
    for one in protocol.missing(facts, now):
        kept = "did not hold" if one.is_exception else "held"
        yield {"level": one.rule.level, "if": f"{one.clause} {kept}", "rule": one.name}


def _level(protocol: Protocol, facts: Facts, findings: Collection[str]) -> int | None:
    """Of the protocol alone, if these were the findings; None where no rule fires."""
    fired = protocol.fired(replace(facts, findings=frozenset(findings)))
    return fired[0].rule.level if fired else None
