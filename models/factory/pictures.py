"""Runs the ladder of picture classifiers: divides a folder, trains each rung, writes its artifact, compares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from models.compression.picture_graph import QUANTISED, in_int8, margin_graph, network_graph
from models.evaluation.devices import device_reports, draw_devices
from models.evaluation.resampling import Bootstrap
from models.factory.parity import ParityError
from models.factory.picture_folder import write_folder
from models.factory.picture_report import report_text
from models.pictures.classes import Divided, divide, read_folder
from models.pictures.classifier import PictureClassifier, PictureManifest
from models.pictures.features import Table, gradients_and_colours, pixels
from models.training.deadline import Deadline
from models.training.pictures.lessons import bar, soft_loss, teach
from models.training.pictures.linear import head_on, margin_machine
from models.training.pictures.network import EncoderNetwork, SmallNetwork, encoder_folder, load_encoder
from models.training.pictures.recipe import ENCODED, PictureRecipe, Rung
from models.training.pictures.views import Views, stacked
from models.training.recipe import RecipeError
from models.training.run_folder import write_whole

GREY = (0.5, 0.5, 0.5)
QUARTER = (0.25, 0.25, 0.25)
"""Mean and deviation of pixels for networks from scratch."""
_SAMPLES = 64
"""Training views over which the scales of int8 are measured, and on which graphs are compared."""
_LARGEST_GAP = 1e-3
"""Between the probabilities of a network and of its graph."""
_AT_ONCE = 16


def run_ladder(
    recipe: PictureRecipe, data: Path, out: Path, base: str | None = None, deadline: Deadline | None = None
) -> Path:
    """Train every rung and return the run's folder, which holds an artifact for each, `report.md`, `report.json` and
    `devices.png`; run again after a stop, it goes on.

    Raises SittingOver, with all that was learned saved, where the deadline comes first; RecipeError,
    PictureFolderError, ParityError.
    """
    console = Console(stderr=True)
    encoder = encoder_folder(recipe.encoder, base) if recipe.encoder.name or base else None
    rungs = [rung for rung in recipe.rungs if encoder is not None or rung not in ENCODED]
    if not rungs:
        raise RecipeError("All rungs of the recipe need an encoder, and [encoder] names none.")
    with bar() as shown:
        task = shown.add_task("reading pictures", total=None)
        found = read_folder(data, lambda left: shown.update(task, description=f"reading pictures, {left:,} to go"))
    divided = divide(found, recipe.dev_share, recipe.seed)
    _begin(recipe, divided, out)
    ladder = _Ladder(recipe, divided, out, encoder, deadline or Deadline())
    for rung in rungs:
        if not (out / rung / "artifact").is_dir():
            console.rule(rung)
            ladder.climb(rung)
            ladder.deadline.check(f"after the rung {rung}")
    _compare(rungs, recipe, divided, found.unread, out)
    return out


def _begin(recipe: PictureRecipe, divided: Divided, out: Path) -> None:
    """The run belongs to one recipe and one division of pictures."""
    out.mkdir(parents=True, exist_ok=True)
    mark = {"recipe": recipe.model_dump(mode="json"), "pictures": divided.fingerprint}
    path = out / "run.json"
    if path.is_file() and json.loads(path.read_bytes()) != mark:
        raise RecipeError(f"{out} holds a run of another recipe or of other pictures; choose another folder.")
    write_whole(path, json.dumps(mark, indent=2) + "\n")


def _compare(
    rungs: list[Rung], recipe: PictureRecipe, divided: Divided, unread: dict[str, int], out: Path
) -> None:  # fmt: skip
    classifiers = [PictureClassifier.open(out / rung / "artifact") for rung in rungs]
    with bar() as shown:
        task = shown.add_task("devices", total=len(divided.dev))
        reports = device_reports(classifiers, divided.dev, Bootstrap(), lambda: shown.advance(task))
    draw_devices(reports, out / "devices.png")
    document = {
        "pictures": divided.counts(),
        "copies_left_out": divided.copies,
        "contradictions_left_out": divided.contradictions,
        "unread": unread,
        "rungs": [one.as_dict() for one in reports],
    }
    write_whole(out / "report.json", json.dumps(document, indent=2) + "\n")
    write_whole(out / "report.md", report_text(recipe, divided, unread, reports, classifiers))


@dataclass
class _Ladder:
    """What the rungs share; a rung finds what the one below it left in the run's folder."""

    recipe: PictureRecipe
    divided: Divided
    out: Path
    encoder: Path | None
    deadline: Deadline

    def __post_init__(self) -> None:
        recipe, divided = self.recipe, self.divided
        self.views = Views(divided.train, divided.classes, recipe.devices, recipe.seed)

    def climb(self, rung: Rung) -> None:
        makers: dict[Rung, Callable[[], None]] = {
            "svm": self._svm, "scratch": self._scratch, "frozen": self._frozen, "tuned": self._tuned,
            "distilled": self._distilled,
        }  # fmt: skip
        makers[rung]()

    def _svm(self) -> None:
        table, truth = self._table("svm", gradients_and_colours)
        linear = margin_machine(table, truth, 1 + self.recipe.devices.copies, self.recipe.seed)
        self._write("svm", margin_graph(linear), {"features": "gradients"})

    def _scratch(self) -> None:
        network, shape, lessons = self._small(), self.recipe.small, self.recipe.scratch

        def loss(images: Any, truth: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(network(stacked(images, shape.side, GREY, QUARTER)), truth)

        teach(network, lessons, self.views, loss, self.out / "scratch", self.recipe.seed, self.deadline)
        self._export("scratch", network, shape.side, GREY, QUARTER)

    def _frozen(self) -> None:
        network, choice = self._encoder(), self.recipe.encoder

        def said(image: Any) -> Table:
            with torch.inference_mode():
                features = network.features(stacked([image], choice.side, choice.mean, choice.deviation))
            return np.asarray(features[0].numpy(), dtype=np.float32)

        network.put_head(head_on(*self._table("frozen", said)))
        torch.save(network.state_dict(), self.out / "frozen" / "network.pt")
        self._export("frozen", network, choice.side, choice.mean, choice.deviation)

    def _tuned(self) -> None:
        network, choice = self._headed("frozen"), self.recipe.encoder

        def loss(images: Any, truth: torch.Tensor) -> torch.Tensor:
            given = stacked(images, choice.side, choice.mean, choice.deviation)
            return torch.nn.functional.cross_entropy(network(given), truth)

        teach(network, self.recipe.tuned, self.views, loss, self.out / "tuned", self.recipe.seed + 1, self.deadline)
        torch.save(network.state_dict(), self.out / "tuned" / "network.pt")
        self._export("tuned", network, choice.side, choice.mean, choice.deviation, small=True)

    def _distilled(self) -> None:
        recipe, choice, shape = self.recipe, self.recipe.encoder, self.recipe.small
        teacher, student = self._headed("tuned"), self._small()

        def loss(images: Any, truth: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                wanted = teacher(stacked(images, choice.side, choice.mean, choice.deviation))
            given = student(stacked(images, shape.side, GREY, QUARTER))
            return soft_loss(given, wanted.clone(), truth, recipe.temperature, recipe.taught_share)

        teach(student, recipe.distilled, self.views, loss, self.out / "distilled", recipe.seed + 2, self.deadline)
        self._export("distilled", student, shape.side, GREY, QUARTER, small=True)

    def _small(self) -> SmallNetwork:
        torch.manual_seed(self.recipe.seed)
        return SmallNetwork(self.recipe.small, len(self.divided.classes))

    def _encoder(self) -> EncoderNetwork:
        assert self.encoder is not None
        return load_encoder(self.encoder)

    def _headed(self, rung: Rung) -> EncoderNetwork:
        """The encoder with the head of a rung below."""
        network = self._encoder()
        state = torch.load(self.out / rung / "network.pt", weights_only=True)
        network.put_head_of(state)
        network.load_state_dict(state)
        return network.eval()

    def _table(self, name: str, features: Callable[[Any], Table]) -> tuple[Table, np.ndarray[Any, Any]]:
        """[views, features] of all training pictures and their copies, and their classes."""
        (self.out / name).mkdir(parents=True, exist_ok=True)
        rows, truth = [], []
        with bar() as shown:
            for image, number in shown.track(self.views.all(), total=len(self.views), description=name):
                rows.append(features(image))
                truth.append(number)
        return np.stack(rows), np.array(truth, dtype=np.int64)

    def _export(
        self, rung: Rung, network: torch.nn.Module, side: int, mean: Any, deviation: Any, small: bool = False
    ) -> None:
        """The network's graph, in int8 where that leaves the answers as they are."""
        images = self.views.drawn(0, _SAMPLES)[0]
        model = network_graph(network, side)
        told = {"features": "pixels", "side": side, "mean": mean, "deviation": deviation}
        plain = self._classifier(model, told)
        with torch.inference_mode():
            wanted = torch.softmax(network(stacked(images, side, mean, deviation)), dim=1).numpy()
        if not (gap := float(np.abs(plain.probabilities(images) - wanted).max())) <= _LARGEST_GAP:
            raise ParityError(f"The graph of the rung {rung} is off by {gap:.4f}; {_LARGEST_GAP:g} is allowed.")
        if small:
            reduced = in_int8(model, [pixels(image, side, mean, deviation) for image in images])
            agreement = self._agreement(plain, self._classifier(reduced, told))
            told["metrics"] = {"int8_agreement": round(agreement, 4)}
            if agreement >= self.recipe.least_agreement:
                model, told["quantisation"] = reduced, QUANTISED
        self._write(rung, model, told)

    def _classifier(self, model: bytes, told: dict[str, Any]) -> PictureClassifier:
        manifest = PictureManifest(
            format=1, kind="pictures", name=self.recipe.name, rung="", version="", created="", files={},
            classes=self.divided.classes, **told,
        )  # fmt: skip
        return PictureClassifier(manifest, model)

    def _agreement(self, first: PictureClassifier, second: PictureClassifier) -> float:
        """Share of dev pictures of which both say the same."""
        same = 0
        for start in range(0, len(self.divided.dev), _AT_ONCE):
            images = [one.open() for one in self.divided.dev[start : start + _AT_ONCE]]
            a, b = (one.probabilities(images).argmax(axis=1) for one in (first, second))
            same += int((a == b).sum())
        return same / len(self.divided.dev)

    def _write(self, rung: Rung, model: bytes, told: dict[str, Any]) -> None:
        write_folder(self.out / rung / "artifact", model, rung, self.recipe, self.divided, told, self.encoder)
