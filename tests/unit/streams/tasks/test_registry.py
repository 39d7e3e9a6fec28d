"""Tasks are built from settings, by name."""

from pathlib import Path

import pytest

from streams.pipeline.activation import build_tasks
from streams.policy import PolicyError
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


def test_verdicts_that_are_only_read_leave_nothing_behind(tmp_path: Path) -> None:
    (task, *_) = build_tasks(Settings(data_dir=tmp_path / "data"), parts().artifact, enforces=False)
    task.assign({3})
    decide(task, {"id": "p", "text": "t", "author": "a"}, post_scores(insult=0.95))
    task.checkpoint()
    task.revoke({3})

    assert not (tmp_path / "data").exists()
