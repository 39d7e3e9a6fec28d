"""A text that the model reads in one go, and how the answers to several become the answer to one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.serving.scores import DECIMALS
from models.serving.types import EARLY_SUFFIX, Encoding, Probabilities, Scores

Range = tuple[int, int]


@dataclass(slots=True, eq=False)
class Reading:
    """Filled in from stage to stage. A record has one, or several where it is long or can be read in two ways.

    `text[start:]` is what somebody wrote, cleaned; what stands before it (the fields of a symptom record) belongs to
    every part. `offsets` has for each cleaned character the index of the one that was sent.
    """

    text: str
    offsets: Sequence[int]
    start: int = 0
    encoding: Encoding | None = None
    scores: Scores | None = None

    def part(self, ranges: Sequence[Range]) -> Reading:
        """The same with these ranges of `text[start:]` alone."""
        body = self.text[self.start :]
        text = self.text[: self.start] + "".join([body[first:last] for first, last in ranges])
        offsets = [offset for first, last in ranges for offset in self.offsets[first:last]]
        return Reading(text, offsets, self.start)


def combined(parts: Sequence[Scores]) -> Scores:
    """The scores of a record from those of its readings, one or more, all with the same heads.

    - `post`: the highest of each label, so that harm in one place is not thinned by what surrounds it.
    - `urgency`: of the reading with the most urgent expectation; `condition`: the highest of each, scaled to sum 1.
    - `sentiment`: the mean.
    - `spans` stay with the readings, whose tokens they mark.

    Where the early exit answered some readings because of an overload, the answer is the early exit's: labels alone.
    """
    if len(parts) == 1:
        return parts[0]
    full = [part for part in parts if not part.is_early]
    degraded = any(part.degraded for part in parts)
    version = (full or parts)[0].model_version
    if degraded:
        version = version.removesuffix(EARLY_SUFFIX) + EARLY_SUFFIX
        return Scores(version, degraded, post=_highest([part.post for part in parts]))
    return Scores(
        version,
        degraded,
        post=_highest([part.post for part in parts]),
        sentiment=_mean([part.sentiment for part in parts]),
        condition=_scaled(_highest([part.condition for part in parts])),
        urgency=min((part.urgency for part in parts if part.urgency is not None), key=_expected_level, default=None),
    )


def _highest(values: Sequence[Probabilities | None]) -> Probabilities | None:
    known = [value for value in values if value is not None]
    return np.asarray(np.max(known, axis=0)) if known else None


def _mean(values: Sequence[Probabilities | None]) -> Probabilities | None:
    known = [value for value in values if value is not None]
    return np.asarray(np.round(np.mean(known, axis=0), DECIMALS)) if known else None


def _scaled(values: Probabilities | None) -> Probabilities | None:
    return None if values is None else np.asarray(np.round(values / max(1.0, float(values.sum())), DECIMALS))


def _expected_level(urgency: Probabilities) -> float:
    return float(urgency @ np.arange(1, len(urgency) + 1))
