"""Two models on the same rows: which decisions change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.artifact import Artifact
from models.evaluation.figures import predicted_class
from models.evaluation.rows import Row
from models.evaluation.scoring import Answer
from models.labels import CLASS_HEADS, POST_LABELS

MAX_EXAMPLES: Final = 12


@dataclass(slots=True, frozen=True)
class Change:
    """How the decisions of A and B on one label differ, in one language; for classes `label` is empty."""

    head: str
    label: str
    lang: str
    rows: int
    only_a: int | None
    """Rows that A alone flags; None for classes."""
    only_b: int | None
    agreement: float
    """Share of rows with the same decision, or the same class by name."""
    mean_change: float | None
    """Mean absolute change of a score; None where the classes themselves differ."""


@dataclass(slots=True, frozen=True)
class Example:
    """A post that the two decide differently on. It holds a text: for a terminal, never for a log or a file."""

    label: str
    lang: str
    text: str
    score_a: float
    score_b: float
    flagged_by: str
    """A or B"""


Side = tuple[Artifact, Sequence[Answer]]


def compare(rows: Sequence[Row], a: Side, b: Side) -> list[Change]:
    """A change for each label and language, and for each head of classes that both have."""
    return [*_post_changes(rows, a, b), *_class_changes(rows, a, b)]


def examples(rows: Sequence[Row], a: Side, b: Side, limit: int = MAX_EXAMPLES) -> list[Example]:
    """The changed decisions with the largest change of score, of no label more than its share."""
    found: list[Example] = []
    for column, label in enumerate(POST_LABELS):
        own = list(_changed(rows, a, b, column, label))
        own.sort(key=lambda one: -abs(one.score_a - one.score_b))
        found += own[: max(2, limit // len(POST_LABELS))]
    found.sort(key=lambda one: -abs(one.score_a - one.score_b))
    return found[:limit]


def _changed(rows: Sequence[Row], a: Side, b: Side, column: int, label: str) -> Iterator[Example]:
    for place in _posts(rows):
        first, second = (_decision(side, place, column, label) for side in (a, b))
        if first[1] != second[1]:
            by = "A" if first[1] else "B"
            yield Example(label, a[1][place].lang, rows[place].text, first[0], second[0], by)


def _post_changes(rows: Sequence[Row], a: Side, b: Side) -> Iterator[Change]:
    places = _posts(rows)
    langs = np.array([a[1][place].lang for place in places])
    for column, label in enumerate(POST_LABELS if places else ()):
        first, second = (np.array([_decision(side, place, column, label) for place in places]) for side in (a, b))
        for lang in np.unique(langs):
            here = langs == lang
            only_a = int((here & (first[:, 1] > second[:, 1])).sum())
            only_b = int((here & (first[:, 1] < second[:, 1])).sum())
            count = int(here.sum())
            moved = float(np.abs(first[here, 0] - second[here, 0]).mean())
            agreement = round(1 - (only_a + only_b) / count, 4)
            yield Change("post", label, str(lang), count, only_a, only_b, agreement, round(moved, 4))


def _class_changes(rows: Sequence[Row], a: Side, b: Side) -> Iterator[Change]:
    for head in CLASS_HEADS:
        sides = [(artifact.manifest.heads.get(head), answers) for artifact, answers in (a, b)]
        places = [i for i in range(len(rows)) if all(head in answers[i].scores.heads for _, answers in sides)]
        langs = np.array([rows[i].lang or a[1][i].lang for i in places])
        for lang in np.unique(langs):
            own = [place for place, here in zip(places, langs == lang, strict=True) if here]
            names, values = [], []
            for spec, answers in sides:
                assert spec is not None
                names.append([spec.labels[predicted_class(answers[i], head, spec.kind == "ordinal")] for i in own])
                values.append(np.array([answers[i].scores.heads[head] for i in own]))
            agreement = float(np.mean([x == y for x, y in zip(*names, strict=True)]))
            same = values[0].shape == values[1].shape
            moved = round(float(np.abs(values[0] - values[1]).mean()), 4) if same else None
            yield Change(head, "", str(lang), len(own), None, None, round(agreement, 4), moved)


def _posts(rows: Sequence[Row]) -> list[int]:
    return [place for place, row in enumerate(rows) if row.task == "posts"]


def _decision(side: Side, place: int, column: int, label: str) -> tuple[float, bool]:
    """The score of a label, and whether it is flagged."""
    artifact, answers = side
    score = float(answers[place].scores.heads["post"][column])
    return score, score >= artifact.threshold(label, answers[place].lang)
