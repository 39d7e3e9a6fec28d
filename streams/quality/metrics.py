"""The last figures as metrics: `tidegate reviews follow` exposes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from models.labels import POST_LABELS
from schemas import Quality
from schemas.quality import Figure, Figures, Interval
from streams.health import families as of
from streams.health.family import Family
from streams.health.vitals import Beat
from streams.health.words import ALL, BOUNDS
from streams.reviews.figures import ACTIONS

Share = Figure | Interval | None
Shares = Mapping[tuple[str, ...], Share]
"""By what they are of where they are of something: an action or a label."""
Row = tuple[tuple[str, str], Figures]
"""Behind task and language."""


class QualityMetrics(Collector):
    """Shows nothing of a figure that has no row, and no labels but the model's: those of a policy are any words."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown_at = clock()
        self._last: Quality | None = None

    def show(self, quality: Quality) -> None:
        self._last, self._shown_at = quality, self._clock()

    def look(self) -> Beat:
        """Nothing is ever in flight."""
        return Beat(0.0, 0)

    def collect(self) -> Iterator[Metric]:
        yield of.REVIEWED_AGE.of(self._clock() - self._shown_at)
        last = self._last
        yield of.REVIEWED_WINDOW.by([] if last is None else [((), (last.until - last.since).total_seconds())])
        rows = [] if last is None else _rows(last)
        yield of.REVIEWED_VERDICTS.by((where, one.reviewed) for where, one in rows)
        yield _bounded(of.REVIEWED_ACTIONS, rows, lambda one: _by(ACTIONS, dict(one.precision.actions)))
        yield _bounded(of.REVIEWED_LABELS, rows, lambda one: _by(POST_LABELS, one.precision.labels))
        yield _bounded(of.REVIEWED_MISSED, rows, lambda one: {(): one.missed.of_allowed})
        yield _bounded(of.REVIEWED_RECALL, rows, lambda one: {(): one.missed.recall})
        yield _bounded(of.REVIEWED_LABEL_RECALL, rows, lambda one: _by(POST_LABELS, one.missed.labels))
        yield _bounded(of.REVIEWED_AGREEMENT, rows, lambda one: {(): one.agreement.share})
        yield of.REVIEWED_KAPPA.by(
            (where, one.agreement.kappa) for where, one in rows if one.agreement.kappa is not None
        )


def _rows(quality: Quality) -> list[Row]:
    return [((quality.task, lang), one) for lang, one in {ALL: quality.figures, **quality.languages}.items()]


def _bounded(family: Family, rows: Iterable[Row], pick: Callable[[Figures], Shares]) -> Metric:
    """Shares and both ends of their intervals."""
    samples: list[tuple[Sequence[str], float]] = []
    for where, one in rows:
        for word, figure in pick(one).items():
            if figure is not None and figure.value is not None:
                samples += [((*where, *word, bound), getattr(figure, bound)) for bound in BOUNDS]
    return family.by(samples)


def _by(words: Iterable[str], shares: Mapping[str, Share]) -> Shares:
    return {(word,): shares[word] for word in words if word in shares}
