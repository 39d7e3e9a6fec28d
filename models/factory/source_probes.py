"""What each source of training rows is worth, without a training for each: linear probes on a hidden state.

For every label, one probe learns from some rows of all sources, one from those of all but one, and one from that source
alone. All are asked about rows that no probe has seen: of the source itself, of the others, and of sets of other
origins. A source from which only its own rows are learned teaches its own manner rather than the label.

The network stays as it is, and if it was trained it has met every source: leaving one out of a probe then shows less
than leaving it out of the training would. An encoder that has met none (`base`) shows more, of a weaker reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from models.evaluation.resampling import Figure
from models.evaluation.statistics import Floats, Ints
from models.factory.paired_auroc import auroc, auroc_gap, mean_gap
from models.factory.source_rows import Asked, Drawn
from models.labels import POST_LABELS

LEAST: Final = 20
"""Rows of either kind that a source must have of a label, both to teach and held out."""
MUCH: Final = 3.0
"""Points on its own rows from which on a source is said to teach itself."""
ONLY_ITSELF, HELPS, HURTS = "only itself", "helps", "hurts"
WEIGHT: Final = 0.01
"""Of the rows against the penalty (scikit-learn's C), for features of unit variance."""

Table = NDArray[np.float32]


@dataclass(slots=True, frozen=True)
class Worth:
    """What one source does for one label. AUROC as a share, differences in points with their intervals."""

    label: str
    source: str
    rows: int
    """Held out and labelled, of which so many are positive:"""
    positives: int
    without: float
    """AUROC on them of the probe that learned from all the other sources,"""
    whole: float
    """from all,"""
    alone: float
    """and from this one alone."""
    itself: Figure
    """Whole less without, on its own rows;"""
    apart: Figure
    """alone less without, on the same;"""
    others: Figure | None
    """whole less without, on the mean over the other sources that can be measured;"""
    suite: Figure | None
    """and on that over the sets of other origins that have the label."""

    @property
    def says(self) -> str:
        """In few words; "" where nothing can be told from chance."""
        elsewhere = [figure for figure in (self.others, self.suite) if figure is not None]
        gains, costs = any(f.low > 0 for f in elsewhere), any(f.high < 0 for f in elsewhere)
        is_much = any(f.low > 0 and f.value >= MUCH for f in (self.itself, self.apart))
        words = {ONLY_ITSELF: is_much and not gains, HELPS: gains, HURTS: costs}
        return ", ".join(word for word, holds in words.items() if holds)

    def as_dict(self) -> dict[str, Any]:
        figures = {
            name: figure and figure._asdict()
            for name in ("itself", "apart", "others", "suite") for figure in [getattr(self, name)]
        }  # fmt: skip
        return asdict(self) | figures | {"says": self.says}


def judge_sources(drawn: Drawn, foreign: dict[str, list[Asked]], features: Table, progress: bool = True) -> list[Worth]:
    """In order of labels and sources; a source with too few rows of either kind is not among them.

    `features` [texts, width] are of the drawn rows and, behind them, of the sets' rows.
    """
    taught = features[: len(drawn.taught)][drawn.taught]
    inputs = (features - taught.mean(axis=0)) / (taught.std(axis=0) + 1e-6)
    questions = [_Question(label, drawn, foreign.get(label, []), inputs) for label in POST_LABELS]
    asked = [(question, source) for question in questions for source in question.held]
    shown = track(asked, "leaving out", console=Console(stderr=True), transient=True, disable=not progress)
    return [question.judge(source) for question, source in shown]


@dataclass(slots=True, frozen=True)
class _Probe:
    weights: Table
    bias: float

    def scores(self, inputs: Table) -> Floats:
        return np.asarray(inputs @ self.weights + self.bias, dtype=np.float64)


@dataclass
class _Question:
    """One label: its rows, and the probe that learned from all sources."""

    label: str
    drawn: Drawn
    foreign: Sequence[Asked]
    inputs: Table
    held: dict[str, Asked] = field(init=False)
    """The sources that can be judged, with their rows that are held out."""

    def __post_init__(self) -> None:
        targets = self.drawn.targets[:, POST_LABELS.index(self.label)]
        known = ~np.isnan(targets)
        self._targets, self._teachers = targets, np.flatnonzero(known & self.drawn.taught)
        self.held = {}
        for source in np.unique(self.drawn.sources).tolist():
            own = known & (self.drawn.sources == source)
            if all(_is_enough(targets[own & side]) for side in (self.drawn.taught, ~self.drawn.taught)):
                places = np.flatnonzero(own & ~self.drawn.taught)
                self.held[source] = Asked(source, places, targets[places].astype(np.float64))

    def judge(self, source: str) -> Worth:
        own = self.held[source]
        belongs = self.drawn.sources[self._teachers] == source
        whole = self._whole.scores(self.inputs)
        without = self._fit(self._teachers[~belongs], self._whole).scores(self.inputs)
        alone = self._fit(self._teachers[belongs]).scores(self.inputs)
        others = [one for name, one in self.held.items() if name != source]
        itself, apart = _better([own], whole, without), _better([own], alone, without)
        assert itself is not None
        assert apart is not None
        return Worth(
            self.label,
            source,
            rows=len(own.truth),
            positives=int(own.truth.sum()),
            without=_auroc(own, without),
            whole=_auroc(own, whole),
            alone=_auroc(own, alone),
            itself=itself,
            apart=apart,
            others=_better(others, whole, without),
            suite=_better(self.foreign, whole, without),
        )

    @cached_property
    def _whole(self) -> _Probe:
        return self._fit(self._teachers)

    def _fit(self, places: Ints, start: _Probe | None = None) -> _Probe:
        """From `start`, which is near where one source of many is left out. Rows of one kind teach nothing."""
        truth = self._targets[places]
        if len(np.unique(truth)) < 2:
            return _Probe(np.zeros(self.inputs.shape[1], dtype=np.float32), 0.0)
        model = LogisticRegression(C=WEIGHT, max_iter=300, warm_start=True)
        if start is not None:
            model.coef_, model.intercept_ = start.weights[None].copy(), np.array([start.bias], dtype=np.float32)
        model.fit(self.inputs[places], truth)
        return _Probe(model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _auroc(asked: Asked, said: Floats) -> float:
    return round(auroc(asked.truth, said[asked.places]), 4)


def _better(asked: Sequence[Asked], first: Floats, second: Floats) -> Figure | None:
    return mean_gap([auroc_gap(one.truth, first[one.places], second[one.places]) for one in asked])


def _is_enough(targets: Table) -> bool:
    return min(int((targets == 1).sum()), int((targets == 0).sum())) >= LEAST
