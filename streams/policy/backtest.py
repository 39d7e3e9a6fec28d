"""What another policy would have made of verdicts that were given: their scores are judged anew, without a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from models.labels import POST_LABELS
from streams.policy.base import DAY_S, EPOCH_DAY, LANGUAGES
from streams.policy.conditions import Facts
from streams.policy.judge import Judge
from streams.policy.rulebook import CompiledRule
from streams.policy.rules import Ruling

MAX_SAMPLES: Final = 5
"""Positions of posts that are named for each change of action."""
MAX_AUTHORS: Final = 1_000_000
"""Authors that changes are counted for."""
TOP: Final = 10
_HOUR_S: Final = 3600
_NAMES: Final = ("allow", "limit", "review", "remove")

Decision = tuple[str, tuple[str, ...]]
"""Action and labels."""


@dataclass(slots=True)
class Known:
    """What is known of a verdict's post beside the verdict. None: not known, and then no rule is sure of it."""

    sent_at: float | None = None
    """Seconds since 1970."""
    who: Hashable = None
    """Stands for the author when changes are counted."""
    value: bytes | None = None
    """The post as JSON, to be scored once more."""
    texts: tuple[str, ...] | None = None
    """As it was sent, then the readings that differ."""
    kind: str | None = None
    thread: str | None = None
    author: str | None = None
    account_age_s: float | None = None


@dataclass(slots=True)
class Tally:
    """Verdicts of one language or hour."""

    verdicts: int = 0
    changed: int = 0


@dataclass(slots=True)
class RuleTally:
    """What one rule did: of shadow rules that is all that they do."""

    mode: str
    fired: int = 0
    changed: int = 0
    """Of those, verdicts that came out differently."""
    unsure: int = 0
    """Verdicts for which it cannot be told from what is known."""


