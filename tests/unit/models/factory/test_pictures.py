"""The ladder on drawn pictures, with a tiny encoder of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from models.artifact import ArtifactError  # noqa: E402
from models.factory.pictures import run_ladder  # noqa: E402
from models.factory.recipe_file import read_any_recipe, read_recipe  # noqa: E402
from models.model_files import file_hash  # noqa: E402
from models.pictures.classes import read_folder  # noqa: E402
from models.pictures.classifier import PictureClassifier, taught  # noqa: E402
from models.pictures.devices import DEVICES  # noqa: E402
from models.training.deadline import Deadline, SittingOver  # noqa: E402
from models.training.pictures.recipe import RUNGS, PictureRecipe  # noqa: E402
from models.training.recipe import RecipeError  # noqa: E402
from tests.support.ladder import CLASSES, drawn_class, drawn_folder, tiny_encoder  # noqa: E402

SMALL = {"side": 32, "width": 8, "dropout": 0.1}


def _recipe(folder: Path | None = None, **changes: object) -> PictureRecipe:
    told = {"name": str(folder), "sha256": file_hash(folder / "model.safetensors"), "side": 32} if folder else {}
    lessons = {"steps": 4, "rows": 6, "checkpoint_every": 2}
    plain = {
        "kind": "pictures", "name": "drawn", "dev_share": 0.25, "encoder": told, "small": SMALL, "scratch": lessons,
        "tuned": lessons, "distilled": lessons, "devices": {"share": 0.5, "copies": 1}, "least_agreement": 0.0,
    }  # fmt: skip
    return PictureRecipe.model_validate(plain | changes)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_folder(tmp_path_factory.mktemp("data") / "pictures")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def run(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return run_ladder(_recipe(encoder), data, tmp_path_factory.mktemp("run") / "drawn")


@pytest.mark.timeout(400)
def test_every_rung_is_an_artifact_that_can_be_opened(run: Path) -> None:
    for rung in RUNGS:
        classifier = PictureClassifier.open(run / rung / "artifact")
        answers = classifier.probabilities([drawn_class(name, 99) for name in CLASSES])
        assert classifier.classes == CLASSES
        assert answers.shape == (3, 3)
        assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)
    manifest = PictureClassifier.open(run / "tuned" / "artifact").manifest
    assert "int8" in manifest.quantisation
    assert "encoder_LICENSE" in manifest.files
    card = (run / "tuned" / "artifact" / "MODEL_CARD.md").read_text()
    assert "Nothing that it says is a diagnosis" in card


def test_the_report_has_every_rung_and_device(run: Path) -> None:
    document = json.loads((run / "report.json").read_text())
    assert [one["rung"] for one in document["rungs"]] == list(RUNGS)
    for rung in document["rungs"]:
        assert [one["device"] for one in rung["devices"]] == ["as it is", *DEVICES]
        assert rung["devices"][0]["unchanged"]["value"] == 1
        assert rung["devices"][0]["loss"]["value"] == 0
    assert (run / "devices.png").read_bytes().startswith(b"\x89PNG")
    text = (run / "report.md").read_text()
    assert all(name in text for name in (*RUNGS, *DEVICES, "diagnosis"))


def test_the_machine_tells_drawn_classes_apart(run: Path) -> None:
    classifier = PictureClassifier.open(run / "svm" / "artifact")
    images = [drawn_class(name, seed) for name in CLASSES for seed in range(50, 60)]
    answers = classifier.probabilities(images).argmax(axis=1)
    assert (answers == np.repeat([0, 1, 2], 10)).mean() > 0.6


def test_an_artifact_keeps_the_hashes_of_what_taught_it(run: Path, data: Path) -> None:
    known = taught(run / "svm" / "artifact")
    assert len(known) == 27
    assert known < {one.digest for one in read_folder(data).pictures}


def test_a_changed_artifact_is_refused(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in (run / "svm" / "artifact").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    Image.new("RGB", (64, 64)).save(folder / "golden_0.png")
    with pytest.raises(ArtifactError, match=r"golden_0\.png .* does not match"):
        PictureClassifier.open(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["golden_0.png"] = file_hash(folder / "golden_0.png")
    golden = json.loads((folder / "golden.json").read_text())
    golden["cases"][0]["expected"] = [1.0, 1.0, 1.0]
    (folder / "golden.json").write_text(json.dumps(golden))
    manifest["files"]["golden.json"] = file_hash(folder / "golden.json")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="fails its golden picture"):
        PictureClassifier.open(folder)


def test_a_run_with_stops_is_the_run_without(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    recipe = _recipe(rungs=["scratch"])
    monkeypatch.setattr("models.factory.pictures._compare", lambda *_: None)
    monkeypatch.setattr("models.factory.pictures._Ladder._export", lambda *_, **__: None)
    run_ladder(recipe, data, tmp_path / "whole")
    checks = iter([False, False, True, True])
    monkeypatch.setattr(Deadline, "passed", property(lambda _: next(checks, False)))
    with pytest.raises(SittingOver, match="after step 2"):
        run_ladder(recipe, data, tmp_path / "parts", deadline=Deadline(1))
    run_ladder(recipe, data, tmp_path / "parts", deadline=Deadline(1))
    whole, parts = (
        torch.load(tmp_path / name / "scratch" / "checkpoint.pt", weights_only=True)["network"]
        for name in ("whole", "parts")
    )
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_a_folder_holds_one_run(run: Path, data: Path, encoder: Path) -> None:
    with pytest.raises(RecipeError, match="another recipe"):
        run_ladder(_recipe(encoder, seed=7), data, run)


def test_weights_of_another_hash_are_refused(data: Path, encoder: Path, tmp_path: Path) -> None:
    told = {"name": str(encoder), "sha256": "0" * 64}
    with pytest.raises(RecipeError, match=file_hash(encoder / "model.safetensors")):
        run_ladder(_recipe(encoder=told), data, tmp_path / "run")


def test_the_recipe_that_ships_trains_without_an_encoder() -> None:
    recipe = read_any_recipe(Path("pictures"))
    assert isinstance(recipe, PictureRecipe)
    assert recipe.encoder.name == ""
    with pytest.raises(RecipeError, match="one of pictures"):
        read_recipe(Path("pictures"))


def test_a_student_needs_its_teacher() -> None:
    with pytest.raises(ValueError, match="begins with what tuned learned"):
        _recipe(rungs=["svm", "distilled"])
