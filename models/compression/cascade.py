"""Chooses, on dev, below which early scores a post is clean enough to need no deeper layers, and says what that costs.

Knows scores only, not the model: the early head's and the full model's, [rows, labels], in the order of POST_LABELS.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.artifact import Cascade
from models.labels import POST_LABELS

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]
Thresholds = Mapping[str, Mapping[str, float]]


def choose_clean_thresholds(
    early: Floats,
    full: Floats,
    thresholds: Thresholds,
    langs: Sequence[str],
    sets: Sequence[str | None] = (),
    loss: float = 0.005,
) -> Cascade:
    """Bars under which at most the share `loss` of what the full model flags is lost: of each label in each language,
    and of all flagged posts of a language and of a set. Of fewer than 1 / `loss` flags none is lost. No bar is above a
    threshold of its label, so an early answer has no labels.

    A set counts for itself, or one of quiet remarks loses what the others of its language save: templates about groups
    lost .9 % of their posts where Chinese as a whole lost .3.

    That is kept on these rows; new ones lose a little more (0.67 % for 0.5 %, chosen on 4,800 rows), so the shares in
    the result are counted on halves, each under the bars of the other. Scores are probabilities as served, rounded.

    Args:
        sets: of each row where it comes from; None, or no sets at all: its loss counts with its language alone.
    """
    flags = _flags(full, thresholds, langs)
    groups = _groups(flags, np.array(langs), np.array([name or "" for name in sets], dtype=np.str_))
    highest = np.array([min(thresholds[label].values()) for label in POST_LABELS])
    clean = np.zeros(len(early), np.bool_)
    for first in (0, 1):
        here, other = slice(first, None, 2), slice(1 - first, None, 2)
        clean[here] = _clean(early[here], _choose(early[other], groups[other], highest, loss))
    bars = _choose(early, groups, highest, loss)
    return Cascade(
        clean_below={label: float(bar) for label, bar in zip(POST_LABELS, bars, strict=True)},
        **_shares(clean, np.asarray(flags.any(axis=1))),
    )


def _choose(early: Floats, groups: Flags, highest: Floats, loss: float) -> Floats:
    """Greedy: all bars start at their highest, and again and again the one is lowered that sends the most lost flags on
    to the full model for each unflagged post that must go with them. In the end each is raised again as far as the
    others let it. (Chosen one by one they would pay for each label's own blind spots, where mostly another label's
    score is raised.)
    """
    flagged = groups.any(axis=1)
    allowance = loss * groups.sum(axis=0)

    def beyond(bars: Floats) -> Flags:
        """[rows]: all lost flags of the groups that lose more than they may."""
        lost = groups & _clean(early, bars)[:, None]
        return np.asarray(lost[:, lost.sum(axis=0) > allowance].any(axis=1))

    bars = highest.copy()
    while (lost := beyond(bars)).any():
        given_up = _clean(early, bars) & ~flagged
        steps = [_best_step(early[lost, column], early[given_up, column]) for column in range(len(bars))]
        column = max(range(len(bars)), key=lambda one: steps[one])
        bars[column] = steps[column][1]
    for column, top in enumerate(highest):
        choice = np.append(np.unique(early[early[:, column] < top, column]), top)
        choice = choice[choice >= bars[column]]
        trials = np.tile(bars, (len(choice), 1))
        trials[:, column] = choice
        bars = trials[bisect_left(trials, True, key=lambda trial: bool(beyond(trial).any())) - 1]
    return bars


def is_clean(early: Floats, clean_below: Mapping[str, float]) -> Flags:
    """[rows]: whether the cascade answers with the early scores, probabilities as served, rounded."""
    return _clean(early, np.array([clean_below[label] for label in POST_LABELS]))


def _flags(full: Floats, thresholds: Thresholds, langs: Sequence[str]) -> Flags:
    """A language without a threshold of its own takes the highest, as in serving."""
    by_label = [thresholds[label] for label in POST_LABELS]
    bars = {lang: [own.get(lang, max(own.values())) for own in by_label] for lang in set(langs)}
    return full >= np.array([bars[lang] for lang in langs])


def _clean(early: Floats, bars: Floats) -> Flags:
    return np.asarray((early < bars).all(axis=1))


def _groups(flags: Flags, langs: NDArray[np.str_], sets: NDArray[np.str_]) -> Flags:
    """[rows, languages x (labels + 1) + sets]: whose loss is bounded; the last of a language, like a set, is any label.
    `sets`: an empty name is none.
    """
    flags = np.column_stack([flags, flags.any(axis=1)])
    by_lang = [flags & (langs == lang)[:, None] for lang in np.unique(langs)]
    by_set = [flags[:, -1:] & (sets == name)[:, None] for name in np.unique(sets) if name]
    return np.concatenate([*by_lang, *by_set], axis=1)


def _best_step(lost: Floats, unflagged: Floats) -> tuple[float, float]:
    """How much the best new bar gains for its cost, and that bar: rows at or above it are no longer clean."""
    bars = np.sort(lost)
    gains = len(lost) - np.searchsorted(bars, bars)
    costs = len(unflagged) - np.searchsorted(np.sort(unflagged), bars)
    ratios = gains / (costs + 1)
    best = int(ratios.argmax())
    return float(ratios[best]), float(bars[best])


def _shares(clean: Flags, flagged: Flags) -> dict[str, float]:
    def share(of: Flags) -> float:
        return round(float((clean & of).sum() / max(1, of.sum())), 4)

    return {"answered_early": share(~flagged), "flags_lost": share(flagged)}
