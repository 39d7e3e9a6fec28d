"""Every figure of every head: over all rows, and by language, source and slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import Artifact
from models.evaluation.resampling import Bootstrap, Figure
from models.evaluation.rows import Row
from models.evaluation.scoring import Answer
from models.evaluation.statistics import (
    MAX_LEVELS,
    BinaryCells,
    ClassCells,
    Flags,
    Floats,
    Ints,
    MeanCells,
    character_f1,
)
from models.labels import CLASS_HEADS, POST_LABELS
from models.serving.spans import marked

Advance = Callable[[int], None]


@dataclass(slots=True, frozen=True)
class Entry:
    """Figures of one head, or one label of it, on one group of rows."""

    head: str
    label: str
    """Of the post head; empty for the others."""
    by: str
    """all, lang, source, slice, deformation or set"""
    group: str
    rows: int
    positives: int | None
    thresholds: Mapping[str, float]
    """{language: threshold}, for the languages that occur."""
    figures: Mapping[str, Figure]
    loss: Mapping[str, float] = field(default_factory=dict)
    """Of a deformation: points (hundredths) that a figure loses against the same posts as they were written."""

    def as_dict(self) -> dict[str, Any]:
        figures = {name: figure._asdict() for name, figure in self.figures.items()}
        return asdict(self) | {"figures": figures}


@dataclass(slots=True, frozen=True)
class Labelled:
    """What one label of the post head was scored on. Arrays of equal length."""

    label: str
    places: Ints
    """Of the rows that are labelled, among all."""
    targets: Floats
    scores: Floats
    flagged: Flags
    langs: NDArray[np.str_]
    """As detected, which is what the threshold goes by."""
    thresholds: Mapping[str, float]


def evaluate(
    rows: Sequence[Row], answers: Sequence[Answer], artifact: Artifact, bootstrap: Bootstrap,
    advance: Advance = lambda steps: None,
) -> list[Entry]:  # fmt: skip
    """Figures of all heads that the rows are labelled for; `advance` is called after each of `steps()`."""
    entries: list[Entry] = []
    for one in labelled(rows, answers, artifact):
        entries += [binary_entry(one, members, by, name, bootstrap) for by, name, members in groups(rows, one.places)]
        advance(1)
    for head in CLASS_HEADS:
        entries += class_entries(rows, answers, artifact, head, bootstrap)
        advance(1)
    entries += _span_entries(rows, answers, artifact, bootstrap)
    advance(1)
    return entries


def steps() -> int:
    """How often `evaluate` advances at most."""
    return len(POST_LABELS) + len(CLASS_HEADS) + 1


def labelled(rows: Sequence[Row], answers: Sequence[Answer], artifact: Artifact) -> Iterator[Labelled]:
    """The labels of the post head that any row is labelled for; a row without the label is left out."""
    for column, label in enumerate(POST_LABELS):
        places = [place for place, row in enumerate(rows) if label in row.labels]
        if not places:
            continue
        langs = np.array([answers[place].lang for place in places])
        thresholds = {str(lang): artifact.threshold(label, lang) for lang in np.unique(langs)}
        scores = np.array([_post(answers[place])[column] for place in places])
        yield Labelled(
            label,
            np.array(places),
            np.array([rows[place].labels[label] for place in places], dtype=float),
            scores,
            scores >= np.array([thresholds[lang] for lang in langs]),
            langs,
            thresholds,
        )


def groups(rows: Sequence[Row], places: Ints) -> Iterator[tuple[str, str, Ints]]:
    """(by, group, members): positions in `places`. A grouping into a single source or slice says nothing new."""
    yield "all", "all", np.arange(len(places))
    for by in ("lang", "source", "slice"):
        names = np.array([getattr(rows[place], by) for place in places])
        different = [str(name) for name in np.unique(names) if name]
        if by == "lang" or len(different) > 1 or (by == "slice" and different):
            for name in different:
                yield by, name, np.flatnonzero(names == name)


def binary_entry(one: Labelled, members: Ints, by: str, group: str, bootstrap: Bootstrap) -> Entry:
    """The figures of a label on some of its rows."""
    targets, scores, flagged = one.targets[members], one.scores[members], one.flagged[members]
    exact = BinaryCells.of(targets, scores, flagged)
    figures = bootstrap.figures(exact, BinaryCells.of(targets, scores, flagged, MAX_LEVELS))
    thresholds = {str(lang): one.thresholds[str(lang)] for lang in np.unique(one.langs[members])}
    return Entry("post", one.label, by, group, len(members), int(targets.sum()), thresholds, figures)


def class_entries(
    rows: Sequence[Row], answers: Sequence[Answer], artifact: Artifact, head: str, bootstrap: Bootstrap
) -> Iterator[Entry]:
    """The figures of a head of classes, over all rows that are labelled for it and by group."""
    places = np.array([place for place, row in enumerate(rows) if head in row.classes], dtype=np.int64)
    if not len(places):
        return
    is_ordinal = artifact.manifest.heads[head].kind == "ordinal"
    truth = np.array([rows[place].classes[head] for place in places])
    answer = np.array([predicted_class(answers[place], head, is_ordinal) for place in places])
    for by, name, members in groups(rows, places):
        cells = ClassCells.of(truth[members], answer[members], len(artifact.labels(head)), is_ordinal)
        yield Entry(head, "", by, name, len(members), None, {}, bootstrap.figures(cells))


def predicted_class(answer: Answer, head: str, is_ordinal: bool) -> int:
    """The likeliest class; of ordered ones the median, as in a triage verdict before its rules."""
    values: Floats = answer.scores.heads[head]
    if is_ordinal:
        return int(np.argmax(np.cumsum(values) >= 0.5 * values.sum() - 1e-9))
    return int(np.argmax(values))


def _span_entries(
    rows: Sequence[Row], answers: Sequence[Answer], artifact: Artifact, bootstrap: Bootstrap
) -> Iterator[Entry]:
    places = np.array([place for place, row in enumerate(rows) if row.spans is not None], dtype=np.int64)
    if not len(places):
        return
    langs = np.array([answers[place].lang for place in places])
    thresholds = {str(lang): artifact.threshold("spans", lang) for lang in np.unique(langs)}
    f1 = np.array([span_f1(rows[place], answers[place], thresholds[answers[place].lang]) for place in places])
    for by, name, members in groups(rows, places):
        known = {str(lang): thresholds[str(lang)] for lang in np.unique(langs[members])}
        figures = bootstrap.figures(MeanCells.of(f1[members].round(4), "character_f1"))
        yield Entry("spans", "", by, name, len(members), None, known, figures)


def span_f1(row: Row, answer: Answer, threshold: float) -> float:
    """Character F1 of one post, marked as in a verdict, white space left out.

    A clean post of the cascade has no spans.
    """
    wanted, found = (
        {i for start, end in side for i in range(start, end) if not row.text[i].isspace()}
        for side in (row.spans or (), marked(answer.readings, threshold))
    )
    return character_f1(wanted, found)


def _post(answer: Answer) -> Floats:
    return answer.scores.heads["post"]
