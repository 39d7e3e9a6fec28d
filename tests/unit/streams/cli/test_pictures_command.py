"""`tidegate train --config pictures` and `tidegate evaluate --pictures`, from a folder to a table."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from models.pictures.classifier import PictureClassifier
from models.pictures.devices import DEVICES
from streams.policy import POLICY
from streams.score import score_lines
from streams.settings import Settings
from tests.support.drawn import as_file
from tests.support.ladder import drawn_class, drawn_folder
from tests.support.served import InProcess
from tests.support.tiny_artifact import write_tiny_artifact
from tests.unit.streams.cli.test_models_command import run

pytest.importorskip("torch")

RECIPE = """
extends = "pictures"
name = "drawn"
rungs = ["svm"]
[devices]
copies = 0
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_folder(tmp_path_factory.mktemp("data") / "pictures", 8)


@pytest.fixture(scope="module")
def artifact(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "mine.toml").write_text(RECIPE)
    result = run("train", "--config", folder / "mine.toml", "--data", data, "--out", folder / "run")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(folder / "run")
    return folder / "run" / "svm" / "artifact"


def test_pictures_that_taught_are_not_measured_with(artifact: Path, data: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "devices.png"
    result = run("evaluate", "--artifact", artifact, "--pictures", data, "--picture", drawing, "--json")

    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["pictures"] == 6
    assert document["left_out"] == {"taught": 18, "unread": 0}
    (rung,) = document["rungs"]
    assert len(rung["devices"]) == 1 + len(DEVICES)
    assert set(rung["devices"][0]) == {"device", "accuracy", "auroc", "unchanged", "loss"}
    assert drawing.read_bytes().startswith(b"\x89PNG")


def test_the_table_says_what_it_is_not(artifact: Path, data: Path) -> None:
    result = run("evaluate", "--artifact", artifact, "--pictures", data)

    assert result.exit_code == 0, result.stderr
    assert "nothing here is a diagnosis" in " ".join(result.stdout.split())
    assert "forwarded three times" in result.stdout


def test_what_is_found_at_the_bars_of_the_policy(
    artifact: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = "[posts.picture_labels]\ndiscs = { stands = 0.0, review = 1.0 }"
    policy = POLICY.read_text("utf-8").replace("[posts.picture_labels]", labels)
    (tmp_path / "policy.toml").write_text(policy)
    monkeypatch.setenv("TIDEGATE_POLICY", str(tmp_path / "policy.toml"))

    result = run("evaluate", "--artifact", artifact, "--pictures", data, "--json")
    assert result.exit_code == 0, result.stderr
    lowest, highest = json.loads(result.stdout)["rungs"][0]["bars"]
    assert (lowest["class"], lowest["bar"], lowest["found"]["value"], lowest["wrong"]["value"]) == ("discs", 0, 1, 1)
    assert (highest["bar"], highest["found"]["value"], highest["wrong"]["value"]) == (1, 0, 0)

    result = run("evaluate", "--artifact", artifact, "--pictures", data)
    assert "bar of the policy" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--pictures needs --artifact"),
        (("--artifact", "here", "--limit", "3"), "go with --pictures"),
        (("--artifact", "nowhere"), "is not an artifact"),
    ],
)
def test_what_does_not_go_together(data: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = run("evaluate", "--pictures", data, *arguments)

    assert result.exit_code in (1, 2)
    assert sentence in result.stderr


def test_what_was_trained_is_served_and_the_policy_says_what_its_classes_do(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.pictures.bench.Bench", InProcess)
    text = POLICY.read_text("utf-8")
    labels = "discs = { stands = 0.01, review = 0.01, high = 0.01 }"
    (tmp_path / "policy.toml").write_text(text.replace("[posts.picture_labels]", f"[posts.picture_labels]\n{labels}"))
    settings = Settings(
        artifact=write_tiny_artifact(tmp_path / "tiny").folder, data_dir=tmp_path, images="on",
        image_models=[str(artifact)], policy=tmp_path / "policy.toml",
    )  # fmt: skip
    shown = {"data": base64.b64encode(as_file(drawn_class("discs", 100))).decode()}
    line = json.dumps({"id": "1", "text": "hello", "images": [shown]}).encode()

    (answer,) = score_lines([line], "posts", settings)
    verdict = json.loads(answer)

    assert (verdict["action"], verdict["labels"]) == ("review", ["discs"])
    said = {one["label"]: one["probability"] for one in verdict["pictures"][0]["classes"]}
    assert said.keys() == {"bars", "discs", "rings"}
    assert sum(said.values()) == pytest.approx(1, abs=1e-3)


def test_a_folder_is_verified_as_a_worker_does_it(artifact: Path, tmp_path: Path) -> None:
    result = run("models", "verify", artifact, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["ok"], report["golden_cases"], report["device"]) == (True, 4, "cpu")

    changed = shutil.copytree(artifact, tmp_path / "changed")
    (changed / "MODEL_CARD.md").write_text("Another card.")
    result = run("models", "verify", changed)
    assert result.exit_code == 1
    assert "MODEL_CARD.md" in result.stderr


def test_a_recipe_says_whose_pictures_its_classifiers_are_for(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RECIPE.replace('name = "drawn"', 'name = "drawn"\ntask = "symptoms"'))
    result = run("train", "--config", tmp_path / "mine.toml", "--data", data, "--out", tmp_path / "run")

    assert result.exit_code == 0, result.stderr
    assert PictureClassifier.open(tmp_path / "run" / "svm" / "artifact").manifest.task == "symptoms"


def test_a_class_that_the_model_does_not_know(artifact: Path, tmp_path: Path) -> None:
    for place, name in (("discs", "discs"), ("stars", "bars")):
        (tmp_path / place).mkdir()
        drawn_class(name, 100).save(tmp_path / place / "new.png")
    result = run("evaluate", "--artifact", artifact, "--pictures", tmp_path)

    assert result.exit_code == 2
    assert "knows no class stars" in result.stderr


def test_a_folder_must_be_named(tmp_path: Path) -> None:
    result = run("train", "--config", "pictures", "--out", tmp_path / "run")

    assert result.exit_code == 2
    assert "--data" in result.stderr
