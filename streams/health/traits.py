"""What is told of the stream as a whole: how scores, languages, unknown words and lengths are distributed."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

from schemas.event import Trait
from streams.health.histogram import SCORES
from streams.health.words import LANGS, TRAITS
from streams.record import Decision
from streams.tasks import declared

LENGTHS: Final = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
"""Characters."""
UNKNOWN: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Shares of a text's tokens."""

Key = tuple[str, Trait]
"""Task and trait."""
Profile = Mapping[Key, Sequence[int]]
"""Verdicts in each band of each trait."""

_BANDS: Final = {
    "score": len(SCORES) + 1,
    "language": len(LANGS),
    "unknown": len(UNKNOWN) + 1,
    "length": len(LENGTHS) + 1,
}


def empty() -> dict[Key, list[int]]:
    """A profile of nothing, with all of its bands."""
    return {(task, trait): [0] * _BANDS[trait] for task in declared() for trait in TRAITS}


class Traits:
    """Sums since the start, of what comes live. Written on the event loop alone; read from any thread."""

    def __init__(self) -> None:
        self._counts = empty()

    def note(self, task: str, decision: Decision, length: int, unknown: float) -> None:
        """One verdict. Scores of the early exit under overload are others than those of the model, and left out.

        Args:
            length: of the text, in characters.
            unknown: the share of its tokens that the vocabulary does not hold.
        """
        counts = self._counts
        if decision.scores is not None and not decision.degraded:
            counts[task, "score"][bisect_left(SCORES, max(decision.scores.values()))] += 1
        counts[task, "language"][LANGS.index(decision.lang)] += 1
        counts[task, "unknown"][bisect_left(UNKNOWN, unknown)] += 1
        counts[task, "length"][bisect_left(LENGTHS, length)] += 1

    def profile(self) -> Profile:
        """A copy."""
        return {key: tuple(bands) for key, bands in self._counts.items()}


def stability_index(reference: Sequence[int], current: Sequence[int]) -> float:
    """Population stability index: how far two distributions over the same bands are apart, 0 where they are equal.

    The sum over the bands of (p - q) ln(p / q), which is Jeffreys' divergence. By the custom of credit scoring
    (Siddiqi, Credit Risk Scorecards, 2006) 0.1 is a change to look at and 0.25 a large one. Of two samples of n and m
    from one distribution over b bands it is (b - 1)(1 / n + 1 / m) on average (Yurdakul, Statistical Properties of
    Population Stability Index, 2018). Half a count is added to each band, or an empty one would make it infinite.
    """
    size = len(reference)
    first, second = sum(reference) + size / 2, sum(current) + size / 2
    shares = [((one + 0.5) / first, (other + 0.5) / second) for one, other in zip(reference, current, strict=True)]
    return sum((p - q) * math.log(p / q) for p, q in shares)
