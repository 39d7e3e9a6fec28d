"""From a decision to the JSON messages that leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson

from streams.pictures.seen import warnings_of
from streams.record import Decision, Outgoing
from streams.tasks.base import Case, Moments

OVER_QUOTA: Final = "quota"
"""The reason of a review that would have been an action."""


def verdict_id(task: str, model_version: str, policy_version: str, value: bytes) -> str:
    """Same content, same model, same policy: same id. Source, key and time are not content: two records that say the
    same share it, and only with the source does it tell a verdict that was delivered twice.
    """
    head = f"{task}\0{model_version}\0{policy_version}\0".encode()
    return blake2b(head + value, digest_size=16).hexdigest()


def alert_id(kind: str, verdict: str, count: int | None) -> str:
    """A redelivered record raises the same alert again under the same id."""
    return blake2b(f"alert\0{kind}\0{verdict}\0{count or 0}".encode(), digest_size=16).hexdigest()


def timings_ms(moments: Moments, handed_over_at: float) -> dict[str, float]:
    """See Moments."""
    return {
        "admitted": round((moments.admitted_at - moments.intake_at) * 1e3, 3),
        "prepared": round((moments.prepared_at - moments.admitted_at) * 1e3, 3),
        "queued": round((moments.batched_at - moments.prepared_at) * 1e3, 3),
        "inferred": round((moments.scored_at - moments.batched_at) * 1e3, 3),
        "decided": round((handed_over_at - moments.scored_at) * 1e3, 3),
        "total": round((moments.waited_s + handed_over_at - moments.intake_at) * 1e3, 3),
    }


def warnings(case: Case[Any]) -> list[str]:
    """What of the record was lost, guessed or not looked at; a sentence each, which quotes nothing."""
    pictures = getattr(case.record, "images", None) or ()
    said = [*case.record.warnings, *warnings_of(case.seen, bool(pictures))]
    if case.scores is None and case.rendered.text:
        said.append("text: not assessed, because the model knows too few of its words")
    elif case.read_share < 1:
        said.append("text: not all of it was read, because it is too long or has words that the model does not know")
    return said


class Alarm(NamedTuple):
    """An alert before it is written."""

    kind: str
    severity: str
    subject: str
    reasons: Sequence[str]
    number: int | None = None
    """The alert's `count`."""


def outputs(
    case: Case[Any],
    verdict: Mapping[str, Any],
    kinds: Sequence[str],
    alarms: Sequence[Alarm],
    wall_now: float,
    action: str = "none",
) -> list[Outgoing]:
    """The verdict for each kind of topic, under the input's key, then the alerts, each under its subject.

    Args:
        action: what is counted of the verdict; one of the task's `actions`.
    """
    partition = 0 if case.origin is None else case.origin.partition
    value = orjson.dumps(verdict)
    decision = _decision(case, verdict, alarms, action)
    messages = [Outgoing(kind, case.key, value, partition, decision=decision) for kind in kinds]
    return [*messages, *(alert(verdict, alarm, wall_now, partition) for alarm in alarms)]


def alert(about: Mapping[str, Any], alarm: Alarm, wall_now: float, partition: int) -> Outgoing:
    """Args: about: the verdict that raises it; its `id`, `task` and `source` are read."""
    value = orjson.dumps(_alert(about, alarm, wall_now))
    return Outgoing("alerts", alarm.subject.encode("utf-8", "replace"), value, partition)


def lone_alert(about: Mapping[str, Any], alarm: Alarm, wall_now: float) -> Outgoing:
    """An alert without a verdict: it is counted by itself. `about` as for `alert`, with an `id` of its own."""
    partition = (about["source"] or {}).get("partition", 0)
    counted = Decision("none", "", alerts=[(alarm.kind, alarm.severity)])
    return alert(about, alarm, wall_now, partition)._replace(decision=counted)


def _decision(case: Case[Any], verdict: Mapping[str, Any], alarms: Sequence[Alarm], action: str) -> Decision:
    return Decision(
        action,
        case.rendered.lang,
        verdict["degraded"],
        verdict.get("labels", ()),
        verdict.get("scores"),
        OVER_QUOTA in verdict.get("reasons", ()),
        [(alarm.kind, alarm.severity) for alarm in alarms],
    )


def _alert(verdict: Mapping[str, Any], alarm: Alarm, wall_now: float) -> dict[str, Any]:
    created_at = datetime.fromtimestamp(wall_now, UTC).isoformat(timespec="milliseconds")
    return {
        "schema_version": 1,
        "id": alert_id(alarm.kind, verdict["id"], alarm.number),
        "kind": alarm.kind,
        "severity": alarm.severity,
        "task": verdict["task"],
        "subject": alarm.subject,
        "verdict_id": verdict["id"],
        "reasons": alarm.reasons,
        "count": alarm.number,
        "created_at": created_at.replace("+00:00", "Z"),
        "source": verdict["source"],
    }
