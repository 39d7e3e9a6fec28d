"""Loading an artifact: hashes, formats and golden cases."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import Artifact, ArtifactError, Manifest, check_golden
from models.graph_check import UnsafeGraph, check_graph


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


def refit(folder: Path, name: str) -> None:
    """Who may write the folder may write its manifest, too."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("name", ["/etc/hostname", "sub/model.onnx", "..", ""])
def test_a_path_is_no_name_of_a_file(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"outside of the folder|lacks"):
        Artifact.load(folder)


@pytest.mark.parametrize("name", ["golden.json", "tokenizer.json", "manifest.json"])
def test_an_oversized_file_is_not_even_read(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / name).open("r+b") as file:
        file.truncate(65 * 1024 * 1024)
    monkeypatch.setattr("models.artifact.file_hash", lambda path: "0" * 64 if path.name == name else AnyHash())
    with pytest.raises(ArtifactError, match=rf"{name} in .* has 68,157,440 bytes; 67,108,864 are allowed\."):
        Artifact.load(folder)


class AnyHash(str):
    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = onnx.TensorProto(data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    model.graph.node.append(onnx.helper.make_node("Constant", [], ["c"], value=tensor))


def hidden(model: onnx.ModelProto) -> None:
    """In a graph inside of an attribute of a node."""
    tensor = onnx.TensorProto(name="t", data_type=1, dims=[1])
    tensor.external_data.add(key="location", value="weights")
    inner = onnx.GraphProto(initializer=[tensor])
    model.graph.node.append(onnx.helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner))


def foreign_node(model: onnx.ModelProto) -> None:
    model.graph.node.append(onnx.helper.make_node("Run", [], ["c"], domain="evil.ops"))


def foreign_opset(model: onnx.ModelProto) -> None:
    model.opset_import.add(domain="evil.ops", version=1)


def foreign_function(model: onnx.ModelProto) -> None:
    model.functions.append(onnx.FunctionProto(name="f", domain="evil.ops"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (external, "keeps data in another file"),
        (external_constant, "keeps data in another file"),
        (hidden, "keeps data in another file"),
        (foreign_node, "uses operators of the domain 'evil.ops'"),
        (foreign_opset, "uses operators of the domain 'evil.ops'"),
        (foreign_function, "uses operators of the domain 'evil.ops'"),
    ],
)
def test_a_graph_reads_no_other_file_and_runs_nothing_foreign(
    folder: Path, change: Callable[[onnx.ModelProto], None], sentence: str
) -> None:
    model = onnx.load(folder / "model.onnx")
    change(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    refit(folder, "model.onnx")
    with pytest.raises(ArtifactError, match=rf"model\.onnx in .* {sentence}.*\."):
        Artifact.load(folder)


@given(st.data())
def test_whatever_a_graph_is_made_of_it_is_looked_through_or_refused(
    tiny_artifact: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray((tiny_artifact / "model.onnx").read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("graph") / "model.onnx"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(UnsafeGraph):
        check_graph(path)


def test_graphs_inside_of_graphs_end_somewhere(tmp_path: Path) -> None:
    content = b""
    for number in [6, 5, 1] * 400:  # graph of an attribute of a node of a graph
        length = len(content)
        digits = bytes(((length >> shift) & 0x7F) | 0x80 for shift in (0, 7, 14)) + bytes([length >> 21])
        content = bytes([number << 3 | 2]) + digits + content
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(UnsafeGraph, match=r"without end|no ONNX"):
        check_graph(tmp_path / "model.onnx")


def test_a_manifest_that_is_nested_without_end_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"[" * 200_000)
    with pytest.raises(ArtifactError, match="cannot be read"):
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
