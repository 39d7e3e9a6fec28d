"""One book of what became of records; the log line and the metrics both read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from time import monotonic

from models.labels import POST_LABELS
from models.serving.types import Outcome
from streams.health.histogram import DURATIONS, ROWS, SCORES, TOKENS, Histogram
from streams.health.traits import Traits
from streams.health.words import KINDS, LANGS, REASONS, SEVERITIES, STAGES
from streams.pipeline.work import Work
from streams.record import Decision, Outgoing
from streams.tasks import declared
from streams.tasks.base import Moments


class Counts:
    """Sums since the start. Written on the event loop alone, in batches; read from any thread.

    Every word is there from the start, with 0: a rate over the first event needs a value before it.
    """

    def __init__(self) -> None:
        tasks = declared()
        self.records: Counter[str] = Counter(dict.fromkeys(tasks, 0))
        self.verdicts: Counter[tuple[str, str, bool]] = Counter(
            {
                (name, action, degraded): 0
                for name, task in tasks.items()
                for action in task.actions
                for degraded in (False, True)
            }
        )
        self.dead_letters: Counter[str] = Counter(dict.fromkeys(REASONS, 0))
        self.alerts: Counter[tuple[str, str]] = Counter(dict.fromkeys(product(KINDS, SEVERITIES), 0))
        self.languages: Counter[tuple[str, str]] = Counter(dict.fromkeys(product(tasks, LANGS), 0))
        self.labels: Counter[tuple[str, str]] = Counter(dict.fromkeys(product(POST_LABELS, LANGS), 0))
        self.over_quota: Counter[str] = Counter(dict.fromkeys(tasks, 0))
        self.quota_reached_at: float | None = None
        """Monotonic seconds: when an action was last turned into a review."""
        self.stages = {stage: Histogram(DURATIONS) for stage in STAGES}
        self.durations = {name: Histogram(DURATIONS) for name in tasks}
        self.highest_scores = {lang: Histogram(SCORES) for lang in LANGS}
        self.traits = Traits()
        self.batch_rows = Histogram(ROWS)
        self.batch_tokens = Histogram(TOKENS)
        self._in_order = tuple(self.stages.values())

    def take_in(self, work: Work) -> None:
        """A record that came."""
        self.records[work.task.declaration.name] += 1

    def score(self, outcomes: Sequence[Outcome]) -> None:
        """What one batch of the engine gave."""
        self.batch_rows.observe(len(outcomes))
        self.batch_tokens.observe(sum(outcome.item.cost for outcome in outcomes))

    def settle(self, works: Iterable[Work], judging: str | None = None) -> None:
        """Records whose outputs are safe: the broker has them, or who asked has.

        Args:
            judging: version of the model whose answers show whether what comes drifts; None: of every one.
        """
        now = monotonic()
        for work in works:
            if work.failure is not None:
                self.dead_letters[work.failure.reason.value] += 1
                self.tell(work.outputs)
            elif work.outputs:
                name = work.task.declaration.name
                if work.is_live:  # what may wait says nothing about how fast this is
                    self._note_times(work.moments, now)
                    self.durations[name].observe(work.moments.waited_s + now - work.moments.intake_at)
                if (decision := work.outputs[0].decision) is not None:
                    self._note_decision(name, decision, now)
                    if work.is_live and (judging is None or work.activation.model_version == judging):
                        length = 0 if work.rendered is None else len(work.rendered.text)
                        self.traits.note(name, decision, length, work.unknown_share)

    def tell(self, alerts: Iterable[Outgoing]) -> None:
        """Alerts that left without a verdict."""
        for each in alerts:
            if each.decision is not None:
                self.alerts.update(each.decision.alerts)

    def _note_times(self, moments: Moments, now: float) -> None:
        before = moments.intake_at
        ends = (moments.admitted_at, moments.prepared_at, moments.batched_at, moments.scored_at, moments.decided_at)
        for stage, end in zip(self._in_order, (*ends, now), strict=True):
            stage.observe(end - before)
            before = end

    def _note_decision(self, name: str, decision: Decision, now: float) -> None:
        lang = decision.lang
        self.verdicts[name, decision.action, decision.degraded] += 1
        self.languages[name, lang] += 1
        for label in decision.labels:
            if (label, lang) in self.labels:  # a rule or a list may bring labels of its own
                self.labels[label, lang] += 1
        if decision.scores is not None:
            self.highest_scores[lang].observe(max(decision.scores.values()))
        for alert in decision.alerts:
            self.alerts[alert] += 1
        if decision.is_over_quota:
            self.over_quota[name] += 1
            self.quota_reached_at = now
