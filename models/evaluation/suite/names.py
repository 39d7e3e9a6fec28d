"""Figures by names that others gave: a name stands for one of our labels, or for several together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from models.evaluation.figures import Entry, groups
from models.evaluation.resampling import Bootstrap
from models.evaluation.scoring import Answer
from models.evaluation.statistics import MAX_LEVELS, BinaryCells
from models.evaluation.suite.ordinary import Judge
from models.evaluation.suite.sets import SuiteSet
from models.labels import POST_LABELS

NAMES: Final = "names"
"""In the place of a head."""
FIGURES: Final[tuple[str, ...]] = ("auroc", "f1")


class Meaning(Protocol):
    """What a name is here."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Ours that it is made of."""

    def score(self, scores: Mapping[str, float]) -> float:
        """Of a post with these scores of ours."""

    def stands(self, labels: Collection[str]) -> bool:
        """Whether a post with these labels of ours has it."""


def named_entries(
    one: SuiteSet, answers: Sequence[Answer], meanings: Mapping[str, Meaning], judge: Judge, bootstrap: Bootstrap
) -> Iterator[Entry]:
    """The figures of each name in each language of a set.

    A row counts for a name if all labels of that are known of it, and has the name if it would have it by those labels:
    what is true and what the model says are put together in one way.
    """
    known = {place: answers[place].scores.heads["post"].tolist() for place, row in enumerate(one.rows) if row.labels}
    ours = {place: dict(zip(POST_LABELS, scores, strict=True)) for place, scores in known.items()}
    found = {place: judge(scores, answers[place].lang)[0] for place, scores in known.items()}
    for name, meaning in meanings.items():
        places = np.array([place for place in known if set(meaning.labels) <= one.rows[place].labels.keys()])
        if not len(places):
            continue
        targets = np.array([float(meaning.stands(_true(one.rows[place].labels))) for place in places])
        scores = np.array([meaning.score(ours[place]) for place in places])
        flagged = np.array([meaning.stands(found[place]) for place in places])
        for by, lang, members in groups(one.rows, places):
            if by == "lang":
                sides = targets[members], scores[members], flagged[members]
                figures = bootstrap.figures(BinaryCells.of(*sides), BinaryCells.of(*sides, MAX_LEVELS))
                kept = {figure: figures[figure] for figure in FIGURES if figure in figures}
                yield Entry(NAMES, name, by, lang, len(members), int(targets[members].sum()), {}, kept)


def _true(labels: Mapping[str, int]) -> set[str]:
    return {label for label, value in labels.items() if value}
