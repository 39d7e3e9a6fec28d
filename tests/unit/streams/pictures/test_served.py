"""Picture classifiers that an operator switches on: what is opened, what they say, and what that does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models.artifact import ArtifactError
from models.model_files import file_hash
from schemas import PostVerdict, SymptomVerdict
from streams.pictures.served import open_served
from streams.score import score_lines
from streams.settings import Settings, SettingsError
from streams.settings.fields import PictureModel, picture_model
from streams.sources import SourceError
from tests.support.drawn import as_file
from tests.support.served import GREEN, RED, SKIN, InProcess, plain, write_served
from tests.support.tiny_artifact import write_tiny_artifact

TASKS = ("posts", "symptoms")


def manifest_hash(folder: Path) -> str:
    return file_hash(folder / "manifest.json")


def test_a_folder_and_an_address_with_its_hash_are_opened(tmp_path: Path) -> None:
    plainly, pinned = (write_served(tmp_path / name, name=name) for name in ("a", "b"))
    places = [picture_model(str(plainly)), picture_model(f"file://{pinned}@{manifest_hash(pinned)}")]
    found = open_served(places, tmp_path / "cache", TASKS)
    assert [manifest.name for manifest, _ in found] == ["a", "b"]
    assert (tmp_path / "cache" / manifest_hash(pinned) / "model.onnx").read_bytes() == found[1][1]


def test_a_folder_that_is_not_the_one_that_was_named_is_refused(tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a")
    with pytest.raises(SourceError, match="does not have the hash"):
        open_served([PictureModel(str(folder), "0" * 64)], tmp_path / "cache", TASKS)


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "golden_1.png", "model.onnx"])
def test_a_folder_without_a_file_or_with_another_one_is_refused(name: str, tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a")
    (folder / name).write_bytes(b"something else")
    with pytest.raises(ArtifactError, match=f"{name}.* does not match"):
        open_served([PictureModel(str(folder), None)], tmp_path, TASKS)
    told = json.loads((folder / "manifest.json").read_text())
    del told["files"][name]
    (folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(ArtifactError, match=f"no hash for {name}"):
        open_served([PictureModel(str(folder), None)], tmp_path, TASKS)


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "golden.json", "manifest.json"])
def test_an_oversized_file_is_not_even_read(name: str, tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a")
    with (folder / name).open("r+b") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(ArtifactError, match=rf"{name} in .* has 68,157,440 bytes; 67,108,864 are allowed"):
        open_served([PictureModel(str(folder), None)], tmp_path / "cache", TASKS)


def test_a_graph_that_answers_for_other_classes_is_refused(tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a")
    told = json.loads((folder / "manifest.json").read_text())
    told["classes"].append("weapon")
    (folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(ArtifactError, match="has 2 answers for 3 classes"):
        open_served([PictureModel(str(folder), None)], tmp_path, TASKS)


def test_a_graph_that_does_not_take_what_the_manifest_says_is_a_sentence(tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a")
    told = json.loads((folder / "manifest.json").read_text())
    told["layout"]["input"] = "other"
    (folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(ArtifactError, match="does not run"):
        open_served([PictureModel(str(folder), None)], tmp_path, TASKS)


def test_verdicts_can_tell_who_said_what(tmp_path: Path) -> None:
    twice = [PictureModel(str(write_served(tmp_path / name)), None) for name in ("a", "b")]
    with pytest.raises(ArtifactError, match="Two picture classifiers are called drawn"):
        open_served(twice, tmp_path, TASKS)
    other = PictureModel(str(write_served(tmp_path / "c", task="chess")), None)
    with pytest.raises(ArtifactError, match="is for chess, which is no task here"):
        open_served([other], tmp_path, TASKS)


@pytest.mark.parametrize("name", ["melanoma", "Wound", "psoriasis"])
def test_no_condition_is_named_of_a_patient(name: str, tmp_path: Path) -> None:
    folder = write_served(tmp_path / "a", {"wound": 0, name: 1}, task="symptoms", nothing="none")
    with pytest.raises(ArtifactError, match=f"drawn names {name}; of photographs of patients it may say wound"):
        open_served([PictureModel(str(folder), None)], tmp_path, TASKS)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"image_models": "/models/a"}, "image_models needs images = on"),
        ({"image_models": "s3://models/a", "images": "on"}, "an address needs the hash of its manifest"),
        ({"image_models": f"s3://models/a@{'0' * 63}", "images": "on"}, "an address needs the hash of its manifest"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(given: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings.load(**given)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("models.pictures.bench.Bench", InProcess)
    artifact = write_tiny_artifact(tmp_path / "tiny").folder
    served = write_served(tmp_path / "drawn", {"nudity": 0, "weapon": 1})
    findings = write_served(tmp_path / "wounds", {"wound": 0}, name="wounds", task="symptoms", nothing="none")
    return Settings(artifact=artifact, data_dir=tmp_path, images="on", image_models=[str(served), str(findings)])


def score(settings: Settings, task: str, *images: Image.Image) -> dict[str, Any]:
    shown = [{"data": base64.b64encode(as_file(image)).decode()} for image in images]
    line = json.dumps({"id": "1", "text": "hello there", "images": shown}).encode()
    (answer,) = score_lines([line], task, settings)
    return dict(json.loads(answer))


def probabilities(verdict: dict[str, Any]) -> dict[str, float]:
    """Of the first picture."""
    return {one["label"]: one["probability"] for one in verdict["pictures"][0]["classes"]}


def with_policy(settings: Settings, labels: str) -> Settings:
    text = settings.policy.read_text("utf-8")
    before = "nudity = { stands = 0.80, review = 0.80 }"
    assert before in text
    path = settings.data_dir / "policy.toml"
    path.write_text(text.replace(before, labels), "utf-8")
    return settings.model_copy(update={"policy": path})


def test_a_class_that_the_policy_names_is_a_label_and_a_review(settings: Settings) -> None:
    verdict = score(settings, "posts", plain(RED))
    PostVerdict.model_validate(verdict)
    assert (verdict["action"], verdict["labels"], verdict["reasons"]) == ("review", ["nudity"], ["picture:nudity>=0.8"])
    assert {one["model"] for one in verdict["pictures"][0]["classes"]} == {"drawn"}
    said = probabilities(verdict)
    assert said["nudity"] > 0.8 > said["weapon"]


def test_a_class_that_it_does_not_name_is_reported_alone(settings: Settings) -> None:
    verdict = score(settings, "posts", plain(GREEN))
    assert probabilities(verdict)["weapon"] > 0.8
    assert (verdict["action"], verdict["labels"]) == ("allow", [])


def test_a_class_may_stand_without_acting(settings: Settings) -> None:
    verdict = score(with_policy(settings, "weapon = { stands = 0.5 }"), "posts", plain(GREEN))
    assert (verdict["action"], verdict["labels"], verdict["reasons"]) == ("allow", ["weapon"], [])


def test_what_removes_is_a_review_where_skin_is_seen_from_close_by(settings: Settings) -> None:
    settings = with_policy(settings, "nudity = { review = 0.8, remove = 0.9 }")
    far, close = (score(settings, "posts", plain(colour)) for colour in (RED, SKIN))
    assert (far["action"], far["reasons"]) == ("remove", ["picture:nudity>=0.9"])
    assert (close["action"], close["reasons"]) == ("review", ["picture:nudity>=0.9", "close_up"])


def test_the_guard_holds_for_the_close_up_and_not_for_a_picture_beside_it(settings: Settings) -> None:
    settings = with_policy(settings, "nudity = { remove = 0.9 }")
    assert score(settings, "posts", plain(SKIN), plain(RED))["action"] == "remove"
    assert score(settings, "posts", plain(SKIN), plain(GREEN))["action"] == "review"


def test_nothing_is_asked_about_photographs_of_patients_that_is_for_posts(settings: Settings) -> None:
    verdict = score(settings, "symptoms", plain(RED))
    SymptomVerdict.model_validate(verdict)
    assert {one["model"] for one in verdict["pictures"][0]["classes"]} == {"wounds"}
    assert "images.0: wound" in [one["text"] for one in verdict["evidence"]]
    assert {one["model"] for one in score(settings, "posts", plain(RED))["pictures"][0]["classes"]} == {"drawn"}


def test_another_classifier_makes_another_verdict(settings: Settings, tmp_path: Path) -> None:
    first = score(settings, "posts", plain(RED))
    other = write_served(tmp_path / "other", {"nudity": 1, "weapon": 0})
    second = score(settings.model_copy(update={"image_models": [str(other)]}), "posts", plain(RED))
    none = score(settings.model_copy(update={"image_models": []}), "posts", plain(RED))
    assert len({first["id"], second["id"], none["id"]}) == 3
