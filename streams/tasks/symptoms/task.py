"""Symptom records: scores become ranked conditions and an urgency that rules can only raise."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.serving.reading import Reading
from models.serving.types import Scores
from models.text import identify_language, normalise
from models.text.rendering import SymptomFields, render_symptoms
from schemas import SymptomRecord
from streams.record import Outgoing
from streams.tasks.base import Case, Parts, Rendered, Task
from streams.tasks.outputs import Alarm, outputs, timings_ms, verdict_id, warnings
from streams.tasks.symptoms import SYMPTOMS
from streams.tasks.symptoms.assertions import Found
from streams.tasks.symptoms.red_flags import RedFlag, Triage
from streams.tasks.symptoms.vital_signs import FEVER, INFANT_AGE, MAX_POINTS, Unusual, grade

DISCLAIMERS: Final = {
    "en": "Decision support for trained staff: not a diagnosis, and no reason to wait. In doubt, see the patient.",
    "zh": "仅供专业人员决策参考，不构成诊断，也不能作为延误就诊的理由；如有疑问，请立即当面诊察患者。",
}
MAX_EVIDENCE: Final = 20
FINDING_WEIGHT: Final = 0.4


class SymptomsTask(Task[SymptomRecord]):
    """Every verdict goes to `triage`; one at the policy's alert level or more urgent raises an alert too.

    `urgency.probabilities` are the model's. `urgency.level` is their median, made more urgent where a red
    flag asks for it, never less. `evidence` is what the rules found in the record, with the weight of the
    rule: 1 for a red flag and the findings behind it, a third per early-warning point for a vital sign, 0.4
    for any other finding. It is checkable, and no attribution of the model's scores. Remembers nothing
    between records.
    """

    declaration = SYMPTOMS

    def __init__(self, parts: Parts, triage: Triage) -> None:
        self._conditions = parts.artifact.labels("condition")
        self._policy = parts.policy.symptoms
        self.policy_version = parts.policy_version
        self._model_version = parts.artifact.version
        self._triage = triage
        self._clock = parts.clock
        self._wall_clock = parts.wall_clock

    @classmethod
    def build(cls, parts: Parts) -> SymptomsTask:
        return cls(parts, Triage.load())

    def succeed(self, parts: Parts) -> SymptomsTask:
        return self.build(parts)

    def decode(self, value: bytes | None, max_bytes: int) -> SymptomRecord:
        return SymptomRecord.decode(value, max_bytes)

    def render(self, record: SymptomRecord) -> Rendered:
        clean = normalise(record.text or "")
        listed = tuple(normalise(symptom).text for symptom in record.symptoms or ())
        line = render_symptoms(_fields(record, clean.text, listed))
        lang = identify_language(f"{clean.text} {' '.join(listed)}", record.lang)
        return Rendered(lang, (Reading(line.text, clean.offsets, line.complaint_start),))

    def decide(self, case: Case[SymptomRecord]) -> list[Outgoing]:
        scores, rendered = case.scores, case.rendered
        condition, urgency = _class_scores(scores)
        model_version = self._model_version if scores is None else scores.model_version
        identity = verdict_id(SYMPTOMS.name, model_version, self.policy_version, case.value)
        said = rendered.text[rendered.start :]
        found = self._triage.find(_in_lines(said, rendered.offsets, case.record.text or ""))
        unusual, flags = self._examine(case.record, found)
        predicted = self._policy.unassessed_level if urgency is None else median_level(urgency)
        level = min([predicted, *(flag.level for flag in flags)])
        verdict: dict[str, Any] = {
            "schema_version": 1,
            "id": identity,
            "task": SYMPTOMS.name,
            "record_id": case.record.id,
            "source": None if case.origin is None else case.origin._asdict(),
            "assessed": scores is not None,
            "read_share": case.read_share,
            "urgency": {"level": level, "probabilities": None if urgency is None else urgency.tolist()},
            "conditions": [] if condition is None else self._ranked(condition),
            "body_parts": self._body_parts(case.record, said),
            "evidence": _evidence(rendered, said, found, unusual, flags, predicted),
            "disclaimer": DISCLAIMERS.get(rendered.lang, DISCLAIMERS["en"]),
            "model_version": model_version,
            "policy_version": self.policy_version,
            "degraded": scores is not None and scores.degraded,
            "warnings": warnings(case),
            "timings_ms": timings_ms(case.moments, self._clock()),
        }
        alarms = self._alarms(case.record, level, flags)
        return outputs(case, verdict, ("triage",), alarms, self._wall_clock())

    def _examine(self, record: SymptomRecord, found: Sequence[Found]) -> tuple[list[Unusual], list[RedFlag]]:
        names = {finding.name for finding in found}
        consciousness = record.context.consciousness if record.context else None
        unusual, flags = grade(record.vitals, consciousness, record.age)
        flags += self._triage.flags(names)
        temperature = record.vitals.temperature if record.vitals else None
        is_hot = "fever" in names or (temperature is not None and temperature >= FEVER)
        if is_hot and record.age is not None and record.age < INFANT_AGE:
            flags.append(RedFlag("fever_below_three_months", 2, frozenset({"fever"})))
        return unusual, sorted(flags, key=lambda flag: flag.level)

    def _ranked(self, probabilities: NDArray[np.float64]) -> list[dict[str, Any]]:
        best = np.argsort(-probabilities, kind="stable")[: self._policy.conditions].tolist()
        values = probabilities.tolist()
        return [{"condition": self._conditions[i], "probability": values[i]} for i in best]

    def _body_parts(self, record: SymptomRecord, said: str) -> list[str]:
        """The record's own word first, by its name in the list of parts where it has one."""
        named = (record.body_part or "").strip()
        own = (self._triage.body_parts(named) or [named]) if named else []
        return list(dict.fromkeys([*own, *self._triage.body_parts(said)]))

    def _alarms(self, record: SymptomRecord, level: int, flags: Sequence[RedFlag]) -> list[Alarm]:
        if level > self._policy.alert_level:
            return []
        reasons = [f"urgency<={self._policy.alert_level}", *(flag.name for flag in flags)]
        return [Alarm("urgent_patient", "critical" if level == 1 else "high", record.id, reasons)]

    def assign(self, partitions: Collection[int]) -> None: ...

    def revoke(self, partitions: Collection[int]) -> None: ...

    def checkpoint(self) -> None: ...