@dataclass(slots=True)
class Backtest:
    """Counts, verdict by verdict. Nothing of a record is kept but positions and what stands for authors.

    Args:
        judge: of the policy in question.
        today: for verdicts whose time is not known; as `date.toordinal`.
        against: of the policy that it is compared with; None: with what the verdicts say.
    """

    judge: Judge
    today: int
    against: Judge | None = None
    verdicts: int = 0
    changed: int = 0
    unreadable: int = 0
    with_pictures: int = 0
    """Left out: what pictures bring to a verdict cannot be judged anew without them."""
    under_quota: int = 0
    """Their action was the quota's, not the policy's."""
    undecided: int = 0
    """Verdicts that a rule would change of which it cannot be told whether it holds."""
    languages: dict[str, Tally] = field(default_factory=dict)
    hours: dict[int, Tally] = field(default_factory=dict)
    """By hours since 1970."""
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of all verdicts, from and to."""
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    reacted: Counter[str] = field(default_factory=Counter)
    """Labels of verdicts whose action changed."""
    authors: Counter[Hashable] = field(default_factory=Counter)
    """Changes of each; none where authors are not known."""
    anonymous: int = 0
    """Changes of authors who are not known, or beyond those that are counted."""
    rules: dict[str, RuleTally] = field(default_factory=dict)
    models: Counter[str] = field(default_factory=Counter)
    samples: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {rule.name: RuleTally(rule.rule.mode) for rule in self.judge.rulebook.rules}

    def add(self, verdict: Mapping[str, Any], known: Known) -> None:
        """One verdict on a post, as JSON holds it. What is no such verdict is counted as unreadable."""
        try:
            lang = verdict["lang"]
            scores = None if verdict["scores"] is None else [float(verdict["scores"][label]) for label in POST_LABELS]
            before = verdict["action"], tuple(verdict["labels"])
            read_share = float(verdict.get("read_share", 1.0))
            is_verdict = lang in LANGUAGES and before[0] in _NAMES
        except (KeyError, TypeError, ValueError):
            is_verdict = False
        if not is_verdict:
            self.unreadable += 1
            return
        if verdict.get("pictures"):
            self.with_pictures += 1
            return
        facts = self._facts(lang, scores, known, read_share)
        if self.against is not None:
            ruling, _ = self.against.rule(facts)
            before = _NAMES[ruling.action], ruling.labels
        elif "quota" in verdict.get("reasons", ()):
            self.under_quota += 1
        self.models[str(verdict.get("model_version"))] += 1
        ruling, unsure = self.judge.rule(facts)
        after = _NAMES[ruling.action], ruling.labels
        is_changed = before[0] != after[0] or (before[1] != after[1] and set(before[1]) != set(after[1]))
        self._count(lang, known, is_changed)
        self.actions[before[0], after[0]] += 1
        for entry in ruling.rules:
            tally = self.rules[entry["name"]]
            tally.fired += 1
            tally.changed += is_changed
        for rule in unsure:
            self.rules[rule.name].unsure += 1
        self.undecided += any(_would_change(rule, ruling) for rule in unsure)
        if is_changed:
            self._change(verdict, before, after, known)

    def _facts(self, lang: str, scores: list[float] | None, known: Known, read_share: float) -> Facts:
        day = self.today if known.sent_at is None else EPOCH_DAY + int(known.sent_at // DAY_S)
        return Facts(
            lang, scores, day, known.texts, known.kind, known.thread, known.author, known.account_age_s,
            read_share=read_share,
        )  # fmt: skip

    def _count(self, lang: str, known: Known, is_changed: bool) -> None:
        self.verdicts += 1
        self.changed += is_changed
        tally = self.languages.get(lang)
        if tally is None:
            tally = self.languages[lang] = Tally()
        tally.verdicts += 1
        tally.changed += is_changed
        if known.sent_at is not None:
            hour = int(known.sent_at // _HOUR_S)
            tally = self.hours.get(hour)
            if tally is None:
                tally = self.hours[hour] = Tally()
            tally.verdicts += 1
            tally.changed += is_changed

    def _change(self, verdict: Mapping[str, Any], before: Decision, after: Decision, known: Known) -> None:
        self.gained.update(set(after[1]).difference(before[1]))
        self.lost.update(set(before[1]).difference(after[1]))
        if before[0] != after[0]:
            self.reacted.update({*before[1], *after[1]})
            places = self.samples.setdefault((before[0], after[0]), [])
            if len(places) < MAX_SAMPLES:
                places.append(verdict.get("source") or {"verdict_id": verdict.get("id")})
        if known.who is not None and (known.who in self.authors or len(self.authors) < MAX_AUTHORS):
            self.authors[known.who] += 1
        else:
            self.anonymous += 1

    def report(self) -> dict[str, Any]:
        """What JSON can hold: see docs/policy.md."""
        top = self.authors.most_common(TOP)
        counted = self.authors.total()
        labels = [*POST_LABELS, *sorted((self.gained.keys() | self.lost.keys()) - set(POST_LABELS))]
        return {
            "verdicts": self.verdicts,
            "changed": self.changed,
            "unreadable": self.unreadable,
            "with_pictures": self.with_pictures,
            "under_quota": self.under_quota,
            "undecided": self.undecided,
            "models": dict(self.models),
            "actions": [
                {"from": before, "to": after, "verdicts": count, "places": self.samples.get((before, after), [])}
                for (before, after), count in sorted(self.actions.items(), key=lambda pair: -pair[1])
            ],
            "labels": {
                label: {"gained": self.gained[label], "lost": self.lost[label], "action_changed": self.reacted[label]}
                for label in labels
            },
            "languages": {lang: _shown(tally) for lang, tally in sorted(self.languages.items())},
            "hours": {_hour(hour): _shown(tally) for hour, tally in sorted(self.hours.items())},
            "authors": {
                "with_changes": len(self.authors),
                "top": TOP,
                "share_of_top": round(sum(count for _, count in top) / counted, 4) if counted else None,
                "changes_of_unknown": self.anonymous,
            },
            "rules": {
                name: {"mode": one.mode, "fired": one.fired, "changed": one.changed, "unsure": one.unsure}
                for name, one in self.rules.items()
            },
        }


def _would_change(rule: CompiledRule, ruling: Ruling) -> bool:
    """If it held. A rule in shadow never does."""
    then = rule.rule.then
    return rule.rule.mode == "on" and (
        rule.action > ruling.action or ruling.action > rule.most or not set(then.labels) <= set(ruling.labels)
    )


def _shown(tally: Tally) -> dict[str, int]:
    return {"verdicts": tally.verdicts, "changed": tally.changed}


def _hour(hour: int) -> str:
    return datetime.fromtimestamp(hour * _HOUR_S, UTC).strftime("%Y-%m-%dT%H:00Z")
