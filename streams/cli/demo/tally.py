"""Counts what went in and what came back, record by record. Pure: it is told the times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas import Alert, PostVerdict, SymptomVerdict, TimingsMs

Place = tuple[str, int, int]  # topic, partition, offset of the input record

OURS = ("admitted", "prepared", "queued", "inferred", "decided")
STAGES = ("reading", *OURS, "delivery")


@dataclass(slots=True)
class Tally:
    """Verdicts and dead letters may come before the receipt of their record; both orders count."""

    expected: int
    sent: dict[Place, tuple[str, float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    answers: dict[Place, list[float]] = field(default_factory=dict)
    verdicts: int = 0
    dead_letters: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    flagged_labels: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    urgency: Counter[int] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    timings: dict[Place, TimingsMs] = field(default_factory=dict)

    def add_sent(self, place: Place, record_id: str, sent_at: float) -> None:
        self.sent[place] = (record_id, sent_at)

    def add_refused(self, record_id: str) -> None:
        self.refused.append(record_id)

    def add_verdict(self, verdict: PostVerdict | SymptomVerdict, now: float) -> None:
        self.verdicts += 1
        if isinstance(verdict, PostVerdict):
            self.actions[verdict.action] += 1
        else:
            self.urgency[verdict.urgency.level] += 1
        if verdict.source is not None:
            place = (verdict.source.topic, verdict.source.partition, verdict.source.offset)
            self.timings[place] = verdict.timings_ms
            self.answers.setdefault(place, []).append(now)

    def add_dead_letter(self, place: Place, reason: str, now: float) -> None:
        self.dead_letters[reason] += 1
        self.answers.setdefault(place, []).append(now)

    def add_flag(self, verdict: PostVerdict) -> None:
        self.flagged += 1
        self.flagged_labels.update(verdict.labels)

    def add_alert(self, alert: Alert) -> None:
        self.alerts[alert.kind] += 1

    @property
    def answered(self) -> int:
        return len(self.answers)

    def missing(self) -> list[tuple[str, Place]]:
        """Records that were acknowledged and got no answer."""
        return [(record_id, place) for place, (record_id, _) in self.sent.items() if place not in self.answers]

    def repeated(self) -> list[tuple[str, Place]]:
        """Records with more than one answer."""
        return [(self.sent[p][0], p) for p, times in self.answers.items() if p in self.sent and len(times) > 1]

    def strays(self) -> list[Place]:
        """Answers to records that nobody sent."""
        return [place for place in self.answers if place not in self.sent]

    def is_complete(self) -> bool:
        """Every record that was sent came back exactly once, and nothing else did."""
        return bool(self.sent) and not (self.refused or self.missing() or self.repeated() or self.strays())

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
            seen_ms = (self.answers[place][0] - self.sent[place][1]) * 1000
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
