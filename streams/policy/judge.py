"""A policy and a model together: what they make of one post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

    @classmethod
    def build(cls, policy: Policy, artifact: Artifact) -> Self:
        """Raises what `Rulebook.build` raises."""
        point = artifact.operating_point(policy.posts.operating_point)
        bars = PostRules(policy, point.thresholds, point.acts_from)
        return cls(bars, Rulebook.build(policy, artifact), _unassessed(policy.posts))

    def rule(self, facts: Facts) -> tuple[Ruling, Sequence[CompiledRule]]:
        """By the scores, then by the policy's own rules; and those of which it cannot be told whether they hold."""
        ruling = self.unassessed if facts.scores is None else self.bars.judge(facts.scores, facts.lang)
        if not self.rulebook.rules:
            return ruling, ()
        fired, unsure = self.rulebook.sift(facts)
        return (self.rulebook.ruling_with(ruling, fired) if fired else ruling), unsure


def _unassessed(policy: PostPolicy) -> Ruling:
    if policy.unassessed == "review":
        return Ruling(action=Action.REVIEW, reasons=("not_assessed",))
    return NOTHING
