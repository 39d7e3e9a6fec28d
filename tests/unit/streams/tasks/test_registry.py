"""Tasks are built from settings, by name."""

from pathlib import Path

import pytest

from models.artifact import Artifact, ArtifactError, OperatingPoint
from streams.pipeline.activation import build_tasks
from streams.policy import POLICY, PolicyError
from streams.settings import Settings
from tests.unit.streams.tasks.building import decide, parts, post_scores


def test_the_settings_choose_the_tasks(tmp_path: Path) -> None:
    artifact = parts().artifact

    both = build_tasks(Settings(data_dir=tmp_path), artifact)
    one = build_tasks(Settings(data_dir=tmp_path, tasks=["symptoms"]), artifact)

    assert [task.declaration.name for task in both] == ["posts", "symptoms"]
    assert [task.declaration.name for task in one] == ["symptoms"]
    assert {head for task in both for head in task.declaration.question.heads} == {
        "post",
        "spans",
        "sentiment",
        "condition",
        "urgency",
    }


def test_a_wrong_policy_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("version = 3")

    with pytest.raises(PolicyError):
        build_tasks(Settings(data_dir=tmp_path, policy=tmp_path / "policy.toml"), parts().artifact)


def test_the_policy_chooses_the_operating_point_and_a_verdict_names_it(tmp_path: Path) -> None:
    plain = parts().artifact
    bars = {"strict": 0.3, "balanced": 0.5, "lenient": 0.9}
    points = {
        name: OperatingPoint(thresholds={label: {"en": bar} for label in plain.manifest.thresholds})
        for name, bar in bars.items()
    }
    artifact = Artifact(Path(), plain.manifest.model_copy(update={"operating_points": points}))
    verdicts = {}
    for name in bars:
        (tmp_path / "policy.toml").write_text(POLICY.read_text().replace('"balanced"\n\n', f'"{name}"\n\n'))
        settings = Settings(data_dir=tmp_path, policy=tmp_path / "policy.toml", tasks=["posts"])
        (task,) = build_tasks(settings, artifact, enforces=False)
        verdicts[name] = decide(task, {"id": "p", "text": "a nice day"}, post_scores(insult=0.6))[0]

    assert {name: verdict["labels"] for name, verdict in verdicts.items()} == {
        "strict": ["insult"],
        "balanced": ["insult"],
        "lenient": [],
    }
    assert len({verdict["policy_version"] for verdict in verdicts.values()}) == 3
    with pytest.raises(ArtifactError, match="has no operating point lenient; it has balanced"):
        build_tasks(settings, plain, enforces=False)


def test_the_bars_of_the_model_are_a_part_of_the_policy_in_force(tmp_path: Path) -> None:
    plain = parts().artifact.manifest
    versions = set()
    for bar in (0.5, 0.6):
        point = OperatingPoint(thresholds=plain.thresholds, acts_from={"spam": {"en": bar}})
        artifact = Artifact(Path(), plain.model_copy(update={"operating_points": {"balanced": point}}))
        versions.add(build_tasks(Settings(data_dir=tmp_path), artifact, enforces=False)[0].policy_version)

    assert len(versions) == 2


def test_verdicts_that_are_only_read_leave_nothing_behind(tmp_path: Path) -> None:
    (task, *_) = build_tasks(Settings(data_dir=tmp_path / "data"), parts().artifact, enforces=False)
    task.assign({3})
    decide(task, {"id": "p", "text": "t", "author": "a"}, post_scores(insult=0.95))
    task.checkpoint()
    task.revoke({3})

    assert not (tmp_path / "data").exists()
