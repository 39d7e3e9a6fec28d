"""Two or more models on the same rows of a suite: paired differences, and mean ranks over its sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.artifact import Artifact
from models.evaluation.figures import groups, labelled
from models.evaluation.resampling import Bootstrap, Figure
from models.evaluation.scoring import Answer
from models.evaluation.statistics import BinaryCells
from models.evaluation.suite.report import SuiteReport
from models.evaluation.suite.sets import SuiteSet

Side = tuple[Artifact, Sequence[Sequence[Answer]]]
"""A model and its answers to each set."""


@dataclass(slots=True, frozen=True)
class Difference:
    """How much the second model is better than the first on one label in one language of a set, in points."""

    set: str
    lang: str
    label: str
    rows: int
    positives: int
    figures: Mapping[str, Figure]
    """Of resamples in which both meet the same rows; an interval that holds 0 may be chance."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"figures": {name: figure._asdict() for name, figure in self.figures.items()}}


def differences(sets: Sequence[SuiteSet], first: Side, second: Side, bootstrap: Bootstrap) -> Iterator[Difference]:
    """A difference for each label and language of each set that has both classes."""
    for number, one in enumerate(sets):
        if one.is_ordinary:
            continue
        sides = [labelled(one.rows, answers[number], artifact) for artifact, answers in (first, second)]
        for a, b in zip(*sides, strict=True):
            for by, lang, members in groups(one.rows, a.places):
                targets = a.targets[members]
                if by == "lang" and 0 < targets.sum() < len(targets):
                    cells = [
                        BinaryCells.with_members(targets, side.scores[members], side.flagged[members])
                        for side in (a, b)
                    ]
                    figures = bootstrap.differences(cells[0], cells[1])
                    yield Difference(one.name, lang, a.label, len(members), int(targets.sum()), figures)


def mean_ranks(reports: Sequence[SuiteReport]) -> list[float]:
    """By the mean AUROC of each set, 1 the best; models that are even share their ranks."""
    values = np.array([[summary.auroc for summary in report.summaries] for report in reports])
    if not values.size:
        return []
    better = (values[None, :, :] > values[:, None, :]).sum(axis=1)
    even = (values[None, :, :] == values[:, None, :]).sum(axis=1)
    return [round(float(rank), 2) for rank in (better + (even + 1) / 2).mean(axis=1)]
