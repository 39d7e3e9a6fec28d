"""The policy's rules for posts, laid out for one quick pass over a post's scores. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.labels import POST_LABELS
from streams.policy.base import LANGUAGES, Action, Language
from streams.policy.file import Policy, PostPolicy

Thresholds = Mapping[str, Mapping[str, float]]
ActsFrom = Mapping[str, Mapping[str, float | None]]
FALLBACK_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules make of the scores of one post."""

    labels: tuple[str, ...] = ()
    action: Action = Action.ALLOW
    reasons: tuple[str, ...] = ()
    """`label>=score` for every label that acted, the strongest action first."""
    is_offence: bool = False
    """Acted on for something other than a support label."""
    marks_spans: bool = False
    severity: str | None = None
    """Of the `severe_post` alert: high or critical; None for none."""
    severe_reasons: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    """Of the policy's [[rules]] those that fired, as a verdict shows them, shadow ones included."""
    alert: str | None = None
    """Of the `policy_rule` alert: high or critical; None for none."""
    alert_reasons: tuple[str, ...] = ()


NOTHING: Final = Ruling()


@dataclass(frozen=True, slots=True)
class _Bar:
    """One score to reach and what reaching it does."""

    score: float
    effect: int
    reason: str


@dataclass(frozen=True, slots=True)
class _LabelRules:
    """Bars of one label in one language, highest first. No bar lies below the label's threshold."""

    label: str
    actions: tuple[_Bar, ...]
    alerts: tuple[_Bar, ...]
    marks_spans: bool
    is_support: bool


SEVERITIES: Final = ("high", "critical")


class PostRules:
    """Args:
    policy: the checked policy.
    thresholds: the artifact's, {label: {language: probability}}; the policy's own come first.
    acts_from: the artifact's, too: below it no label acts, and never where it is None.
    """

    def __init__(self, policy: Policy, thresholds: Thresholds, acts_from: ActsFrom | None = None) -> None:
        posts = policy.posts
        self._thresholds: dict[str, tuple[float, ...]] = {lang: bars(posts, thresholds, lang) for lang in LANGUAGES}
        self._rules: dict[str, tuple[_LabelRules, ...]] = {
            lang: tuple(
                _label_rules(posts, label, bar, _lowest_action(acts_from or {}, label, lang))
                for label, bar in zip(POST_LABELS, self._thresholds[lang], strict=True)
            )
            for lang in LANGUAGES
        }

    def judge(self, scores: Sequence[float], lang: str) -> Ruling:
        """The same scores in the same language always get the same ruling.

        Args:
            scores: one probability a label, in the order of POST_LABELS.
            lang: en, zh or other.
        """
        standing = [i for i, bar in enumerate(self._thresholds[lang]) if scores[i] >= bar]
        if not standing:
            return NOTHING
        rules = self._rules[lang]
        return _rule([(rules[i], scores[i]) for i in standing])

    def acting_scores(self, lang: str) -> dict[str, dict[Action, float]]:
        """Of each label the score from which it really acts in a language: never below its threshold, nor below what
        the model allows. Actions that it never leads to are left out.
        """
        return {rules.label: {Action(bar.effect): bar.score for bar in rules.actions} for rules in self._rules[lang]}


def _rule(standing: Sequence[tuple[_LabelRules, float]]) -> Ruling:
    acted: list[tuple[_Bar, _LabelRules]] = []
    severe: list[_Bar] = []
    for rules, score in standing:
        acted += [(bar, rules) for bar in rules.actions if score >= bar.score][:1]
        severe += [bar for bar in rules.alerts if score >= bar.score][:1]
    acted.sort(key=lambda pair: -pair[0].effect)
    return Ruling(
        labels=tuple(rules.label for rules, _ in standing),
        action=Action(acted[0][0].effect) if acted else Action.ALLOW,
        reasons=tuple(bar.reason for bar, _ in acted),
        is_offence=any(not rules.is_support for _, rules in acted),
        marks_spans=any(rules.marks_spans for rules, _ in standing),
        severity=SEVERITIES[max(bar.effect for bar in severe)] if severe else None,
        severe_reasons=tuple(bar.reason for bar in severe),
    )


def bars(posts: PostPolicy, calibrated: Thresholds, lang: Language) -> tuple[float, ...]:
    """The threshold of each label in the order of POST_LABELS: the policy's own, else the model's."""
    found = []
    for label in POST_LABELS:
        own = posts.thresholds.get(label, {})
        known = calibrated.get(label, {})
        # A language that the model was not calibrated for takes the highest bar: it flags least.
        default = known.get(lang, max(known.values(), default=FALLBACK_THRESHOLD))
        found.append(own.get(lang, default))
    return tuple(found)


def _lowest_action(acts_from: ActsFrom, label: str, lang: Language) -> float | None:
    """A language that the model names no bar for takes the strictest of those that it names."""
    known = acts_from.get(label, {})
    if lang in known:
        return known[lang]
    bars = [bar for bar in known.values() if bar is not None]
    return None if len(bars) < len(known) else max(bars, default=0.0)


def _label_rules(posts: PostPolicy, label: str, threshold: float, acts_from: float | None) -> _LabelRules:
    actions = None if acts_from is None else posts.actions.get(label)
    severe = posts.severe.get(label)
    action_scores = [] if actions is None else [actions.limit, actions.review, actions.remove]
    severe_scores = [] if severe is None else [severe.high, severe.critical]
    return _LabelRules(
        label,
        _bars(label, max(threshold, acts_from or 0.0), list(enumerate(action_scores, start=Action.LIMIT))),
        _bars(label, threshold, list(enumerate(severe_scores))),
        label in posts.span_labels,
        label in posts.support_labels,
    )


def _bars(label: str, threshold: float, effects: Sequence[tuple[int, float | None]]) -> tuple[_Bar, ...]:
    """Strongest effect first; a score below the threshold counts as the threshold."""
    bars = []
    for effect, score in effects:
        if score is not None:
            bar = max(threshold, score)
            bars.append(_Bar(bar, effect, f"{label}>={bar:.4g}"))
    return tuple(reversed(bars))
