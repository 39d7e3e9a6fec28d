"""The rows on which sources are judged: a few of each source, and those of sets of other origins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.augmentation.company import SOURCE as COMPANY
from models.augmentation.contrast import SOURCE as CONTRAST
from models.evaluation.rows import Row
from models.evaluation.statistics import Flags, Floats, Ints
from models.evaluation.suite.sets import SuiteSet
from models.examples import Example
from models.factory.ablation_suite import ENOUGH
from models.labels import POST_LABELS

COPIES: Final = (CONTRAST, COMPANY)
"""Made of the rows of other sources: with them a source that is left out would still be there."""
HELD_SHARE: Final = 0.5
"""Rows of a source that are held out, as a share of those that may teach."""


@dataclass(slots=True, frozen=True)
class Drawn:
    """Rows with a post label. Arrays of equal length."""

    texts: list[str]
    sources: NDArray[np.str_]
    targets: NDArray[np.float32]
    """[rows, labels]: 1, 0, or NaN where nobody labelled."""
    taught: Flags
    """Of training; the others are held out."""


@dataclass(slots=True, frozen=True)
class Asked:
    """Rows of one origin that are labelled for one label. `places` are among all texts that are read."""

    name: str
    places: Ints
    truth: Floats


def draw_rows(train: Sequence[Example], held: Sequence[Example], most: int, seed: int) -> Drawn:
    """At most `most` rows of every source that teach, and half as many that are held out, in the sources' order.

    Of the rows of a source, both kinds of every label take turns: a rare label is there as far as it goes.
    """
    rows: list[Example] = []
    taught: list[bool] = []
    for examples, count, teaches in ((train, most, True), (held, round(most * HELD_SHARE), False)):
        members: dict[str, list[Example]] = defaultdict(list)
        for example in examples:
            if example.source not in COPIES and not np.isnan(example.post).all():
                members[example.source].append(example)
        for _, own in sorted(members.items()):
            drawn = _draw(own, count, np.random.default_rng([seed, len(rows)]))
            rows += drawn
            taught += [teaches] * len(drawn)
    targets = np.array([e.post for e in rows], dtype=np.float32)
    return Drawn([e.text for e in rows], np.array([e.source for e in rows]), targets, np.array(taught, dtype=bool))


def _draw(examples: Sequence[Example], count: int, random: np.random.Generator) -> list[Example]:
    targets = np.array([e.post for e in examples])
    order = random.permutation(len(examples))
    turns = np.full(len(examples), len(examples))
    for column in range(targets.shape[1]):
        for value in (1.0, 0.0):
            kind = order[targets[order, column] == value]
            turns[kind] = np.minimum(turns[kind], np.arange(len(kind)))
    return [examples[place] for place in np.argsort(turns, kind="stable")[:count]]


def foreign_rows(sets: Sequence[SuiteSet], first: int) -> tuple[list[str], dict[str, list[Asked]]]:
    """The texts of all sets as the service reads them, to which places from `first` belong, and the rows by label."""
    texts: list[str] = []
    asked: dict[str, list[Asked]] = {label: [] for label in POST_LABELS}
    for one in sets:
        start = first + len(texts)
        texts += [row.read()[1][0].text for row in one.rows]
        for label in POST_LABELS:
            said = {place: known for place, row in enumerate(one.rows) if (known := _said(row, one, label)) is not None}
            truth = np.array(list(said.values()), dtype=np.float64)
            if min((truth == 1).sum(), (truth == 0).sum()) >= ENOUGH:
                asked[label].append(Asked(one.name, np.array(list(said), dtype=np.int64) + start, truth))
    return texts, asked


def _said(row: Row, one: SuiteSet, label: str) -> int | None:
    """What is true of a row: by its labels, or by its kind of harm, which asks for some labels or forbids all."""
    if label in row.labels:
        return row.labels[label]
    if row.category not in one.categories:
        return None
    wanted = one.categories[row.category]
    return 1 if label in wanted else None if wanted else 0
