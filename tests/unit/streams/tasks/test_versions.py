"""What a policy's version covers: all that decides beside the model's scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.artifact import Artifact
from streams.pipeline.activation import build_tasks
from streams.settings import Settings
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import SYMPTOMS
from streams.tasks.symptoms.red_flags import PACKAGED
from tests.support.tiny_artifact import write_manifest, write_tiny_artifact


def version(artifact: Artifact, **settings: Any) -> str:
    (task,) = build_tasks(Settings.load(tasks=["posts"], **settings), artifact, enforces=False)
    return str(task.policy_version)


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return write_tiny_artifact(tmp_path / "tiny")


def test_it_changes_with_the_models_thresholds(artifact: Artifact) -> None:
    before = version(artifact)
    thresholds = {**artifact.manifest.thresholds, "toxicity": {"en": 0.51}}
    write_manifest(artifact.folder, thresholds=thresholds)
    assert version(Artifact.load(artifact.folder)) != before


def test_it_changes_with_the_red_flags(artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = version(artifact)
    edited = tmp_path / "triage.toml"
    edited.write_text(PACKAGED.read_text("utf-8").replace("level = 1", "level = 2"), "utf-8")
    monkeypatch.setattr("streams.tasks.REGISTRY", (replace(SYMPTOMS, rules={"red_flags": edited}), POSTS))
    assert version(artifact) != before


def test_it_changes_with_how_much_of_a_text_is_read(artifact: Artifact) -> None:
    assert version(artifact, max_windows=8) != version(artifact, max_windows=9)


def test_it_stays_with_what_decides_nothing(artifact: Artifact, tmp_path: Path) -> None:
    assert version(artifact, max_batch_rows=8, data_dir=tmp_path, log_level="ERROR") == version(artifact)
