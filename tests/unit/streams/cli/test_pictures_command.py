"""`tidegate train --config pictures` and `tidegate evaluate --pictures`, from a folder to a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.pictures.devices import DEVICES
from tests.support.ladder import drawn_class, drawn_folder
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
