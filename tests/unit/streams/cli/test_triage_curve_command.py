"""`tidegate triage curve`: what a cost of under-triage buys on graded records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from models.artifact import Artifact
from streams.cli.app import build_app
from tests.support.tiny_artifact import write_tiny_artifact

GRADED: list[dict[str, Any]] = [
    {"id": "r1", "text": "my 3 week old has a fever of 101.3 F, no cough", "level": 2},
    {"id": "r2", "text": "a cough since monday", "age": 30, "sex": "male", "level": 5},
    {"id": "r3", "text": "   ", "level": 4},
]


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return write_tiny_artifact(tmp_path / "tiny").folder


def curve(artifact: Path, *more: str, records: list[dict[str, Any]] = GRADED) -> Result:
    lines = "\n".join(json.dumps(one) for one in records)
    return CliRunner().invoke(build_app(), ["triage", "curve", "-", "--artifact", str(artifact), *more], input=lines)


def test_the_points_of_all_and_of_each_group(artifact: Path) -> None:
    done = curve(artifact, "--json", "--cost", "1", "--cost", "4")
    document = json.loads(done.stdout)
    assert (document["records"], document["in_force"]) == (3, 3.0)
    points = {(one["group"], one["cost"]): one for one in document["points"]}
    assert {group for group, _ in points} == {"all", "en", "child", "adult", "male"}
    assert {cost for _, cost in points} == {1.0, 3.0, 4.0}, "and that of the policy"
    assert points["all", 1.0]["missed"] | {"low": 0, "high": 0} == {"share": 0.0, "low": 0, "high": 0, "of": 1}
    assert points["all", 1.0]["near"]["of"] == 2, "what is no record has no level"


def test_conditions_are_counted_where_the_records_say_them(artifact: Path) -> None:
    said = [
        {"id": "r1", "text": "a cough", "level": 4, "condition": "pneumonia"},
        {"id": "r2", "text": "a headache", "level": 4, "condition": "pneumonia"},
        {"id": "r3", "text": "a cough", "level": 4, "condition": "none_of_these"},
        {"id": "r4", "text": "a cough", "level": 4},
    ]
    document = json.loads(curve(artifact, "--json", records=said).stdout)
    (every, *_), version = document["conditions"], document["model_version"]
    assert (every["group"], every["right"]["share"], every["right"]["of"]) == ("all", 0.5, 2)
    assert (every["unfounded"]["share"], every["unfounded"]["of"]) == (1.0, 1)
    assert version == Artifact.load(artifact).version
    assert "none of these: one above .5" in curve(artifact, records=said).stdout
    assert json.loads(curve(artifact, "--json").stdout)["conditions"] == []


def test_a_condition_that_nobody_knows_is_named(artifact: Path) -> None:
    done = curve(artifact, records=[GRADED[0] | {"condition": "bad luck"}])
    assert done.exit_code == 2
    assert "line 1 has a `condition`" in done.stderr


def test_people_get_a_table_and_a_picture(artifact: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    shown = curve(artifact, "--picture", str(tmp_path / "curve.png")).stdout
    assert "under-triage" in shown
    assert "child" in shown
    assert (tmp_path / "curve.png").stat().st_size > 10_000


@pytest.mark.parametrize("record", [{"id": "r", "text": "a cough"}, {"id": "r", "text": "a cough", "level": 6}, [2]])
def test_records_without_a_level_are_named(artifact: Path, record: Any) -> None:
    done = curve(artifact, records=[GRADED[0], record])
    assert done.exit_code == 2
    assert "line 2 has no `level`" in done.stderr
