"""Bars of labels by language, and how high ordinary text needs them. Pure: scores in, bars out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.statistics import Flags, Floats, Ints
from models.serving.scores import sigmoid

LANGS: Final = ("en", "zh", "other")
LEVELS: Final = np.append(np.unique(np.round(sigmoid(np.arange(-4.0, 9.05, 0.1)), 4)), 1.0)
"""Bars to choose from, even in logits: near 1 a hundredth is a long way."""
ALONE: Final = 3
"""False alarms that a domain has to be allowed to be held on its own: below that chance decides, and it is joined with
the other small ones of its language and table."""
UNKNOWN_COST: Final = 0.05
"""F1 that a bar is taken to cost by the logit that it rises, where no set knows its label in its language."""
_ALMOST_NOTHING: Final = 1e-4

Bars = Ints
"""[labels, languages]: positions in LEVELS."""


@dataclass(slots=True, frozen=True)
class Posts:
    """Scored posts. Arrays of equal length."""

    scores: Floats
    """[rows, labels]: as served, rounded."""
    targets: Floats
    """[rows, labels]: 1, 0, or NaN where nobody labelled."""
    langs: NDArray[np.str_]
    """As detected, which is what thresholds go by."""
    groups: NDArray[np.str_]
    """The set, or of ordinary text `language/table/domain`."""
    early: Floats | None = None
    """[rows, labels]: scores of the early exit, where the model has one."""

    def where(self, rows: Flags) -> Posts:
        """Some of them."""
        early = None if self.early is None else self.early[rows]
        return Posts(self.scores[rows], self.targets[rows], self.langs[rows], self.groups[rows], early)


@dataclass(slots=True, frozen=True)
class Alarms:
    """Ordinary posts by the levels that labels reach on them, and how many of each group may be labelled."""

    levels: Ints
    """[rows, labels]; -1 where a label is not known to be wrong."""
    langs: Ints
    groups: Ints
    allowed: Ints
    """[groups]"""

    @classmethod
    def of(cls, posts: Posts, rate: float) -> Alarms:
        _, members, sizes = np.unique(pooled(posts.groups, rate), return_inverse=True, return_counts=True)
        levels = np.where(posts.targets == 0, levels_of(posts.scores), -1)
        return cls(levels, lang_numbers(posts), members, np.floor(rate * sizes + 1e-9).astype(np.int64))

    def flags(self, bars: Bars) -> Flags:
        """[rows, labels]"""
        return np.asarray(self.levels >= bars.T[self.langs])

    def excess(self, flags: Flags) -> Ints:
        """[groups]: labelled posts beyond what is allowed."""
        counts = np.bincount(self.groups[flags.any(axis=1)], minlength=len(self.allowed))
        return np.asarray(np.maximum(counts - self.allowed, 0))

    def reaching(self, bars: Bars) -> Alarms:
        """Those rows alone that bars at or above these can ever concern."""
        rows = self.flags(bars).any(axis=1)
        return Alarms(self.levels[rows], self.langs[rows], self.groups[rows], self.allowed)


def hold(lowest: Bars, curves: Floats, alarms: Alarms) -> Bars:
    """The bars at or above `lowest` with about the best F1 under which no group has more alarms than it may.

    Bars rise one at a time, each time where the most alarms too many go for the least F1; then those that rose for
    nothing sink again.

    Args:
        lowest: [labels, languages]
        curves: [labels, languages, levels]: F1 at each bar, NaN where no set knows.
    """
    costs, alarms = _costs(curves, lowest), alarms.reaching(lowest)
    bars = lowest.copy()
    while (excess := alarms.excess(flags := alarms.flags(bars))).any():
        steps = {slot: _best_rise(slot, bars, costs, alarms, flags, excess) for slot in np.ndindex(*bars.shape)}
        slot = max(steps, key=lambda one: steps[one][0])
        if steps[slot][0] <= 0:
            break  # scores of 1 stay above any bar
        bars[slot] = steps[slot][1]
    return sink(bars, lowest, curves, alarms)


def _costs(curves: Floats, lowest: Bars) -> Floats:
    """[labels, languages, levels]: F1 lost at a bar against the best one at or above the lowest."""
    logits = np.log(np.clip(LEVELS, 1e-4, 1 - 5e-5) / (1 - np.clip(LEVELS, 1e-4, 1 - 5e-5)))
    costs = np.empty_like(curves)
    for slot in np.ndindex(*lowest.shape):
        known = not np.isnan(curves[slot][0])
        guess = UNKNOWN_COST * (logits - logits[lowest[slot]])
        costs[slot] = curves[slot][lowest[slot] :].max() - curves[slot] if known else guess
    return costs


def _best_rise(
    slot: tuple[int, ...], bars: Bars, costs: Floats, alarms: Alarms, flags: Flags, excess: Ints
) -> tuple[float, int]:
    """How many alarms too many the best new bar takes away for its F1, and that bar.

    A post with several labels is shared among them: each has to rise until it is gone.
    """
    column, lang = slot
    rows = flags[:, column] & (alarms.langs == lang) & (excess[alarms.groups] > 0)
    if not rows.any():
        return 0.0, int(bars[slot])
    parts = 1 / flags[rows].sum(axis=1)
    gains = np.zeros((len(LEVELS) + 1, len(excess)))
    np.add.at(gains, (alarms.levels[rows, column] + 1, alarms.groups[rows]), parts)
    total = np.minimum(gains.cumsum(axis=0), excess).sum(axis=1)[: len(LEVELS)]
    price = np.maximum(costs[slot] - costs[slot][bars[slot]], 0.0) + _ALMOST_NOTHING
    ratios = np.where(np.arange(len(LEVELS)) > bars[slot], total / price, 0.0)
    best = int(ratios.argmax())
    return float(ratios[best]), best


def sink(bars: Bars, lowest: Bars, curves: Floats, alarms: Alarms) -> Bars:
    """Lower what can be lowered without an alarm more than a group may have or has, the most F1 first."""
    costs, alarms = _costs(curves, lowest), alarms.reaching(lowest)
    bars = bars.copy()
    while True:
        best, gained = (0, 0), 0.0
        for slot in np.ndindex(*bars.shape):
            level = _lowest_bearable(slot, bars, lowest, alarms)
            choice = level + int(costs[slot][level : bars[slot] + 1].argmin())
            gain = float(costs[slot][bars[slot]] - costs[slot][choice])
            if gain > gained + _ALMOST_NOTHING:
                best, gained, new = slot, gain, choice
        if not gained:
            return bars
        bars[best] = new


def _lowest_bearable(slot: tuple[int, ...], bars: Bars, lowest: Bars, alarms: Alarms) -> int:
    """By halving: a lower bar has more alarms."""
    low, high = int(lowest[slot]), int(bars[slot])
    allowed = alarms.excess(alarms.flags(bars))
    trial = bars.copy()
    while low < high:
        trial[slot] = (low + high) // 2
        if (alarms.excess(alarms.flags(trial)) > allowed).any():
            low = int(trial[slot]) + 1
        else:
            high = int(trial[slot])
    return high


def pooled(groups: NDArray[np.str_], rate: float) -> NDArray[np.str_]:
    """Groups that are held to a rate each: those large enough to stand alone, and the rest of a language and table."""
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    own = [
        str(name) if size * rate >= ALONE else str(name).rpartition("/")[0] + "/small domains"
        for name, size in zip(names, sizes, strict=True)
    ]
    return np.array(own)[members]


def lang_numbers(posts: Posts) -> Ints:
    """[rows]: positions in LANGS."""
    return np.array([LANGS.index(str(lang)) for lang in posts.langs], dtype=np.int64)


def levels_of(scores: Floats) -> Ints:
    """The highest level that each score reaches, -1 for none: a label stands if its bar is no higher."""
    return np.asarray(np.searchsorted(LEVELS, scores, side="right") - 1)
