"""One line for each thing that can be watched: for people (colour) or for programs (JSON)."""

from __future__ import annotations

import base64
from typing import Any

import orjson
from pydantic import BaseModel
from rich.text import Text

from schemas import Alert, PostVerdict, SymptomVerdict
from schemas.verdicts import Verdict
from streams.cli.terminal import printable
from streams.client.messages import Letter

ACTION_STYLES = {"allow": "green", "limit": "yellow", "review": "magenta", "remove": "bold red"}
URGENCY_STYLES = {1: "bold red", 2: "red", 3: "yellow", 4: "green", 5: "green"}
SEVERITY_STYLES = {"critical": "bold red", "high": "red"}


def json_line(item: BaseModel | Letter) -> str:
    if isinstance(item, Letter):
        return orjson.dumps(_letter_fields(item)).decode()
    return item.model_dump_json()


def _letter_fields(letter: Letter) -> dict[str, Any]:
    """Key and value as text where they are UTF-8, else as base64 under another name."""
    return {
        **letter.why.model_dump(mode="json"),
        "topic": letter.record.topic,
        "partition": letter.record.partition,
        "offset": letter.record.offset,
        **_bytes_field("key", letter.record.key),
        **_bytes_field("value", letter.record.value),
    }


def _bytes_field(name: str, content: bytes | None) -> dict[str, str | None]:
    if content is None:
        return {name: None}
    try:
        return {name: content.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(content).decode()}


def line(item: Any) -> Text:
    if isinstance(item, PostVerdict):
        return verdict_line(item)
    if isinstance(item, SymptomVerdict):
        return triage_line(item)
    if isinstance(item, Alert):
        return alert_line(item)
    if isinstance(item, Letter):
        return letter_line(item)
    return Text(printable(item.model_dump_json(exclude=set(Verdict.model_fields))))


def verdict_line(verdict: PostVerdict) -> Text:
    scores = verdict.scores.model_dump() if verdict.scores else {}
    said = ", ".join(f"{label} {scores[label]:.2f}" if label in scores else label for label in verdict.labels)
    return Text.assemble(
        (f"{verdict.action:<7}", ACTION_STYLES[verdict.action]),
        f" {printable(verdict.post_id, 24):<12} {verdict.lang:<5} ",
        (f"{said or ('-' if verdict.assessed else 'not assessed')}  ", "default"),
        (f"{verdict.timings_ms.total:.0f} ms{' degraded' if verdict.degraded else ''}", "dim"),
    )


def triage_line(verdict: SymptomVerdict) -> Text:
    level = verdict.urgency.level
    guesses = ", ".join(f"{printable(c.condition, 40)} {c.probability:.2f}" for c in verdict.conditions[:2])
    return Text.assemble(
        (f"level {level}", URGENCY_STYLES[level]),
        f" {printable(verdict.record_id, 24):<12} {guesses}  ",
        (printable("; ".join(e.text for e in verdict.evidence[:3]), 80), "dim"),
    )


def alert_line(alert: Alert) -> Text:
    count = f" x{alert.count}" if alert.count else ""
    return Text.assemble(
        (f"{alert.severity:<8}", SEVERITY_STYLES[alert.severity]),
        f" {alert.kind.replace('_', ' ')}{count}  {printable(alert.subject, 40)}  ",
        (printable(", ".join(alert.reasons), 80), "dim"),
    )


def letter_line(letter: Letter) -> Text:
    why = letter.why
    return Text.assemble(
        (f"{why.reason.value:<14}", "yellow"),
        f" {why.original_topic}[{why.original_partition}]@{why.original_offset} ",
        f"at {why.stage}, attempt {why.attempts}  ",
        (printable(why.detail, 120), "dim"),
    )
