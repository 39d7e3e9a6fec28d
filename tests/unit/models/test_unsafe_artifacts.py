"""What an artifact may not bring along, whoever wrote its manifest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import Artifact, ArtifactError
from models.graph_check import UnsafeGraphError, check_graph
from tests.support.tiny_artifact import write_tiny_artifact


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact") / "tiny"
    write_tiny_artifact(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "artifact"))


@pytest.fixture(scope="module")
def whole(made: Path) -> bytes:
    return (made / "model.onnx").read_bytes()


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
    monkeypatch.setattr("models.model_files.file_hash", lambda path: "0" * 64 if path.name == name else AnyHash())
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
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("graph") / "model.onnx"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(UnsafeGraphError):
        check_graph(path)


def test_graphs_inside_of_graphs_end_somewhere(tmp_path: Path) -> None:
    content = b""
    for number in [*[6, 5, 1] * 400, 7]:  # graph of an attribute of a node of a graph
        length = len(content)
        digits = bytes(((length >> shift) & 0x7F) | 0x80 for shift in (0, 7, 14)) + bytes([length >> 21])
        content = bytes([number << 3 | 2]) + digits + content
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(UnsafeGraphError, match=r"without end|no ONNX"):
        check_graph(tmp_path / "model.onnx")


def test_a_manifest_that_is_nested_without_end_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"[" * 200_000)
    with pytest.raises(ArtifactError, match="cannot be read"):
        Artifact.load(folder)
