"""Live precision, misses and agreement, from reviews and the verdicts that they are about. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from models.evaluation.resampling import share
from schemas import Review
from streams.policy import Action
from streams.reviews.agreement import agreements, pooled
from streams.reviews.standing import Reviews, is_sure

CONFIDENCE: Final = 0.95
_ACTIONS: Final = ("limit", "review", "remove")


class _Verdict(NamedTuple):
    action: str
    labels: frozenset[str]
    sampled: bool


class _Judged(NamedTuple):
    """A verdict with the last word on it."""

    verdict: _Verdict
    review: Review

    @property
    def is_right(self) -> bool:
        return is_right(self.verdict.action, self.review)

    @property
    def is_drawn(self) -> bool:
        """At random: by the service, or by whoever chose what is reviewed."""
        return self.verdict.sampled or self.review.sampled

    @property
    def right_labels(self) -> frozenset[str] | None:
        """None: nobody said."""
        return right_labels(self.review, self.verdict.labels)


def is_right(action: str, review: Review) -> bool:
    """Of the action that a review is about: by its decision; without one, whether the action is called for."""
    return is_called_for(action, review.action) if review.decision is None else review.decision == "upheld"


def is_called_for(action: str, wanted: str) -> bool:
    """Whether a person who wants the one agrees to the other: at least as much, or anything at all for a review."""
    taken, asked = Action[action.upper()], Action[wanted.upper()]
    return asked > Action.ALLOW if taken is Action.REVIEW else asked >= taken


def right_labels(review: Review, labels: frozenset[str]) -> frozenset[str] | None:
    """Those that a post should have. None: nobody said.

    Args:
        labels: of the verdict that the review is about.
    """
    if review.labels is not None:
        return frozenset(review.labels)
    if review.action == "allow":
        return frozenset()
    return labels if review.decision == "upheld" else None


@dataclass(slots=True)
class ReviewReport:
    """Take in all reviews first, then all verdicts. Keeps of a verdict only what is reviewed."""

    reviews: Reviews = field(default_factory=Reviews)
    verdicts: dict[str, _Verdict] = field(default_factory=dict)
    """Those that are reviewed."""
    actions: Counter[str] = field(default_factory=Counter)
    """Of all verdicts."""
    labels: Counter[str] = field(default_factory=Counter)
    proposed: set[str] = field(default_factory=set)
    """Verdicts on allowed posts that the service drew at random."""
    unreadable: int = 0

    def add_review(self, review: Review) -> None:
        self.reviews.add(review)

    def add_verdict(self, verdict: Mapping[str, Any]) -> None:
        """As JSON holds it. One that was delivered twice counts twice in the totals, and once where it is reviewed."""
        try:
            identity, action, labels = verdict["id"], verdict["action"], verdict["labels"]
            known = _Verdict(action, frozenset(labels), verdict.get("sampled") is True)
        except (KeyError, TypeError):
            self.unreadable += 1
            return
        self.actions[action] += 1
        self.labels.update(known.labels)
        if known.sampled:
            self.proposed.add(identity)
        if identity in self.reviews.verdicts:
            self._keep(identity, known)

    def _keep(self, identity: str, known: _Verdict) -> None:
        """The same text at another place has the same verdict: it is of the sample if it was drawn anywhere."""
        former = self.verdicts.get(identity)
        was_drawn = former is not None and former.sampled
        self.verdicts[identity] = known._replace(sampled=known.sampled or was_drawn)

    def right(self) -> tuple[int, int]:
        """Of the verdicts that were reviewed, appeals aside, how many were right, and how many they are."""
        usual = self._judged(self.reviews.usual())
        return sum(one.is_right for one in usual), len(usual)

    def _judged(self, last: Mapping[str, Review]) -> list[_Judged]:
        """By the last word on each verdict."""
        return [_Judged(self.verdicts[one], review) for one, review in last.items() if one in self.verdicts]

    def report(self) -> dict[str, Any]:
        """What JSON can hold: see docs/policy.md."""
        standing = self.reviews.standing()
        sure = [review for review in standing if is_sure(review)]
        last = {review.verdict_id: review for review in sure}
        judged = self._judged(last)
        usual = [one for one in judged if one.review.source != "appeal"]
        appeals = [one for one in judged if one.review.source == "appeal"]
        return {
            "reviews": len(self.reviews),
            "superseded": len(self.reviews) - len(standing),
            "unsure": len(standing) - len(sure),
            "without_verdict": len(last) - len(judged),
            "unreadable": self.unreadable,
            "verdicts": self.actions.total(),
            "precision": {"actions": self._by_action(usual), "labels": self._by_label(usual)},
            "appeals": _figure(sum(not one.is_right for one in appeals), len(appeals)),
            "missed": self._missed(usual),
            "agreement": _agreement(standing),
        }

    def _by_action(self, judged: Iterable[_Judged]) -> dict[str, Any]:
        acted = [one for one in judged if one.verdict.action in _ACTIONS]
        found = {}
        for action in _ACTIONS:
            own = [one for one in acted if one.verdict.action == action]
            found[action] = _figure(sum(one.is_right for one in own), len(own))
        return found

    def _by_label(self, judged: Iterable[_Judged]) -> dict[str, Any]:
        hits: Counter[str] = Counter()
        rows: Counter[str] = Counter()
        for one in judged:
            if (right := one.right_labels) is not None:
                rows.update(one.verdict.labels)
                hits.update(one.verdict.labels & right)
        return {label: _figure(hits[label], rows[label]) for label in sorted(rows)}

    def _missed(self, judged: list[_Judged]) -> dict[str, Any]:
        """From posts that were let through and drawn at random: the share that was missed, and the recall that follows.

        Recall needs the precision of what was acted on, and how many verdicts there are of either.
        """
        drawn = [one for one in judged if one.is_drawn and one.verdict.action == "allow"]
        missed = _figure(sum(one.review.action != "allow" for one in drawn), len(drawn))
        acted = [one for one in judged if one.verdict.action in _ACTIONS]
        right = _figure(sum(one.is_right for one in acted), len(acted))
        counts = self.actions.total() - self.actions["allow"], self.actions["allow"]
        reviewed = len(self.proposed & {one.review.verdict_id for one in drawn})
        sample = {"proposed": len(self.proposed), "reviewed": reviewed}
        return {"of_allowed": missed, "recall": _recall(right, missed, *counts), "sample": sample}


def _recall(right: dict[str, Any], missed: dict[str, Any], acted: int, allowed: int) -> dict[str, float] | None:
    """Each end of the interval takes the worse, or the better, end of both shares."""
    if not right["rows"] or not missed["rows"]:
        return None
    ends = (("value", "value"), ("low", "high"), ("high", "low"))
    found = [(right[one] * acted, missed[other] * allowed) for one, other in ends]
    values = [round(caught / (caught + lost), 4) if caught + lost else 0.0 for caught, lost in found]
    return dict(zip(("value", "low", "high"), values, strict=True))


def _figure(hits: int, rows: int) -> dict[str, Any]:
    """A share with its Wilson interval; null without a row."""
    if not rows:
        return {"value": None, "low": None, "high": None, "rows": 0}
    return {**share(hits, rows, CONFIDENCE)._asdict(), "rows": rows}


def _agreement(standing: Iterable[Review]) -> dict[str, Any]:
    """On the action, of reviewers who have a name."""
    answers: dict[str, dict[str, str]] = {}
    for review in standing:
        if review.reviewer is not None and is_sure(review):
            answers.setdefault(review.verdict_id, {})[review.reviewer] = review.action
    pairs = agreements(answers.values())
    together = pooled(pairs.values())
    return {
        "items": together.items,
        "agreed": together.agreed,
        "kappa": together.kappa,
        "pairs": [
            {"reviewers": list(pair), "items": one.items, "agreed": one.agreed, "kappa": one.kappa}
            for pair, one in sorted(pairs.items(), key=lambda both: -both[1].items)
        ],
    }
