"""How a picture classifier does on the same pictures from sixteen simulated devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.picture_bars import AtBar, Bars, at_bars
from models.evaluation.resampling import Bootstrap, Figure, share
from models.evaluation.rows import EvaluationError
from models.evaluation.statistics import BinaryCells, Floats, Ints, Statistics
from models.pictures.classes import Pictured
from models.pictures.classifier import PictureClassifier
from models.pictures.devices import DEVICES, Device

AS_IT_IS: Final = "as it is"
_ALL: Final[Mapping[str, Device]] = {AS_IT_IS: Device(), **DEVICES}
_MAX_LEVELS: Final = 200

Answers = NDArray[np.float32]
"""[devices, pictures, classes]: probabilities; the first device is the picture as it is."""


@dataclass(frozen=True, slots=True)
class DeviceFigures:
    """Of one classifier and one device, each with its interval."""

    device: str
    accuracy: Figure
    auroc: Figure | None
    """Mean over the classes, each against the others. None where a class has no picture or no other."""
    unchanged: Figure
    """Share of pictures that get the class that they get as they are."""
    loss: Figure
    """Accuracy as they are less that of this device, on the same pictures."""

    def as_dict(self) -> dict[str, Any]:
        told = {"accuracy": self.accuracy, "auroc": self.auroc, "unchanged": self.unchanged, "loss": self.loss}
        return {"device": self.device} | {name: one and one._asdict() for name, one in told.items()}


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Of one classifier."""

    rung: str
    version: str
    devices: tuple[DeviceFigures, ...]
    bars: tuple[AtBar, ...] = ()
    """On the pictures as they are."""

    def of(self, device: str) -> DeviceFigures:
        return next(one for one in self.devices if one.device == device)

    def as_dict(self) -> dict[str, Any]:
        told = {"rung": self.rung, "version": self.version, "devices": [one.as_dict() for one in self.devices]}
        return told | {"bars": [one.as_dict() for one in self.bars]}


def device_reports(
    classifiers: Sequence[PictureClassifier], pictures: Sequence[Pictured], bootstrap: Bootstrap,
    advance: Callable[[], None] = lambda: None, bars: Bars | None = None,
) -> list[DeviceReport]:  # fmt: skip
    """One for each classifier, on the same pictures. Raises EvaluationError where a class is none of theirs.

    Args:
        advance: is called after each picture.
        bars: what the classes that they name find there is counted, too.
    """
    if not pictures:
        raise EvaluationError("There is no picture to evaluate with.")
    truths = []
    for one in classifiers:
        if unknown := sorted({picture.class_name for picture in pictures} - set(one.classes)):
            raise EvaluationError(f"Model {one.manifest.full_version} knows no class {unknown[0]}.")
        truths.append(np.array([one.classes.index(picture.class_name) for picture in pictures], dtype=np.int64))
    answers: list[list[Answers]] = [[] for _ in classifiers]
    for picture in pictures:
        image = picture.open()
        views = [
            device.take(image, np.random.default_rng([int(picture.digest[:12], 16), number]))
            for number, device in enumerate(_ALL.values())
        ]
        for found, classifier in zip(answers, classifiers, strict=True):
            found.append(classifier.probabilities(views))
        advance()
    return [
        _report(one, np.stack(found, axis=1), truth, bootstrap, bars or {})
        for one, found, truth in zip(classifiers, answers, truths, strict=True)
    ]


def _report(one: PictureClassifier, answers: Answers, truth: Ints, bootstrap: Bootstrap, bars: Bars) -> DeviceReport:
    reached = tuple(at_bars(answers[0], truth, one.classes, bars, bootstrap.confidence))
    return DeviceReport(one.manifest.rung, one.manifest.full_version, figures(answers, truth, bootstrap), reached)


def figures(answers: Answers, truth: Ints, bootstrap: Bootstrap) -> tuple[DeviceFigures, ...]:
    """Accuracy and unchanged answers with Wilson's intervals, the others with a bootstrap's, for each device."""
    rows, level = len(truth), bootstrap.confidence
    chosen = answers.argmax(axis=2)
    found = []
    for name, said, choice in zip(_ALL, answers, chosen, strict=True):
        right = choice == truth
        drawn = bootstrap.figures(_Cells(np.ones(rows), truth, said, (chosen[0] == truth) * 1.0 - right))
        unchanged = int((choice == chosen[0]).sum())
        accuracy, same = share(int(right.sum()), rows, level), share(unchanged, rows, level)
        found.append(DeviceFigures(name, accuracy, drawn.get("auroc"), same, drawn["loss"]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Each picture a cell of its own."""

    counts: Floats
    truth: Ints
    said: Answers
    lost: Floats

    def statistics(self, weights: Floats) -> Statistics:
        loss = weights @ self.lost / weights.sum(axis=1)
        areas = [self._area(weights, number) for number in range(self.said.shape[1])]
        return {"auroc": np.mean(areas, axis=0), "loss": loss}

    def _area(self, weights: Floats, number: int) -> Floats:
        targets, scores = (self.truth == number) * 1.0, self.said[:, number].astype(float)
        cells, members = BinaryCells.with_members(targets, scores, scores > 0.5, _MAX_LEVELS)
        belongs = np.eye(len(cells.counts))[members]
        return cells.statistics(weights @ belongs)["auroc"]


def draw_devices(reports: Sequence[DeviceReport], path: Path) -> None:
    """Accuracy and unchanged answers by device, a line a classifier.

    Raises EvaluationError where matplotlib is missing or the file cannot be written.
    """
    try:
        import matplotlib
    except ImportError:
        raise EvaluationError("A picture needs matplotlib; install it with: pip install 'tidegate[train]'.") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    sheet, panels = pyplot.subplots(2, 1, figsize=(11, 9), sharex=True, layout="constrained")
    for panel, name in zip(panels, ("accuracy", "unchanged"), strict=True):
        for number, report in enumerate(reports):
            found = [getattr(one, name) for one in report.devices]
            places = np.arange(len(found)) + 0.08 * (number - (len(reports) - 1) / 2)
            reach = np.array([[f.value - f.low for f in found], [f.high - f.value for f in found]])
            values = [f.value for f in found]
            panel.errorbar(places, values, yerr=reach, marker="o", markersize=4, linewidth=1, label=report.rung)
        panel.set(ylim=(0, 1.03), ylabel=name)
        panel.grid(axis="y", alpha=0.3)
    panels[0].set_title("the same pictures from simulated devices, with intervals")
    panels[0].legend(fontsize=8)
    panels[1].set_xticks(range(len(_ALL)), list(_ALL), rotation=40, ha="right")
    try:
        sheet.savefig(path, dpi=110)
    except (OSError, ValueError) as error:  # no such folder; a suffix that is no picture
        raise EvaluationError(f"The picture cannot be written to {path}: {error}.") from None
    finally:
        pyplot.close(sheet)
