"""Findings in photographs, as a picture classifier names them: evidence beside the text's, which may raise the urgency
and never lowers it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.labels import PhotoFinding
from streams.pictures.seen import Seen
from streams.policy.bars import PhotoRule

FINDING_WEIGHT: Final = 0.4
"""That of a finding in the text behind which no rule stands."""
_RAISED: Final = re.compile(r"images\.\d+: .+ \(urgency \d raised to (\d)\)")


@dataclass(frozen=True, slots=True)
class InPhotograph:
    """One finding in one photograph."""

    number: int
    """Of the picture in the record."""
    finding: str
    probability: float
    level: int | None
    """That the policy asks for at least; None: it is evidence alone."""


def in_photographs(
    seen: Sequence[Seen] | None, rules: Mapping[PhotoFinding, PhotoRule]
) -> list[InPhotograph]:  # fmt: skip
    """What stands by the policy, the surest first. A photograph that is too small, blurred, dark or bright to be judged
    says nothing: another one is asked for.
    """
    found: dict[tuple[int, str], InPhotograph] = {}
    for one in seen or ():
        if one.look is None or one.look.faults:
            continue
        for said in one.look.classes:
            for name, rule in rules.items():
                probability = said.probabilities.get(name, 0.0)
                known = found.get((one.number, name))
                if probability >= rule.stands and (known is None or known.probability < probability):
                    found[one.number, name] = InPhotograph(one.number, name, probability, rule.level)
    return sorted(found.values(), key=lambda one: -one.probability)


def most_urgent(found: Sequence[InPhotograph]) -> int | None:
    return min((one.level for one in found if one.level is not None), default=None)


def photo_evidence(found: Sequence[InPhotograph], predicted: int) -> list[dict[str, Any]]:
    """Items as a verdict shows them; what raises the urgency weighs as much as a rule does.

    Args:
        predicted: the model's level.
    """
    items = []
    for one in found:
        text = f"images.{one.number}: {one.finding.replace('_', '-')}"
        raises = one.level is not None and one.level < predicted
        if raises:
            text += f" (urgency {predicted} raised to {one.level})"
        items.append({"text": text, "start": None, "end": None, "weight": 1.0 if raises else FINDING_WEIGHT})
    return items


def raised_to(evidence: Iterable[Mapping[str, Any]]) -> int | None:
    """What `photo_evidence` says in a verdict: the level that photographs ask for; None: none more urgent than the
    model's.
    """
    raised = [_RAISED.fullmatch(one["text"]) for one in evidence]
    return min((int(match[1]) for match in raised if match), default=None)
