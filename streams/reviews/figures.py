"""Precision, misses and agreement of some reviewed verdicts, as JSON can hold them: see docs/policy.md. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models.evaluation.resampling import share
from schemas import Review
from streams.reviews.agreement import Agreement, agreements, pooled
from streams.reviews.judged import Judged
from streams.reviews.standing import is_sure

CONFIDENCE: Final = 0.95
ACTIONS: Final = ("limit", "review", "remove")


@dataclass(slots=True)
class Totals:
    """Of verdicts, reviewed or not."""

    actions: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    proposed: set[str] = field(default_factory=set)
    """Verdicts on allowed posts that the service drew at random."""

    @classmethod
    def together(cls, several: Iterable[Totals]) -> Totals:
        found = cls()
        for one in several:
            found.actions += one.actions
            found.labels += one.labels
            found.proposed |= one.proposed
        return found


def figures(judged: Iterable[Judged], answers: Iterable[Mapping[str, str]], totals: Totals) -> dict[str, Any]:
    """Of some verdicts: all of them, or those of one language.

    Args:
        judged: those with a last word on them.
        answers: the action that reviewers ask for, by their names, for each verdict.
        totals: of all that the verdicts are a part of.
    """
    by_source: dict[bool, list[Judged]] = {True: [], False: []}
    for one in judged:
        by_source[one.review.source == "appeal"].append(one)
    usual, appeals = by_source[False], by_source[True]
    together = pooled(agreements(answers).values())
    return {
        "verdicts": totals.actions.total(),
        "reviewed": len(usual),
        "precision": {"actions": _by_action(usual), "labels": _by_label(usual)},
        "appeals": _figure(sum(not one.is_right for one in appeals), len(appeals)),
        "missed": _missed(usual, totals),
        "agreement": {**agreed(together), "share": _figure(together.agreed, together.items)},
    }


def agreed(one: Agreement) -> dict[str, Any]:
    return {"items": one.items, "agreed": one.agreed, "kappa": one.kappa}


def answers_of(standing: Iterable[Review]) -> dict[str, dict[str, str]]:
    """The action that reviewers ask for, by verdict and reviewer: of those who are sure and have a name."""
    answers: dict[str, dict[str, str]] = {}
    for review in standing:
        if review.reviewer is not None and is_sure(review):
            answers.setdefault(review.verdict_id, {})[review.reviewer] = review.action
    return answers


def _by_action(judged: Iterable[Judged]) -> dict[str, Any]:
    acted = [one for one in judged if one.verdict.action in ACTIONS]
    found = {}
    for action in ACTIONS:
        own = [one for one in acted if one.verdict.action == action]
        found[action] = _figure(sum(one.is_right for one in own), len(own))
    return found


def _by_label(judged: Iterable[Judged]) -> dict[str, Any]:
    hits: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for one in judged:
        if (right := one.right_labels) is not None:
            rows.update(one.verdict.labels)
            hits.update(one.verdict.labels & right)
    return {label: _figure(hits[label], rows[label]) for label in sorted(rows)}


def _missed(judged: Sequence[Judged], totals: Totals) -> dict[str, Any]:
    """From posts that were let through and drawn at random: the share that was missed, and the recall that follows.

    Recall needs the precision of what was acted on, and how many verdicts there are of either.
    """
    drawn = [one for one in judged if one.is_drawn and one.verdict.action == "allow"]
    missed = _figure(sum(one.review.action != "allow" for one in drawn), len(drawn))
    acted = [one for one in judged if one.verdict.action in ACTIONS]
    right = _figure(sum(one.is_right for one in acted), len(acted))
    allowed = totals.actions["allow"]
    reviewed = len(totals.proposed & {one.review.verdict_id for one in drawn})
    return {
        "of_allowed": missed,
        "recall": _recall(right, missed, totals.actions.total() - allowed, allowed),
        "labels": _recall_of_labels(judged, drawn, totals),
        "sample": {"proposed": len(totals.proposed), "reviewed": reviewed},
    }


def _recall_of_labels(judged: Sequence[Judged], drawn: Sequence[Judged], totals: Totals) -> dict[str, Any]:
    """As for actions. A label that is missing beside others, on a post that was acted on, is not known of.

    None at all where somebody asks for an action on a drawn post and does not say for which labels: to leave it out
    would make what was missed look rarer than it is.
    """
    known = [(one.verdict.labels, one.right_labels) for one in drawn]
    lost = [right - labels for labels, right in known if right is not None]
    if len(lost) < len(drawn):
        return {}
    missed = Counter(label for labels in lost for label in labels)
    recalls = {
        label: _recall(right, _figure(missed[label], len(lost)), totals.labels[label], totals.actions["allow"])
        for label, right in _by_label(judged).items()
    }
    return {label: recall for label, recall in recalls.items() if recall is not None}


def _recall(right: dict[str, Any], missed: dict[str, Any], found: int, allowed: int) -> dict[str, float] | None:
    """Each end of the interval takes the worse, or the better, end of both shares."""
    if not right["rows"] or not missed["rows"]:
        return None
    ends = (("value", "value"), ("low", "high"), ("high", "low"))
    counts = [(right[one] * found, missed[other] * allowed) for one, other in ends]
    values = [round(caught / (caught + lost), 4) if caught + lost else 0.0 for caught, lost in counts]
    return dict(zip(("value", "low", "high"), values, strict=True))


def _figure(hits: int, rows: int) -> dict[str, Any]:
    """A share with its Wilson interval; null without a row."""
    if not rows:
        return {"value": None, "low": None, "high": None, "rows": 0}
    return {**share(hits, rows, CONFIDENCE)._asdict(), "rows": rows}
