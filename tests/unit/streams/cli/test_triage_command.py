"""`tidegate triage explain`: what was found, which rules fired, and what would have changed the level."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.cli.app import build_app
from streams.cli.triage import shown
from streams.tasks.symptoms import PROTOCOL
from tests.support.tiny_artifact import write_tiny_artifact

RECORDS = "\n".join(
    [
        '{"id": "r1", "text": "my 3 week old has a fever of 101.3 F, no cough"}',
        "nonsense",
        '{"id": "r2", "text": "a cough", "vitals": {"heart_rate": 82}}',
    ]
)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return write_tiny_artifact(tmp_path / "tiny").folder


def explain(artifact: Path, *more: str) -> Result:
    arguments = ["triage", "explain", "-", "--artifact", str(artifact), *more]
    return CliRunner().invoke(build_app(), arguments, input=RECORDS)


def test_it_says_why_for_every_record(artifact: Path) -> None:
    first, second, third = [json.loads(line) for line in explain(artifact, "--json").stdout.splitlines()]

    assert first["record_id"] == "r1"
    assert (first["level"], first["protocol_level"]) == (2, 2)
    assert [(one["finding"], one["assertion"], one["text"]) for one in first["findings"]] == [
        ("fever", "present", "fever"),
        ("cough", "absent", "cough"),
    ]
    assert {one["measure"] for one in first["numbers"]} == {"age", "temperature"}
    assert [one["rule"] for one in first["rules"]] == ["fever_below_three_months"]
    assert "WHO" in first["rules"][0]["source"]
    assert second["error"]["reason"] == "invalid_json"
    assert (third["level"], third["rules"]) == (third["model_level"], [])


def test_it_says_what_would_have_changed_the_level(artifact: Path) -> None:
    first, *_ = [json.loads(line) for line in explain(artifact, "--json").stdout.splitlines()]

    changes = [(one["level"], one["if"], one.get("rule")) for one in first["would_change"]]
    assert any(level == 1 and rule == "newborn_danger" for level, _, rule in changes)
    assert (4, "the temperature were normal", None) in changes
    assert all(one["level"] != first["level"] for one in first["would_change"])


def explained(level: int, held_by: list[str], *changes: int) -> dict[str, Any]:
    would_change = [{"level": one, "if": "x were absent", "now": "present"} for one in changes]
    none: dict[str, list[Any]] = {"findings": [], "numbers": [], "rules": [], "warnings": []}
    return {"level": level, "held_by": held_by, "would_change": would_change, **none}


@pytest.mark.parametrize(
    ("held_by", "changes", "said"),
    [
        (["model", "protocol"], [1], "stays 2 without any rule: the model alone says 2"),
        (["unassessed"], [], "no rule set it: the policy of what the model cannot read says 2"),
        (["model", "photograph"], [], "no rule set it: the model alone says 2 and a photograph alone says 2"),
        (["protocol"], [1], "no one finding or vital sign carries it alone (age and weeks of pregnancy are not tried)"),
        (["protocol"], [1, 4], None),
    ],
)
def test_it_says_who_holds_the_level(held_by: list[str], changes: list[int], said: str | None) -> None:
    assert dict(shown(explained(2, held_by, *changes))).get("held") == said


def test_people_get_lines(artifact: Path) -> None:
    told = explain(artifact).stdout

    assert "r1: level 2" in told
    assert "found     cough: absent (cough)" in told
    assert "rule      2 fever below three months" in told
    assert "change    level 4 if the temperature were normal (now 38.5)" in told
    assert "held      no rule set it: the model alone says 4" in told
    assert "line 2: invalid_json" in told


def test_a_wrong_protocol_is_one_sentence(artifact: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "protocol.toml"
    wrong.write_text(PROTOCOL.read_text("utf-8").replace('source = "iitt"', 'source = "hearsay"', 1), "utf-8")

    done = explain(artifact, "--protocol", str(wrong))

    assert done.exit_code == 2
    assert "hearsay" in done.stderr
