"""Thresholds for the world: as many labels found on sets of other origins as ordinary text can bear.

Every label in every language has a bar; `bars` raises those with the best F1 on the sets as far as ordinary text needs.
Pure: scores in, thresholds out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.artifact import OPERATING_POINTS, OperatingPoint
from models.evaluation.statistics import Flags, Floats, Ints
from models.false_alarms import PER_THOUSAND
from models.labels import POST_LABELS
from models.training.bars import LANGS, LEVELS, Alarms, Bars, Posts, hold, lang_numbers, levels_of, sink

OTHER: Final = LANGS.index("other")
OTHER_FROM: Final = 0.9
"""Lowest bar in a language that the model does not know."""
MIN_POSITIVES: Final = 15
"""And negatives: a set with fewer of a label in a language says nothing of it."""


@dataclass(slots=True, frozen=True)
class Rates:
    """The most ordinary posts of any domain that may get a label that is known to be wrong, and be acted on."""

    labelled: float
    acted: float


def rates_of(per_thousand: float = PER_THOUSAND) -> dict[str, Rates]:
    """Strict bears four times as many false alarms as balanced, lenient a fifth; a fifth of them may be acted on."""
    balanced = per_thousand / 1000
    return {
        name: Rates(balanced * share, balanced * share / 5)
        for name, share in zip(OPERATING_POINTS, (4.0, 1.0, 0.2), strict=True)
    }


def choose_points(
    sets: Posts, ordinary: Posts, before: Mapping[str, Mapping[str, float]], rates: Mapping[str, Rates]
) -> dict[str, OperatingPoint]:
    """The operating points by name. Balanced has the best bars for its rate; none of strict is above, none of lenient
    below them.

    Args:
        before: thresholds to start from where no set knows a label in a language, on the scale of the scores.
    """
    curves = _curves(sets)
    known = ordinary.where(ordinary.langs != LANGS[OTHER])  # nothing is ever done about the others
    alarms = {name: (Alarms.of(ordinary, rate.labelled), Alarms.of(known, rate.acted)) for name, rate in rates.items()}
    best = _starting_bars(curves, before)
    bars = {"balanced": hold(best, curves, alarms["balanced"][0])}
    acting = {"balanced": hold(bars["balanced"], curves, alarms["balanced"][1])}
    bars["strict"] = sink(bars["balanced"], best, curves, alarms["strict"][0])
    acting["strict"] = sink(acting["balanced"], bars["strict"], curves, alarms["strict"][1])
    bars["lenient"] = hold(bars["balanced"], curves, alarms["lenient"][0])
    acting["lenient"] = hold(np.maximum(acting["balanced"], bars["lenient"]), curves, alarms["lenient"][1])
    return {
        name: OperatingPoint(
            thresholds=_by_label(bars[name]),
            acts_from={label: {**own, LANGS[OTHER]: None} for label, own in _by_label(acting[name]).items()},
        )
        for name in OPERATING_POINTS
    }


def flagged(posts: Posts, thresholds: Mapping[str, Mapping[str, float | None]]) -> Flags:
    """[rows, labels]: whether a label stands; None: it never does."""
    bars = np.array([[_bar(thresholds[label], lang) for label in POST_LABELS] for lang in LANGS])
    return np.asarray(posts.scores >= bars[lang_numbers(posts)])


def _bar(by_language: Mapping[str, float | None], lang: str) -> float:
    bar = by_language.get(lang)
    return np.inf if bar is None else bar


def _by_label(bars: Bars) -> dict[str, dict[str, float]]:
    return {
        label: {lang: float(LEVELS[bar]) for lang, bar in zip(LANGS, own, strict=True)}
        for label, own in zip(POST_LABELS, bars, strict=True)
    }


def _curves(sets: Posts) -> Floats:
    """[labels, languages, levels]: mean F1 over the sets that know the label in the language, each counting alike;
    NaN where none does."""
    curves = np.full((len(POST_LABELS), len(LANGS), len(LEVELS)), np.nan)
    langs, levels = lang_numbers(sets), levels_of(sets.scores)
    for column in range(len(POST_LABELS)):
        for lang in range(OTHER):
            found = []
            for name in np.unique(sets.groups):
                here = (sets.groups == name) & (langs == lang) & ~np.isnan(sets.targets[:, column])
                truth = sets.targets[here, column] == 1
                if min(truth.sum(), (~truth).sum()) >= MIN_POSITIVES:
                    found.append(_f1(truth, levels[here, column]))
            if found:
                curves[column, lang] = np.mean(found, axis=0)
    return curves


def _f1(truth: Flags, levels: Ints) -> Floats:
    """[levels]: at each bar."""

    def reaching(rows: Flags) -> Floats:
        counts = np.bincount(levels[rows] + 1, minlength=len(LEVELS) + 1).astype(float)
        return np.asarray(counts[::-1].cumsum()[::-1][1:])

    return np.asarray(2 * reaching(truth) / (reaching(np.ones_like(truth)) + truth.sum()))


def _starting_bars(curves: Floats, before: Mapping[str, Mapping[str, float]]) -> Bars:
    """The best F1, else the threshold of before; in other languages the highest of the label, and OTHER_FROM."""
    bars = np.zeros(curves.shape[:2], dtype=np.int64)
    for column, label in enumerate(POST_LABELS):
        for lang in range(OTHER):
            known = not np.isnan(curves[column, lang, 0])
            best = len(LEVELS) - 1 - curves[column, lang, ::-1].argmax() if known else 0
            bars[column, lang] = best if known else np.searchsorted(LEVELS[:-1], before[label][LANGS[lang]])
        bars[column, OTHER] = max(int(bars[column].max()), int(np.searchsorted(LEVELS, OTHER_FROM)))
    return bars
