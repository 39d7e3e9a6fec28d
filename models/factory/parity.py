"""The gate of an export: how far the graphs may be from the trained network, and from themselves in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from models.errors import TidegateError
from models.examples import Example
from models.labels import POST_LABELS
from models.serving.scores import sigmoid, softmax
from models.training.calibrate import MIN_POSITIVES
from models.training.collate import pad
from models.training.metrics import flatten
from models.training.predict import Logits, Scorer

FP32_LIMIT = 1e-4
AGREEMENT_LIMIT = 0.985
"""Share of equal decisions. Decisions that differ are near a threshold; LOSS_LIMIT bounds what they cost."""
LOSS_LIMIT = 1.0
"""Points of a head's macro figure."""
JUDGED_ROWS = 300
"""A head with fewer labelled rows is reported and not judged: of 60 rows, one is 1.7 points."""
STEADY_LIMIT = 5e-5
"""Probabilities are rounded to 4 decimals before anyone decides, so this is half of the last digit."""
_FIGURES = {"post": "f1", "early_post": "f1", "spans": "character_f1", "sentiment": "macro_f1"} | {
    "condition": "macro_f1", "urgency": "quadratic_kappa",
}  # fmt: skip


class ParityError(TidegateError):
    """The export is not fit to ship; the message holds the figures."""


@dataclass(frozen=True, slots=True)
class Parity:
    """What was measured. Agreement is the share of decisions that int8 and fp32 make alike."""

    fp32_logit_gap: float
    int8_logit_gap: float
    int8_agreement: float
    int8_worst_label_agreement: float
    int8_class_agreement: float
    batch_mate_gap: float
    losses: Mapping[str, float] = field(default_factory=dict)
    """Points of the macro figure on dev that a head loses by int8, each side at its own thresholds."""
    judged: frozenset[str] = frozenset()
    """Heads whose loss has a limit."""

    def as_dict(self) -> dict[str, float]:
        """Flat; losses as `loss_post` and so on."""
        plain = {name: value for name, value in asdict(self).items() if isinstance(value, float)}
        losses = {f"loss_{head}": value for head, value in self.losses.items()}
        return {name: round(value, 6) for name, value in (plain | losses).items()}

    def check(self) -> None:
        """Raise ParityError where a limit is broken."""
        broken = (
            self.fp32_logit_gap > FP32_LIMIT
            or min(self.int8_agreement, self.int8_class_agreement) < AGREEMENT_LIMIT
            or self.batch_mate_gap > STEADY_LIMIT
            or any(self.losses[head] > LOSS_LIMIT for head in self.judged)
        )
        if broken:
            raise ParityError(f"The exported graphs differ too much: {self.as_dict()}.")


def head_losses(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, float], frozenset[str]]:
    """Points lost by each head and the heads with rows enough to judge, from the figures of `evaluate_heads`."""
    losses, judged = {}, set()
    for head, name in _FIGURES.items():
        if head not in before or head not in after:
            continue
        first, second = (_leaves(figures[head], name) for figures in (before, after))
        if first:
            losses[head] = 100 * float(np.mean([first[place] - second[place] for place in first]))
        if first and sum(_leaves(after[head], "rows").values()) >= JUDGED_ROWS:
            judged.add(head)
    return losses, frozenset(judged)


def _leaves(figures: Mapping[str, Any], name: str) -> dict[str, float]:
    """The figure called `name` of every label and language, but for those with next to no positives."""
    flat = flatten(figures)
    places = [key.removesuffix(name) for key in flat if key.split("/")[-1] == name]
    return {place: flat[place + name] for place in places if flat.get(f"{place}positives", np.inf) >= MIN_POSITIVES}


def largest_gap(first: Sequence[Logits], second: Sequence[Logits]) -> float:
    """Largest absolute logit difference over all heads and rows."""
    return max(float(np.abs(a[head] - b[head]).max()) for a, b in zip(first, second, strict=True) for head in a)


def decision_agreement(
    rows: Sequence[Example], first: Sequence[Logits], second: Sequence[Logits],
    thresholds: Mapping[str, Mapping[str, float]],
) -> list[float]:  # fmt: skip
    """Share of equal decisions per post label, at the thresholds of each row's language."""
    limits = np.array([[thresholds[label][e.lang] for label in POST_LABELS] for e in rows])
    calls = [np.round(sigmoid(np.stack([a["post"] for a in side])), 4) >= limits for side in (first, second)]
    return [float(share) for share in (calls[0] == calls[1]).mean(axis=0)]


def class_agreement(rows: Sequence[Example], first: Sequence[Logits], second: Sequence[Logits]) -> float:
    """Share of equal answers of the sentiment head on its dev rows; 1 if they are fewer than `JUDGED_ROWS`, because of
    50 rows one is 2 points, and so for the other heads."""
    picked = [i for i, e in enumerate(rows) if e.sentiment >= 0]
    if len(picked) < JUDGED_ROWS:
        return 1.0
    return float(np.mean([first[i]["sentiment"].argmax() == second[i]["sentiment"].argmax() for i in picked]))


def batch_mate_gap(score: Scorer, encoded: Sequence[Sequence[int]], pad_id: int) -> float:
    """Largest change of a probability between a row alone and the row among longer and shorter mates."""
    together = score(*pad(encoded, pad_id))
    worst = 0.0
    for number, ids in enumerate(encoded):
        alone = score(*pad([ids], pad_id))
        for head in ("post", "early_post", "spans"):
            pair = alone[head][0], together[head][number][: alone[head].shape[1]]
            worst = max(worst, float(np.abs(sigmoid(pair[0]) - sigmoid(pair[1])).max()))
        for head in ("sentiment", "condition"):
            worst = max(worst, float(np.abs(softmax(alone[head][0]) - softmax(together[head][number])).max()))
        worst = max(worst, float(np.abs(sigmoid(alone["urgency"][0]) - sigmoid(together["urgency"][number])).max()))
    return worst
