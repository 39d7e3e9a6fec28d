"""The posts of a suite with what an artifact says of them, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from rich.console import Console
from rich.progress import Progress

from models.artifact import EARLY_HEAD
from models.evaluation.rows import EvaluationError, Row
from models.evaluation.scoring import CHUNK, Served, score_rows
from models.evaluation.statistics import Floats
from models.evaluation.suite.sets import SuiteSet, half_of
from models.labels import POST_LABELS
from models.serving.types import Depth
from models.training.bars import Posts

Advance = Callable[[int], None]


@dataclass(slots=True, frozen=True)
class SuitePosts:
    """The labelled posts of a suite, in the order in which they are scored."""

    fit: Sequence[Row]
    """Half of the rows of the sets, by a hash: what calibration and thresholds are chosen by."""
    shown: Sequence[Row]
    """The other half: what the figures are of."""
    ordinary: Sequence[Row]
    """Those that should get no label."""

    @classmethod
    def of(cls, sets: Sequence[SuiteSet], any_label: bool = False) -> SuitePosts:
        """Ordinary are the sets of domains, and of the half that is fitted on the categories without labels.

        `any_label`: whether a label of which a table of ordinary text claims nothing counts as wrong, too.

        Raises EvaluationError where one of the two kinds is missing.
        """
        rows = [_named(one, row) for one in sets if not one.is_ordinary for row in one.rows if row.labels]
        halves = [[row for row in rows if half_of(row) == half] for half in (0, 1)]
        ordinary = [_in_domain(one, row) for one in sets if one.is_ordinary for row in one.rows if row.labels]
        clean = {(one.name, word) for one in sets for word, wanted in one.categories.items() if not wanted}
        ordinary += [
            replace(row, domain=f"{row.source}/{row.category}")
            for row in halves[0] if (row.source, row.category) in clean and not any(row.labels.values())
        ]  # fmt: skip
        if any_label:
            ordinary = [replace(row, labels=dict.fromkeys(POST_LABELS, 0)) for row in ordinary]
        if not all(halves) or not any(one.is_ordinary for one in sets):
            raise EvaluationError(
                "Thresholds need both: sets with labels, and tables of ordinary text, all with a `domain` and no label."
            )
        return cls(halves[0], halves[1], ordinary)


def scored(rows: Sequence[Row], served: Served, name: str) -> Posts:
    """Answers are let go chunk by chunk; `name` stands beside the bar on stderr.

    Groups are `language/table/domain` for ordinary text, else the set.
    """
    has_early = EARLY_HEAD in served.artifact.manifest.heads
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"scoring {name}", total=len(rows) * (2 if has_early else 1))
        scores, langs = _answers(rows, served, partial(bar.advance, task), Depth.FULL)
        early = _answers(rows, served, partial(bar.advance, task), Depth.EARLY)[0] if has_early else None
    targets = np.array([[row.labels.get(label, np.nan) for label in POST_LABELS] for row in rows], dtype=float)
    groups = np.array([f"{row.lang}/{row.domain}" if row.domain else row.source for row in rows])
    return Posts(scores, targets, np.array(langs), groups, early)


def _answers(rows: Sequence[Row], served: Served, advance: Advance, depth: Depth) -> tuple[Floats, list[str]]:
    """[rows, labels], and the languages as detected."""
    scores, langs = [], []
    for start in range(0, len(rows), CHUNK):
        for answer in score_rows(rows[start : start + CHUNK], served, advance, depth):
            scores.append(answer.scores.heads["post"])
            langs.append(answer.lang)
    return np.array(scores), langs


def _named(one: SuiteSet, row: Row) -> Row:
    """For its post labels alone."""
    return replace(row, source=one.name, domain="", classes={}, spans=None)


def _in_domain(one: SuiteSet, row: Row) -> Row:
    return replace(row, domain=f"{one.name.replace('/', '_')}/{row.domain}", classes={}, spans=None)
