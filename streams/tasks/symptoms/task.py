"""Symptom records: scores become ranked conditions and an urgency that rules can only raise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.complaint import BodyParts
from models.labels import NO_CONDITION
from models.serving.types import Scores
from schemas import Reason, SymptomRecord
from schemas.base import MAX_WARNINGS
from streams.record import Outgoing
from streams.tasks.base import Case, Origin, Parts, Rendered, Task
from streams.tasks.outputs import Alarm, lone_alert, outputs, timings_ms, verdict_id, warnings
from streams.tasks.symptoms import PROTOCOL, SYMPTOMS
from streams.tasks.symptoms.assessment import Assessment, Assessor
from streams.tasks.symptoms.check import refuse_failing
from streams.tasks.symptoms.evidence import evidence
from streams.tasks.symptoms.level import likely_level
from streams.tasks.symptoms.line import rendered, said_in
from streams.tasks.symptoms.photographs import InPhotograph, in_photographs, most_urgent
from streams.tasks.symptoms.protocol import Protocol

MAX_SUBJECT: Final = 256
"""Bytes of a key that an alert names."""
DISCLAIMERS: Final = {
    "en": "Decision support for trained staff: not a diagnosis, and no reason to wait. In doubt, see the patient.",
    "zh": "仅供专业人员决策参考，不构成诊断，也不能作为延误就诊的理由；如有疑问，请立即当面诊察患者。",
}


class SymptomsTask(Task[SymptomRecord]):
    """Every verdict goes to `triage`; one at the policy's alert level or more urgent raises an alert too.

    `urgency.probabilities` are the model's. `urgency.level` is their median, or what the policy's cost of an
    under-triage makes of it, and more urgent where a rule of the protocol, or one of the policy for findings in
    photographs, asks for it. A record without a verdict raises an alert.
    """

    declaration = SYMPTOMS

    def __init__(self, parts: Parts, assessor: Assessor, body_parts: BodyParts) -> None:
        self._conditions = parts.artifact.labels("condition")
        self._policy = parts.policy.symptoms
        self.policy_version = parts.policy_version
        self._model_version = parts.artifact.version
        self._assessor = assessor
        self._named_parts = body_parts
        self._clock = parts.clock
        self._wall_clock = parts.wall_clock

    @classmethod
    def build(cls, parts: Parts) -> SymptomsTask:
        """Runs the examples of a protocol of one's own; the tests run those of what ships. Raises ProtocolError."""
        assessor = _assessor(parts)
        if (file := parts.rules.get("protocol")) is not None and file.path != PROTOCOL:
            refuse_failing(assessor)
        return cls(parts, assessor, BodyParts.load())

    def succeed(self, parts: Parts) -> SymptomsTask:
        # `build` was tried on these before: the examples would take a second of the thread that decides.
        return SymptomsTask(parts, _assessor(parts), self._named_parts)

    def decode(self, value: bytes | None, max_bytes: int) -> SymptomRecord:
        return SymptomRecord.decode(value, max_bytes)

    def render(self, record: SymptomRecord) -> Rendered:
        return rendered(record)

    def decide(self, case: Case[SymptomRecord]) -> list[Outgoing]:
        scores = case.scores
        condition, urgency = _class_scores(scores)
        model_version = self._model_version if scores is None else scores.model_version
        identity = verdict_id(SYMPTOMS.name, model_version, self.policy_version, case.content)
        said = said_in(case.rendered)
        found = self._assessor.assess(case.record, said.in_lines(case.record.text or ""))
        predicted = (
            self._policy.unassessed_level if urgency is None else likely_level(urgency, self._policy.under_triage_cost)
        )
        photographs = in_photographs(case.seen, self._policy.photographs)
        level = min(one for one in (predicted, found.level, most_urgent(photographs)) if one is not None)
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
            "body_parts": self._body_parts(case.record, said.text),
            "evidence": evidence(found, said, predicted, photographs),
            "disclaimer": DISCLAIMERS.get(case.rendered.lang, DISCLAIMERS["en"]),
            "model_version": model_version,
            "policy_version": self.policy_version,
            "pictures": [one.as_dict() | {"words": []} for one in case.seen or ()],
            "degraded": scores is not None and scores.degraded,
            "warnings": [*warnings(case), *found.warnings][:MAX_WARNINGS],
            "timings_ms": timings_ms(case.moments, self._clock()),
        }
        alarms = self._alarms(case.record, level, found, photographs)
        return outputs(case, verdict, ("triage",), alarms, self._wall_clock(), f"level_{level}")

    def unjudged(self, record: SymptomRecord | None, key: bytes | None, origin: Origin, reason: str) -> list[Outgoing]:
        """Somebody waits for a level that never comes: an alert says whose record it was, and where it lies.

        Nobody waits behind a tombstone. A key may be as long as a record, and the alert has to fit its topic.
        """
        if reason == Reason.NULL_VALUE:
            return []
        place = "/".join(map(str, origin))
        subject = record.id if record is not None else (key or b"")[:MAX_SUBJECT].decode("utf-8", "replace") or place
        identity = verdict_id(SYMPTOMS.name, "", "", place.encode())
        about = {"id": identity, "task": SYMPTOMS.name, "source": origin._asdict()}
        return [lone_alert(about, Alarm("unjudged_patient", "high", subject, [reason]), self._wall_clock())]

    def _ranked(self, probabilities: NDArray[np.float64]) -> list[dict[str, Any]]:
        """The likeliest conditions. What the model gives to none of those it knows belongs to no name here."""
        order = np.argsort(-probabilities, kind="stable").tolist()
        values = probabilities.tolist()
        best = [i for i in order if self._conditions[i] != NO_CONDITION][: self._policy.conditions]
        return [{"condition": self._conditions[i], "probability": values[i]} for i in best]

    def _body_parts(self, record: SymptomRecord, said: str) -> list[str]:
        """The record's own word first, by its name in the list of parts where it has one."""
        named = (record.body_part or "").strip()
        own = (self._named_parts.find(named) or [named]) if named else []
        return list(dict.fromkeys([*own, *self._named_parts.find(said)]))

    def _alarms(
        self, record: SymptomRecord, level: int, found: Assessment, photographs: Sequence[InPhotograph]
    ) -> list[Alarm]:
        most = self._policy.alert_level
        if level > most:
            return []
        rules = [one.name for one in found.fired if one.rule.level <= most]
        rules += [f"photograph:{one.finding}" for one in photographs if one.level is not None and one.level <= most]
        reasons = [f"urgency<={most}", *dict.fromkeys(rules)]
        return [Alarm("urgent_patient", "critical" if level == 1 else "high", record.id, reasons)]

    def adopt(self) -> None: ...

    def assign(self, partitions: Collection[int], total: int | None = None) -> None: ...

    def revoke(self, partitions: Collection[int]) -> None: ...

    def checkpoint(self) -> None: ...


def _assessor(parts: Parts) -> Assessor:
    """Of the bytes that the version covers. Raises ProtocolError."""
    file = parts.rules.get("protocol")
    return Assessor.of(Protocol.load() if file is None else Protocol.parse(file.content, str(file.path)))


def _class_scores(scores: Scores | None) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Of conditions and of urgency; None where the model could read nothing."""
    if scores is None:
        return None, None
    if not scores.heads.keys() >= {"condition", "urgency"}:
        raise ValueError("the engine returned no scores for a symptom record")
    return scores.heads["condition"], scores.heads["urgency"]
