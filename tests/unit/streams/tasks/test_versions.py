"""What a policy's version covers: all that decides beside the model's scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.artifact import Artifact
from streams.pipeline.activation import build_tasks, parts_of
from streams.policy import Policy
from streams.settings import Settings, SettingsError
from streams.tasks.base import Parts
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import PROTOCOL, SYMPTOMS
from streams.tasks.symptoms.task import SymptomsTask
from tests.support.tiny_artifact import write_manifest, write_tiny_artifact
from tests.unit.streams.tasks.building import decide


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


def test_it_changes_with_the_protocol(artifact: Artifact, tmp_path: Path) -> None:
    edited = tmp_path / "protocol.toml"
    edited.write_text(PROTOCOL.read_text("utf-8").replace("level = 1", "level = 2", 1), "utf-8")
    assert version(artifact, protocol=edited) != version(artifact)


def test_a_setting_named_like_a_rule_names_the_file_that_counts(artifact: Artifact, tmp_path: Path) -> None:
    edited = tmp_path / "protocol.toml"
    edited.write_text(PROTOCOL.read_text("utf-8"), "utf-8")
    settings = Settings.load(protocol=edited)
    assert paths_of(settings, artifact) == {**SYMPTOMS.rules, "protocol": edited}
    assert paths_of(Settings.load(), artifact) == SYMPTOMS.rules


def paths_of(settings: Settings, artifact: Artifact) -> dict[str, Path]:
    return {name: one.path for name, one in parts_of(settings, artifact, Policy.load()).rules.items()}


def test_a_protocol_that_is_edited_behind_the_version_decides_nothing(artifact: Artifact, tmp_path: Path) -> None:
    """What was hashed is what is parsed: the file is read once."""
    shipped = PROTOCOL.read_text("utf-8")
    edited = tmp_path / "protocol.toml"
    edited.write_text(shipped, "utf-8")
    parts = parts_of(Settings.load(protocol=edited), artifact, Policy.load())
    assert urgent_level(parts) == 1
    edited.write_text(shipped.replace("level = 1", "level = 2"), "utf-8")
    assert urgent_level(parts) == 1
    assert urgent_level(parts_of(Settings.load(protocol=edited), artifact, Policy.load())) == 2
    edited.unlink()
    assert urgent_level(parts) == 1


def urgent_level(parts: Parts) -> int:
    """What the task makes of somebody who does not breathe; without a word of the model it would be 2."""
    verdict, _ = decide(SymptomsTask.build(parts), {"id": "r", "text": "unresponsive and not breathing"}, None)
    level: int = verdict["urgency"]["level"]
    return level


def test_rules_that_cannot_be_read_are_named(artifact: Artifact, tmp_path: Path) -> None:
    settings = Settings.load(protocol=tmp_path / "gone.toml")
    with pytest.raises(SettingsError, match=r"protocol, .*gone\.toml, cannot be read: No such file"):
        parts_of(settings, artifact, Policy.load())


@pytest.mark.parametrize("file", ["findings", "context", "passages"])
def test_it_changes_with_what_triage_looks_for(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    before = version(artifact)
    edited = tmp_path / file
    edited.write_bytes(b"# nothing \xff")
    rules = {**SYMPTOMS.rules, file: edited}
    monkeypatch.setattr("streams.tasks.REGISTRY", (replace(SYMPTOMS, rules=rules), POSTS))
    assert version(artifact) != before


def test_it_changes_with_how_much_of_a_text_is_read(artifact: Artifact) -> None:
    assert version(artifact, max_windows=8) != version(artifact, max_windows=9)


def test_it_changes_with_the_cascade_and_only_where_that_is_on(artifact: Artifact) -> None:
    """A long post of which the early exit answered some windows names the whole model, with other scores."""
    assert version(artifact, cascade="on") != version(artifact)
    assert version(artifact, cascade="off") == version(artifact)


def test_it_stays_with_what_decides_nothing(artifact: Artifact, tmp_path: Path) -> None:
    assert version(artifact, max_batch_rows=8, data_dir=tmp_path, log_level="ERROR") == version(artifact)
