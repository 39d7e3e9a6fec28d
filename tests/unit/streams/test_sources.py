"""Models and policies from a folder or a store: checked before anything is opened."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from models.artifact import Artifact
from streams import sources
from streams.sources import KEPT, SourceError, fetch_artifact, fetch_file


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def store(tiny_artifact: Path) -> Iterator[str]:
    """The artifact in a store that is no folder."""
    memory = fsspec.filesystem("memory")
    for path in tiny_artifact.iterdir():
        memory.pipe(f"/models/tiny/{path.name}", path.read_bytes())
    yield "memory://models/tiny"
    memory.rm("/models", recursive=True)


@pytest.fixture
def digest(tiny_artifact: Path) -> str:
    return digest_of((tiny_artifact / "manifest.json").read_bytes())


def test_an_artifact_of_a_store_is_copied_and_loads(store: str, digest: str, tmp_path: Path) -> None:
    folder = fetch_artifact(store, digest, tmp_path)
    assert folder == tmp_path / digest
    assert Artifact.load(folder).manifest.name == "tiny"


def test_a_folder_is_copied_too(tiny_artifact: Path, digest: str, tmp_path: Path) -> None:
    folder = fetch_artifact(f"{tiny_artifact}/", digest, tmp_path / "cache")
    assert {path.name for path in folder.iterdir()} == {path.name for path in tiny_artifact.iterdir()}


def test_what_is_there_is_not_fetched_again(store: str, digest: str, tmp_path: Path) -> None:
    fetch_artifact(store, digest, tmp_path)
    assert fetch_artifact("memory://gone", digest, tmp_path) == tmp_path / digest


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "tokenizer.json"])
def test_a_changed_file_is_refused_and_nothing_of_it_stays(store: str, digest: str, tmp_path: Path, name: str) -> None:
    fsspec.filesystem("memory").pipe(f"/models/tiny/{name}", b"{}")
    with pytest.raises(SourceError, match=rf"{name} does not have the hash"):
        fetch_artifact(store, digest, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("files", [{"../out": "a" * 64}, {"a/b": "a" * 64}, {"a": 5}, [], None])
def test_a_manifest_that_leads_elsewhere_is_refused(tmp_path: Path, files: object) -> None:
    manifest = json.dumps({"files": files}).encode()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "manifest.json").write_bytes(manifest)
    with pytest.raises(SourceError, match="does not name its files"):
        fetch_artifact(str(tmp_path / "bad"), digest_of(manifest), tmp_path / "cache")


@pytest.mark.parametrize("address", ["/no/such/folder", "memory://nothing", "nosuchstore://x/y"])
def test_what_cannot_be_reached_is_one_sentence(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^\S+ cannot be copied: [^.]+\.$"):
        fetch_artifact(address, "a" * 64, tmp_path)


def test_an_artifact_that_is_too_large_is_not_taken(
    store: str, digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_ARTIFACT_BYTES", 1000)
    with pytest.raises(SourceError, match="more than 1000 bytes"):
        fetch_artifact(store, digest, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_the_latest_artifacts_are_kept(store: str, digest: str, tmp_path: Path) -> None:
    for age in range(KEPT + 2):
        old = tmp_path / f"{age:064x}"
        old.mkdir()
        os.utime(old, (1000 - age, 1000 - age))
    fetch_artifact(store, digest, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {digest, *(f"{age:064x}" for age in range(KEPT - 1))}


def test_a_file_is_bounded_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"version")
    assert fetch_file(str(path), digest_of(b"version")) == b"version"
    with pytest.raises(SourceError, match="does not have the hash"):
        fetch_file(str(path), "a" * 64)
    with pytest.raises(SourceError, match="more than 3 bytes"):
        fetch_file(str(path), None, max_bytes=3)
