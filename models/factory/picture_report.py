"""The report of a ladder, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.evaluation.devices import AS_IT_IS, DeviceReport
from models.evaluation.resampling import Figure
from models.factory.picture_folder import NO_DIAGNOSIS
from models.pictures.classes import Divided
from models.pictures.classifier import PictureClassifier
from models.training.pictures.recipe import PictureRecipe


def report_text(
    recipe: PictureRecipe, divided: Divided, unread: Mapping[str, int], reports: Sequence[DeviceReport],
    classifiers: Sequence[PictureClassifier],
) -> str:  # fmt: skip
    """Rungs side by side on dev, and by device."""
    left = [rung for rung in recipe.rungs if rung not in {one.rung for one in reports}]
    lines = [
        f"# The ladder {recipe.name}",
        "",
        f"{len(divided.train):,} pictures to learn from and {len(divided.dev):,} to measure with, "
        f"{len(divided.classes)} classes. Left out: {divided.copies} copies, {divided.contradictions} that stand for "
        f"two classes, {sum(unread.values())} that could not be read.",
        "",
        NO_DIAGNOSIS,
        "",
        *([f"Not trained, because the recipe names no encoder: {', '.join(left)}.", ""] if left else []),
        "| rung | accuracy | AUROC | graph, MB | quantisation |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for report, one in zip(reports, classifiers, strict=True):
        plain, told = report.of(AS_IT_IS), one.manifest
        row = report.rung, shown(plain.accuracy), shown(plain.auroc), f"{one.megabytes:.2f}", told.quantisation
        lines.append(f"| {' | '.join(row)} |")
    for name in ("accuracy", "unchanged", "loss"):
        lines += ["", f"## {name.capitalize()} by simulated device", ""]
        lines += [f"| device | {' | '.join(one.rung for one in reports)} |", f"| --- |{' --- |' * len(reports)}"]
        for place, device in enumerate(reports[0].devices):
            cells = [shown(getattr(one.devices[place], name)) for one in reports]
            lines.append(f"| {device.device} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", "![by device](devices.png)"]) + "\n"


def shown(figure: Figure | None) -> str:
    """A figure and its interval."""
    return "" if figure is None else f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"
