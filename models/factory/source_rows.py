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
ORDINARY_SHARE: Final = 0.2
"""Rows of a source of ordinary text, likewise: there are more of these than of others, and all are negative."""


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
    """Of every source at most `most` / 2 rows of either kind of each label to teach, and half as many that are held
    out, in the sources' order; of ordinary text fewer, and none held out."""
    rows: list[Example] = []
    taught: list[bool] = []
    for examples, count, teaches in ((train, most / 2, True), (held, most / 2 * HELD_SHARE, False)):
        members: dict[str, list[Example]] = defaultdict(list)
        for example in examples:
            is_asked = teaches or not example.domain  # ordinary text has one kind of rows: nothing to rank
            if is_asked and example.source not in COPIES:
                members[example.source].append(example)
        for _, own in sorted(members.items()):
            share = ORDINARY_SHARE if own[0].domain else 1.0
            drawn = _draw(own, count * share, np.random.default_rng([seed, len(rows)]))
            rows += drawn
            taught += [teaches] * len(drawn)
    targets = np.array([e.post for e in rows], dtype=np.float32)
    return Drawn([e.text for e in rows], np.array([e.source for e in rows]), targets, np.array(taught, dtype=bool))


def _draw(examples: Sequence[Example], count: float, random: np.random.Generator) -> list[Example]:
    """The first of either kind of each label in one random order: a row that is of several kinds counts for all."""
    targets = np.array([e.post for e in examples])
    order = random.permutation(len(examples))
    drawn: set[int] = set()
    for column in range(targets.shape[1]):
        for value in (1.0, 0.0):
            drawn.update(order[targets[order, column] == value][: round(count)].tolist())
    return [examples[place] for place in sorted(drawn)]


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
