"""Labels and actions on posts that deserve none, and the share of a category that is labelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.artifact import Artifact
from models.evaluation.resampling import Figure, share
from models.evaluation.scoring import Answer
from models.evaluation.statistics import Ints
from models.evaluation.suite.sets import SuiteSet
from models.labels import POST_LABELS

Verdict = tuple[Sequence[str], bool]
"""The labels that stand, and whether anything is done about the post."""
Judge = Callable[[Sequence[float], str], Verdict]
"""What is made of the scores of a post in a language; see `by_thresholds`."""


@dataclass(slots=True, frozen=True)
class FalseAlarms:
    """Posts of one domain of ordinary text, in one language. Figures are per thousand posts."""

    set: str
    lang: str
    domain: str
    """`all`: of all domains of the language."""
    rows: int
    labelled: Figure
    """Posts with any label."""
    wrong: Figure
    """Posts with a label that is known to be wrong; a table leaves those empty of which it claims nothing."""
    acted: Figure
    labels: dict[str, float]
    """{label: posts with it}, of those that occur."""


@dataclass(slots=True, frozen=True)
class CategoryShare:
    """Posts of one category of a set. Figures are shares."""

    set: str
    category: str
    wanted: tuple[str, ...]
    """Labels of which one makes a post count as labelled; none: any label does."""
    rows: int
    labelled: Figure
    acted: Figure


def by_thresholds(artifact: Artifact) -> Judge:
    """The judge that knows no policy: labels by the artifact's thresholds, and no actions."""
    bars = {lang: [artifact.threshold(label, lang) for label in POST_LABELS] for lang in ("en", "zh", "other")}

    def judge(scores: Sequence[float], lang: str) -> Verdict:
        return [
            label for label, score, bar in zip(POST_LABELS, scores, bars[lang], strict=True) if score >= bar
        ], False  # fmt: skip

    return judge


def verdicts_of(answers: Sequence[Answer], judge: Judge) -> list[Verdict]:
    return [judge(answer.scores.heads["post"].tolist(), answer.lang) for answer in answers]


def false_alarms(one: SuiteSet, verdicts: Sequence[Verdict], confidence: float) -> Iterator[FalseAlarms]:
    """By language and domain, the worst domain first, behind the line of the whole language."""
    langs = np.array([row.lang for row in one.rows])
    domains = np.array([row.domain for row in one.rows])
    for lang in np.unique(langs):
        here = np.flatnonzero(langs == lang)
        yield _alarms(one, str(lang), "all", here, verdicts, confidence)
        groups = [(str(name), here[domains[here] == name]) for name in np.unique(domains[here])]
        found = [_alarms(one, str(lang), name, members, verdicts, confidence) for name, members in groups]
        yield from sorted(found, key=lambda alarms: -alarms.labelled.value)


def category_shares(one: SuiteSet, verdicts: Sequence[Verdict], confidence: float) -> Iterator[CategoryShare]:
    for category, wanted in one.categories.items():
        own = [verdict for row, verdict in zip(one.rows, verdicts, strict=True) if row.category == category]
        labelled = sum(bool(set(labels) & set(wanted or labels)) for labels, _ in own)
        acted = sum(acts for _, acts in own)
        shares = [share(hits, len(own), confidence) for hits in (labelled, acted)]
        yield CategoryShare(one.name, category, wanted, len(own), *shares)


def _alarms(
    one: SuiteSet, lang: str, domain: str, members: Ints, verdicts: Sequence[Verdict], confidence: float
) -> FalseAlarms:
    own = [(one.rows[place], *verdicts[place]) for place in members]

    def per_thousand(hits: int) -> Figure:
        return share(hits, len(own), confidence, per=1000)

    by_label = {label: sum(label in labels for _, labels, _ in own) for label in POST_LABELS}
    return FalseAlarms(
        one.name,
        lang,
        domain,
        len(own),
        labelled=per_thousand(sum(bool(labels) for _, labels, _ in own)),
        wrong=per_thousand(sum(any(label in row.labels for label in labels) for row, labels, _ in own)),
        acted=per_thousand(sum(acts for *_, acts in own)),
        labels={label: round(1000 * hits / len(own), 2) for label, hits in by_label.items() if hits},
    )