def _class_scores(scores: Scores | None) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Of conditions and of urgency; None where the model could read nothing."""
    if scores is None:
        return None, None
    if not scores.heads.keys() >= {"condition", "urgency"}:
        raise ValueError("the engine returned no scores for a symptom record")
    return scores.heads["condition"], scores.heads["urgency"]


def median_level(probabilities: NDArray[np.float64]) -> int:
    """The most urgent level at which half of the probability lies on it or on more urgent ones.

    For levels that are ordered the median is the answer with the smallest expected distance in levels; where
    two levels are equally good it is the more urgent one. Half of their sum, which rounding moves off 1.
    """
    reached = np.cumsum(probabilities) >= 0.5 * probabilities.sum() - 1e-9
    return int(np.argmax(reached)) + 1


def _fields(record: SymptomRecord, complaint: str, listed: tuple[str, ...]) -> SymptomFields:
    vitals, context = record.vitals, record.context
    return SymptomFields(
        complaint=complaint,
        symptoms=listed,
        age=record.age,
        sex=record.sex,
        body_part=record.body_part,
        heart_rate=vitals.heart_rate if vitals else None,
        respiratory_rate=vitals.respiratory_rate if vitals else None,
        systolic=vitals.systolic if vitals else None,
        diastolic=vitals.diastolic if vitals else None,
        temperature=vitals.temperature if vitals else None,
        saturation=vitals.saturation if vitals else None,
        pain=vitals.pain if vitals else None,
        injury=context.injury if context else None,
        arrival=context.arrival if context else None,
        consciousness=context.consciousness if context else None,
    )


def _in_lines(said: str, offsets: Sequence[int], original: str) -> str:
    """What was said in the lines of the original, whose breaks became spaces: a "no" may answer the line before."""
    if "\n" not in original:
        return said
    characters = list(said)
    for place in (bisect_right(offsets, i) - 1 for i, character in enumerate(original) if character == "\n"):
        if place >= 0 and characters[place] == " ":
            characters[place] = "\n"
    return "".join(characters)


def _evidence(
    rendered: Rendered,
    said: str,
    found: Sequence[Found],
    unusual: Sequence[Unusual],
    flags: Sequence[RedFlag],
    predicted: int,
) -> list[dict[str, Any]]:
    """Heaviest first. Only what stands in the record's `text` has a place: code points of the original."""
    behind = frozenset[str]().union(*(flag.findings for flag in flags))
    items = [_item(_flag_text(flag, predicted), 1.0) for flag in flags]
    items += [_item(reading.text, round(reading.points / MAX_POINTS, 2)) for reading in unusual]
    for name, start, end in dict.fromkeys(found):
        item = _item(said[start:end], 1.0 if name in behind else FINDING_WEIGHT)
        if end <= len(rendered.offsets):
            item["start"], item["end"] = rendered.offsets[start], rendered.offsets[end - 1] + 1
        items.append(item)
    items.sort(key=lambda item: -item["weight"])
    return items[:MAX_EVIDENCE]


def _item(text: str, weight: float) -> dict[str, Any]:
    return {"text": text, "start": None, "end": None, "weight": weight}


def _flag_text(flag: RedFlag, predicted: int) -> str:
    name = f"red flag: {flag.name.replace('_', ' ')}"
    return f"{name} (urgency {predicted} raised to {flag.level})" if flag.level < predicted else name
