"""`tidegate evaluate --pictures`: picture classifiers on a folder of pictures by class, over simulated devices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
import typer

if TYPE_CHECKING:
    from models.evaluation.devices import DeviceReport
    from models.evaluation.picture_bars import Bars
    from models.evaluation.resampling import Bootstrap, Figure
    from models.pictures.classes import Pictured
    from streams.policy import Policy

_BARS: Final = ("stands", "limit", "review", "remove", "high", "critical")


def evaluate_pictures(
    folder: Path, artifacts: Sequence[Path], bootstrap: Bootstrap, drawing: Path | None, threads: int, as_json: bool,
    policy: Policy,
) -> None:  # fmt: skip
    """To the terminal or as JSON, and as a picture where one is asked for."""
    from models.evaluation.devices import device_reports, draw_devices
    from models.pictures.classes import read_folder
    from models.pictures.classifier import PictureClassifier, taught
    from streams.cli.evaluate import progress

    classifiers = [PictureClassifier.open(artifact, threads) for artifact in artifacts]
    found = read_folder(folder)
    known = frozenset[str]().union(*map(taught, artifacts))
    offered = [one for one in found.pictures if one.side != "train"]
    pictures = [one for one in offered if one.digest not in known]
    with progress() as bar:
        task = bar.add_task("devices", total=len(pictures))
        reports = device_reports(classifiers, pictures, bootstrap, lambda: bar.advance(task), _bars(policy))
    if drawing is not None:
        draw_devices(reports, drawing)
    left_out = {"taught": len(offered) - len(pictures), "unread": sum(found.unread.values())}
    if as_json:
        document = {
            "pictures": len(pictures),
            "left_out": left_out,
            "confidence": bootstrap.confidence,
            "draws": bootstrap.draws,
            "rungs": [one.as_dict() for one in reports],
        }
        typer.echo(orjson.dumps(document))
        return
    _print(reports, pictures, left_out, bootstrap.confidence)


def _bars(policy: Policy) -> Bars:
    """From which probabilities on the policy does something, of posts' pictures and of photographs."""
    labels = {
        name: [bar for kind in _BARS if (bar := getattr(label, kind)) is not None]
        for name, label in policy.posts.picture_labels.items()
    }
    return labels | {name: [rule.stands] for name, rule in policy.symptoms.photographs.items()}


def _print(
    reports: Sequence[DeviceReport], pictures: Sequence[Pictured], left_out: dict[str, int], confidence: float
) -> None:
    from rich.table import Table

    from streams.cli.tables import wide_console

    console = wide_console()
    console.print(
        f"{len(pictures):,} pictures, and behind each figure its {confidence:.0%} interval. Left out: "
        f"{left_out['taught']} that a model was trained on, {left_out['unread']} that could not be read. The devices "
        f"are simulated, and nothing here is a diagnosis."
    )
    for report in reports:
        table = Table("device", "accuracy", "AUROC", "unchanged", "loss", title=f"{report.rung} {report.version}")
        for one in report.devices:
            cells = (one.accuracy, one.auroc, one.unchanged, one.loss)
            table.add_row(one.device, *map(_shown, cells))
        console.print(table)
        if report.bars:
            at_bars = Table("class", "bar of the policy", "found", "wrong, of all others")
            for at in report.bars:
                at_bars.add_row(at.class_name, f"{at.bar:g}", _shown(at.found), _shown(at.wrong))
            console.print(at_bars)


def _shown(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:.2f} ({figure.low:.2f}-{figure.high:.2f})"
