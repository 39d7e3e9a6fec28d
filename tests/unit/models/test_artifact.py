"""Loading an artifact: hashes, formats and golden cases."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.artifact import Artifact, ArtifactError, Manifest, check_golden


@pytest.fixture
def folder(tiny_artifact: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_artifact, tmp_path / "artifact"))


def expected_answers(artifact: Artifact) -> list[dict[str, Sequence[float]]]:
    return [dict(case.expected) for case in artifact.golden().cases]


def test_loads_what_export_wrote(folder: Path) -> None:
    artifact = Artifact.load(folder)
    assert artifact.labels("post")[0] == "toxicity"
    assert set(artifact.manifest.thresholds) == {*artifact.labels("post"), "spans"}


CHANGES: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "a threshold": lambda manifest: manifest["thresholds"]["toxicity"].update(en=0.01),
    "a calibration": lambda manifest: manifest["calibration"].update(post=[2.0]),
    "an operating point": lambda manifest: manifest.update(operating_points={"lenient": {"thresholds": {}}}),
    "the prefix": lambda manifest: manifest.update(prefix="query: "),
    "the length": lambda manifest: manifest.update(max_tokens=128),
    "a file": lambda manifest: manifest["files"].update({"golden.json": "0" * 64}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_version_changes_with_all_that_decides(folder: Path, change: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    before = Manifest.model_validate(manifest).full_version
    CHANGES[change](manifest)
    assert Manifest.model_validate(manifest).full_version != before


def test_a_version_stays_where_only_words_about_the_model_change(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    before = Manifest.model_validate(manifest).full_version
    manifest |= {"created": "2030-01-01T00:00:00Z", "licence": "another", "metrics": {"f1": 1.0}}
    manifest["files"]["MODEL_CARD.md"] = "0" * 64
    assert Manifest.model_validate(manifest).full_version == before


def test_a_model_from_before_there_were_operating_points_keeps_its_version(folder: Path) -> None:
    """And what it has is its balanced one."""
    content = json.loads((folder / "manifest.json").read_text())
    manifest = Manifest.model_validate(content)
    told = {"created", "sources", "metrics", "base", "licence", "shape", "operating_points"}
    known = manifest.model_dump(mode="json", exclude=told)
    del known["files"]["MODEL_CARD.md"]
    digest = hashlib.blake2b(json.dumps(known, sort_keys=True).encode(), digest_size=4).hexdigest()
    assert manifest.full_version == f"{manifest.version}-{digest}"

    artifact = Artifact.load(folder)
    assert artifact.operating_point().thresholds == manifest.thresholds
    assert artifact.operating_point().acts_from == {}
    with pytest.raises(ArtifactError, match="has no operating point strict; it has balanced"):
        artifact.operating_point("strict")


def test_a_key_that_nobody_reads_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"treshold": 0.5}))
    with pytest.raises(ArtifactError, match="treshold: Extra inputs are not permitted"):
        Artifact.load(folder)


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
