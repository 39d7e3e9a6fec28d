"""Loading an artifact: hashes, formats and golden cases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from models.artifact import Artifact, ArtifactError, check_golden


@pytest.fixture
def folder(tiny_artifact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_artifact, tmp_path / "artifact"))


def expected_answers(artifact: Artifact) -> list[dict[str, Sequence[float]]]:
    return [dict(case.expected) for case in artifact.golden().cases]


def test_loads_what_export_wrote(folder: Path) -> None:
    artifact = Artifact.load(folder)
    assert artifact.labels("post")[0] == "toxicity"
    assert artifact.version.endswith(artifact.manifest.files["model.onnx"][:8])
    assert set(artifact.manifest.thresholds) == {*artifact.labels("post"), "spans"}


def test_an_unknown_language_takes_the_threshold_that_flags_least(folder: Path) -> None:
    artifact = Artifact.load(folder)
    both = artifact.manifest.thresholds["toxicity"]
    assert artifact.threshold("toxicity", "other") == max(both.values())


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "golden.json", "MODEL_CARD.md"])
def test_one_flipped_bit_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(ArtifactError, match=f"{name} .* does not match the hash"):
        Artifact.load(folder)


def test_a_missing_file_and_a_missing_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ArtifactError, match=r"lacks tokenizer\.json"):
        Artifact.load(folder)
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        Artifact.load(tmp_path / "nowhere")


def test_a_manifest_cannot_reach_outside_of_the_folder(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../secret"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="outside of the folder"):
        Artifact.load(folder)


def test_another_format_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text()) | {"format": 99}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="format 99"):
        Artifact.load(folder)


def test_golden_cases_pass_with_the_expected_answers_and_fail_with_others(folder: Path) -> None:
    artifact = Artifact.load(folder)
    answers = expected_answers(artifact)
    check_golden(artifact, lambda texts: answers)
    shift = artifact.golden().tolerance + 0.005
    wrong: list[Mapping[str, Sequence[float]]] = [
        {head: [p + shift if p < 0.5 else p - shift for p in values] for head, values in answer.items()}
        for answer in answers
    ]
    with pytest.raises(ArtifactError, match="fails its golden case"):
        check_golden(artifact, lambda texts: wrong)
    not_numbers = [{head: [float("nan")] * len(values) for head, values in answer.items()} for answer in answers]
    with pytest.raises(ArtifactError, match="fails its golden case"):
        check_golden(artifact, lambda texts: not_numbers)
