"""Why a symptom record has its level, and what would have changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from models.complaint import load_catalogue
from schemas import SymptomRecord
from streams.policy import SymptomPolicy
from streams.tasks.symptoms.assessment import Assessment, Assessor
from streams.tasks.symptoms.changes import less_urgent, more_urgent
from streams.tasks.symptoms.level import likely_level
from streams.tasks.symptoms.line import Said, rendered, said_in
from streams.tasks.symptoms.photographs import raised_to
from streams.tasks.symptoms.protocol import Fired

MOST_CHANGES: Final = 8
_NOWHERE: Final[Mapping[str, int | None]] = {"start": None, "end": None}


class Explainer:
    """Explains verdicts of the same settings."""

    def __init__(self, assessor: Assessor, max_bytes: int, policy: SymptomPolicy) -> None:
        self._assessor = assessor
        self._catalogue = load_catalogue()
        self._max_bytes = max_bytes
        self._policy = policy

    def explain(self, line: bytes, verdict: Mapping[str, Any]) -> dict[str, Any]:
        """What JSON can hold; places are code points of the record's `text`, null for what stands elsewhere.

        `held_by` names who asks for the level, each of them alone: where that is not the protocol alone, nothing that
        rules read would make the level less urgent.

        Args:
            line: the record that the verdict is about.

        Raises:
            InvalidRecord: it is none that gets a verdict.
        """
        record = SymptomRecord.decode(line, self._max_bytes)
        said = said_in(rendered(record))
        found = self._assessor.assess(record, said.in_lines(record.text or ""))
        level: int = verdict["urgency"]["level"]
        levels = self._levels(found, verdict)
        beside = min(asked for one, asked in levels.items() if one != "protocol" and asked is not None)
        changes = [
            *less_urgent(self._assessor, found, level, beside),
            *more_urgent(self._assessor, found, level),
        ]
        return {
            "record_id": record.id,
            "level": level,
            **{f"{one}_level": asked for one, asked in levels.items()},
            "held_by": [one for one, asked in levels.items() if asked == level],
            "findings": self._findings(found, said),
            "numbers": _numbers(found, said),
            "rules": [self._rule(one) for one in found.fired],
            "would_change": changes[:MOST_CHANGES],
            "warnings": verdict["warnings"],
        }

    def _levels(self, found: Assessment, verdict: Mapping[str, Any]) -> dict[str, int | None]:
        """Who asks for which level: the model, or the policy where it read nothing; the rules; photographs."""
        probabilities = verdict["urgency"]["probabilities"]
        is_read = probabilities is not None
        return {
            "model": likely_level(np.array(probabilities), self._policy.under_triage_cost) if is_read else None,
            "unassessed": None if is_read else self._policy.unassessed_level,
            "protocol": found.level,
            "photograph": raised_to(verdict["evidence"]),
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
        numbers.append({"measure": name, "value": round(value, 3), **place, "points": found.facts.points.get(name, 0)})
    return numbers


def _place(said: Said, start: int, end: int) -> dict[str, int | None]:
    place = said.place(start, end)
    return dict(_NOWHERE) if place is None else {"start": place[0], "end": place[1]}
