"""`tidegate triage curve`: what a cost of under-triage buys on graded records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

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
    assert (document["records"], document["in_force"]) == (3, 2.0)
    points = {(one["group"], one["cost"]): one for one in document["points"]}
    assert {group for group, _ in points} == {"all", "en", "child", "adult", "male"}
    assert {cost for _, cost in points} == {1.0, 2.0, 4.0}, "and that of the policy"
    assert points["all", 1.0]["missed"] | {"low": 0, "high": 0} == {"share": 0.0, "low": 0, "high": 0, "of": 1}
    assert points["all", 1.0]["near"]["of"] == 2, "what is no record has no level"


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
