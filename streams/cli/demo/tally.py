"""Counts what went in and what came back, record by record. Pure: it is told the times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas import Alert, PostVerdict, SymptomVerdict, TimingsMs
from streams.cli.demo.urgent import Why
from streams.history import History, Place

OURS = ("admitted", "prepared", "queued", "inferred", "decided")
STAGES = ("reading", *OURS, "delivery")


class Sending(NamedTuple):
    record_id: str
    sent_at: float


@dataclass(slots=True)
class Tally(History[Place, Sending, float]):
    """The history of the demo, whose answers are the times at which they were seen, and counts of what they said."""

    expected: int = 0
    refused: list[str] = field(default_factory=list)
    verdicts: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    flagged_labels: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    urgency: Counter[int] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    timings: dict[Place, TimingsMs] = field(default_factory=dict)
    with_pictures: list[PostVerdict | SymptomVerdict] = field(default_factory=list)
    urgent: list[tuple[SymptomVerdict, Why]] = field(default_factory=list)

    def add_sent(self, place: Place, record_id: str, sent_at: float) -> None:
        self.sent[place] = Sending(record_id, sent_at)

    def add_refused(self, record_id: str) -> None:
        self.refused.append(record_id)

    def add_verdict(self, verdict: PostVerdict | SymptomVerdict, now: float) -> None:
        self.verdicts += 1
        if verdict.pictures:
            self.with_pictures.append(verdict)
        if isinstance(verdict, PostVerdict):
            self.actions[verdict.action] += 1
        else:
            self.urgency[verdict.urgency.level] += 1
        if verdict.source is not None:
            place = (verdict.source.topic, verdict.source.partition, verdict.source.offset)
            self.timings[place] = verdict.timings_ms
            self.add_answer(place, now)

    def add_urgent(self, verdict: SymptomVerdict, why: Why) -> None:
        self.urgent.append((verdict, why))

    def add_dead_letter(self, place: Place, reason: str, now: float) -> None:
        self.dead_letters[reason] += 1
        self.add_answer(place, now)

    def add_flag(self, verdict: PostVerdict) -> None:
        self.flagged += 1
        self.flagged_labels.update(verdict.labels)

    def add_alert(self, alert: Alert) -> None:
        self.alerts[alert.kind] += 1

    @property
    def answered(self) -> int:
        return len(self.answers)

    def is_complete(self) -> bool:
        """Every record of the stream was taken, and came back exactly once."""
        return bool(self.sent) and not self.refused and self.is_exact

    def latencies_ms(self) -> list[float]:
        """From producing a record to seeing its answer, sorted."""
        return sorted((self.answers[p][0] - at) * 1000 for p, (_, at) in self.sent.items() if p in self.answers)

    def mean_stages_ms(self) -> dict[str, float]:
        """Where the mean latency of a verdict went.

        `reading` is from the producer to the worker's intake, `delivery` from the verdict being ready to it being
        seen here; the other four are the verdict's own.
        """
        sums = dict.fromkeys(STAGES, 0.0)
        count = 0
        for place, timings in self.timings.items():
            if place not in self.sent:
                continue
            count += 1
            inside = sum(getattr(timings, stage) for stage in OURS)
            seen_ms = (self.answers[place][0] - self.sent[place].sent_at) * 1000
            sums["reading"] += max(0.0, timings.total - inside)
            sums["delivery"] += max(0.0, seen_ms - timings.total)
            for stage in OURS:
                sums[stage] += getattr(timings, stage)
        return {stage: total / count for stage, total in sums.items()} if count else sums


def percentile(sorted_values: list[float], share: float) -> float:
    """Nearest rank; 0 of nothing."""
    if not sorted_values:
        return 0.0
    rank = max(1, -(-len(sorted_values) * share // 1))
    return sorted_values[min(len(sorted_values), int(rank)) - 1]
