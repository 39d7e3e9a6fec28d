"""A policy and a model together: what they make of one post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from models.artifact import Artifact
from streams.policy.base import Action
from streams.policy.conditions import Facts
from streams.policy.file import Policy, PostPolicy
from streams.policy.rulebook import CompiledRule, Rulebook
from streams.policy.rules import NOTHING, PostRules, Ruling


@dataclass(frozen=True, slots=True)
class Judge:
    """Use `build`."""

    bars: PostRules
    rulebook: Rulebook
    unassessed: Ruling
    least_read: float = 0.0

    @classmethod
    def build(cls, policy: Policy, artifact: Artifact) -> Self:
        """Raises what `Rulebook.build` raises."""
        point = artifact.operating_point(policy.posts.operating_point)
        bars = PostRules(policy, point.thresholds, point.acts_from)
        return cls(bars, Rulebook.build(policy, artifact), _unassessed(policy.posts), policy.posts.least_read)

    def rule(self, facts: Facts) -> tuple[Ruling, Sequence[CompiledRule]]:
        """By the scores, then by the policy's own rules; and those of which it cannot be told whether they hold."""
        ruling = self._of_scores(facts)
        if not self.rulebook.rules:
            return ruling, ()
        fired, unsure = self.rulebook.sift(facts)
        return (self.rulebook.ruling_with(ruling, fired) if fired else ruling), unsure

    def _of_scores(self, facts: Facts) -> Ruling:
        """What was read counts, and where too little was, so does that nobody knows what the rest says."""
        if facts.scores is None:
            return self.unassessed
        ruling = self.bars.judge(facts.scores, facts.lang)
        if facts.read_share >= self.least_read or ruling.action >= self.unassessed.action:
            return ruling
        return replace(ruling, action=self.unassessed.action, reasons=(*ruling.reasons, "not_read"))


def _unassessed(policy: PostPolicy) -> Ruling:
    if policy.unassessed == "review":
        return Ruling(action=Action.REVIEW, reasons=("not_assessed",))
    return NOTHING
