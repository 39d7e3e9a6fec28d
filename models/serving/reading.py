"""What the model reads in one go, and how the answers to several readings become the answer to one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np

from models.serving.question import EARLY_ANSWERS, Joined
from models.serving.scores import DECIMALS
from models.serving.types import Encoding, Probabilities, Scores

Range = tuple[int, int]


TEXT: Final = "text"
SURE: Final = 0.9
"""From here on a part that was skimmed says something. Each part is one more chance of a false alarm, and a long text
has dozens of them: this is the bar at which labels of other languages count, too."""


@dataclass(slots=True, eq=False)
class Reading:
    """Filled in from stage to stage. A record has one, or several where it is long or can be read in two ways.

    The pipeline knows four things of it: `modality`, which says who encodes and who scores it; `content_key`, which
    two readings with equal scores have in common; `encoding`; and `scores`. All else belongs to texts.

    `text[start:]` is what somebody wrote, cleaned; what stands before it (the fields of a symptom record) belongs to
    every part. `offsets` has for each cleaned character the index of the one that was sent.
    """

    text: str
    offsets: Sequence[int]
    start: int = 0
    encoding: Encoding | None = None
    scores: Scores | None = None
    key: Any = None
    """The caller's: what it knows the reading by, made once."""
    is_skimmed: bool = False
    """The early exit alone answers it where it is clean."""
    modality: ClassVar[str] = TEXT

    @property
    def content_key(self) -> str:
        """The text itself, not a hash of it, so that two texts never share scores. What was skimmed is nothing to
        answer a post by; no cleaned text begins with a null.
        """
        return f"\0{self.text}" if self.is_skimmed else self.text

    def part(self, ranges: Sequence[Range]) -> Reading:
        """The same with these ranges of `text[start:]` alone."""
        body = self.text[self.start :]
        text = self.text[: self.start] + "".join([body[first:last] for first, last in ranges])
        offsets = [offset for first, last in ranges for offset in self.offsets[first:last]]
        return replace(self, text=text, offsets=offsets, encoding=None, scores=None, key=None)


def heard(readings: Sequence[Reading]) -> list[Scores]:
    """The scores of readings as they count: of a part that was skimmed only what is SURE."""
    scored = [(reading, reading.scores) for reading in readings if reading.scores]
    return [_where_sure(scores) if reading.is_skimmed else scores for reading, scores in scored]


def _where_sure(scores: Scores) -> Scores:
    if EARLY_ANSWERS not in scores.heads:
        return scores
    said = scores.heads[EARLY_ANSWERS]
    return replace(scores, heads={**scores.heads, EARLY_ANSWERS: np.where(said >= SURE, said, 0.0)})


def combined(parts: Sequence[Scores], heads: Mapping[str, Joined]) -> Scores:
    """The scores of a record from those of its readings, one or more, all to the same question.

    Where the early exit answered some readings because of an overload, the answer is the early exit's: labels alone.
    Its version does not say which, and another overload may begin at another one: docs/messages.md names the exception.
    """
    if len(parts) == 1:
        return parts[0]
    degraded = any(part.degraded for part in parts)
    is_early = degraded or all(part.is_early for part in parts)
    joined = Scores(parts[0].engine_version, degraded, is_early=is_early)
    for head, how in heads.items():
        answers = [part.heads[head] for part in parts if head in part.heads]
        if answers and how in _JOIN and (len(answers) == len(parts) or not degraded):
            joined.heads[head] = _JOIN[how](answers)
    return joined


def _highest(answers: Sequence[Probabilities]) -> Probabilities:
    return np.asarray(np.max(answers, axis=0))


def _highest_scaled(answers: Sequence[Probabilities]) -> Probabilities:
    highest = _highest(answers)
    return np.asarray(np.round(highest / max(1.0, float(highest.sum())), DECIMALS))


def _mean(answers: Sequence[Probabilities]) -> Probabilities:
    return np.asarray(np.round(np.mean(answers, axis=0), DECIMALS))


def _most_urgent(answers: Sequence[Probabilities]) -> Probabilities:
    return min(answers, key=lambda levels: float(levels @ np.arange(1, len(levels) + 1)))


_JOIN: Final[Mapping[Joined, Callable[[Sequence[Probabilities]], Probabilities]]] = {
    Joined.HIGHEST: _highest,
    Joined.HIGHEST_SCALED: _highest_scaled,
    Joined.MEAN: _mean,
    Joined.MOST_URGENT: _most_urgent,
}
