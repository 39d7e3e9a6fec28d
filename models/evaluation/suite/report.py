"""Every figure of a suite for one model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from models.artifact import Artifact
from models.evaluation.figures import Entry, binary_entry, class_entries, groups, labelled
from models.evaluation.resampling import Bootstrap
from models.evaluation.scoring import Answer, Served, score_rows
from models.evaluation.statistics import BinaryCells
from models.evaluation.suite.names import Meaning, named_entries
from models.evaluation.suite.ordinary import (
    CategoryShare,
    FalseAlarms,
    Judge,
    by_thresholds,
    category_shares,
    false_alarms,
    verdicts_of,
)
from models.evaluation.suite.sets import SuiteSet
from models.labels import CLASS_HEADS, POST_LABELS

ANY: Final = "any"
"""Any of the labels that the set knows: the highest of their scores, against a positive of any of them."""
MIN_EITHER: Final = 15
"""Positives and negatives that a label needs for its figures to enter a mean over sets."""


@dataclass(slots=True, frozen=True)
class SetEntry:
    """The figures of one label (or class head) in one language of a set."""

    set: str
    lang: str
    entry: Entry

    def as_dict(self) -> dict[str, Any]:
        return {"set": self.set, "lang": self.lang, **self.entry.as_dict()}


@dataclass(slots=True, frozen=True)
class SetSummary:
    """Means over the labels and languages of a set that have enough positives and negatives."""

    set: str
    rows: int
    auroc: float
    f1: float


@dataclass(slots=True, frozen=True)
class SuiteReport:
    """What a suite says of one model."""

    artifact: Artifact
    entries: tuple[SetEntry, ...]
    false_alarms: tuple[FalseAlarms, ...]
    categories: tuple[CategoryShare, ...]
    summaries: tuple[SetSummary, ...]
    names: tuple[SetEntry, ...] = ()
    """Figures by names that others gave, where they were asked for."""

    def mean(self, figure: str) -> float | None:
        """Over sets, each of which counts alike; None where no set has the figure."""
        values = [float(getattr(summary, figure)) for summary in self.summaries]
        return round(float(np.mean(values)), 4) if values else None

    @property
    def worst(self) -> SetSummary | None:
        """The set with the lowest mean AUROC."""
        return min(self.summaries, key=lambda summary: summary.auroc, default=None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; it holds no text and no id."""
        worst = self.worst
        return {
            "artifact": str(self.artifact.folder),
            "version": self.artifact.version,
            "mean_auroc": self.mean("auroc"),
            "mean_f1": self.mean("f1"),
            "worst_set": None if worst is None else worst.set,
            "sets": [asdict(summary) for summary in self.summaries],
            "entries": [one.as_dict() for one in self.entries],
            "names": [one.as_dict() for one in self.names],
            "false_alarms_per_thousand": [_plain(alarms) for alarms in self.false_alarms],
            "categories": [_plain(category) for category in self.categories],
        }


def score_sets(
    sets: Sequence[SuiteSet], served: Served, advance: Callable[[int], None] = lambda rows: None
) -> list[list[Answer]]:
    """The answers to the rows of each set."""
    return [score_rows(one.rows, served, advance) for one in sets]


def report(
    sets: Sequence[SuiteSet], answers: Sequence[Sequence[Answer]], artifact: Artifact, bootstrap: Bootstrap,
    judge: Judge | None = None, advance: Callable[[int], None] = lambda sets: None,
    meanings: Mapping[str, Meaning] | None = None,
) -> SuiteReport:  # fmt: skip
    """All figures; `advance` is called after each set. Without a `judge` labels stand by the artifact's thresholds.

    `meanings` are of names that others gave, and for which figures are wanted, too.
    """
    judge = judge or by_thresholds(artifact)
    entries: list[SetEntry] = []
    names: list[SetEntry] = []
    alarms: list[FalseAlarms] = []
    categories: list[CategoryShare] = []
    for one, own in zip(sets, answers, strict=True):
        if one.is_ordinary:
            alarms += false_alarms(one, verdicts_of(own, judge), bootstrap.confidence)
        else:
            entries += [SetEntry(one.name, entry.group, entry) for entry in _entries(one, own, artifact, bootstrap)]
            by_name = named_entries(one, own, meanings, judge, bootstrap) if meanings else ()
            names += [SetEntry(one.name, entry.group, entry) for entry in by_name]
            if one.categories:
                categories += category_shares(one, verdicts_of(own, judge), bootstrap.confidence)
        advance(1)
    summaries = [found for one in sets if (found := _summary(one, entries)) is not None]
    return SuiteReport(artifact, tuple(entries), tuple(alarms), tuple(categories), tuple(summaries), tuple(names))


def _entries(one: SuiteSet, answers: Sequence[Answer], artifact: Artifact, bootstrap: Bootstrap) -> Iterator[Entry]:
    """By language: of each label, of any label, and of each head of classes."""
    for label in labelled(one.rows, answers, artifact):
        for by, lang, members in groups(one.rows, label.places):
            if by == "lang":
                yield binary_entry(label, members, by, lang, bootstrap)
    yield from _any_entries(one, answers, artifact, bootstrap)
    for head in CLASS_HEADS:
        if any(head in row.classes for row in one.rows):
            found = class_entries(one.rows, answers, artifact, head, bootstrap)
            yield from (entry for entry in found if entry.by == "lang")


def _any_entries(one: SuiteSet, answers: Sequence[Answer], artifact: Artifact, bootstrap: Bootstrap) -> Iterator[Entry]:
    """The highest of several scores is no probability, so it has no calibration."""
    known = [column for column, label in enumerate(POST_LABELS) if any(label in row.labels for row in one.rows)]
    if len(known) < 2:
        return
    places = np.array([place for place, row in enumerate(one.rows) if row.labels])
    targets = np.array([float(max(one.rows[place].labels.values())) for place in places])
    bars = {
        lang: np.array([artifact.threshold(POST_LABELS[column], lang) for column in known])
        for lang in {answer.lang for answer in answers}
    }
    values = np.stack([np.asarray(answers[place].scores.heads["post"])[known] for place in places])
    flagged = np.array([(row >= bars[answers[place].lang]).any() for row, place in zip(values, places, strict=True)])
    scores = values.max(axis=1)
    for by, lang, members in groups(one.rows, places):
        if by == "lang":
            cells = BinaryCells.of(targets[members], scores[members], flagged[members])
            figures = {name: f for name, f in bootstrap.figures(cells).items() if name != "calibration_error"}
            yield Entry("post", ANY, by, lang, len(members), int(targets[members].sum()), {}, figures)


def _summary(one: SuiteSet, entries: Sequence[SetEntry]) -> SetSummary | None:
    own = [found.entry.figures for found in entries if found.set == one.name and _counts(found.entry)]
    if not own:
        return None
    auroc, f1 = (round(float(np.mean([figures[name].value for figures in own])), 4) for name in ("auroc", "f1"))
    return SetSummary(one.name, len(one.rows), auroc, f1)


def _counts(entry: Entry) -> bool:
    """Whether its figures enter the means of its set."""
    positives = entry.positives or 0
    return entry.head == "post" and entry.label != ANY and min(positives, entry.rows - positives) >= MIN_EITHER


def _plain(one: FalseAlarms | CategoryShare) -> dict[str, Any]:
    figures = {name: getattr(one, name)._asdict() for name in ("labelled", "wrong", "acted") if hasattr(one, name)}
    return asdict(one) | figures
