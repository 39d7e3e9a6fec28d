"""`tidegate triage findings`: what is found in marked records, and how it is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.cli.app import build_app

MARKED: list[dict[str, Any]] = [
    {"id": "r1", "text": "fever since monday, no cough", "findings": [["fever", "present"], ["cough", "absent"]]},
    {"id": "r2", "text": "发烧，不咳嗽", "findings": [["fever", "present"], ["rash", "present", "红点"]],
     "second_findings": [["fever", "present"]]},
]  # fmt: skip


def lines(documents: list[Any]) -> str:
    return "\n".join(json.dumps(one) for one in documents)


def findings(*more: str, records: list[Any] = MARKED) -> Result:
    return CliRunner().invoke(build_app(), ["triage", "findings", "-", *more], input=lines(records))


def figures(comparison: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["lang"], one["meant"]): one for one in comparison["figures"]}


def test_figures_of_the_phrases_against_both_readers() -> None:
    document = json.loads(findings("--json").stdout)
    assert document["records"] == 2
    compared = {(one["finder"], one["against"]): one for one in document["comparisons"]}
    assert set(compared) == {
        ("phrases", "writer"), ("phrases and passages", "writer"), ("second reader", "writer"),
        ("phrases", "second reader"), ("phrases and passages", "second reader"),
    }  # fmt: skip
    own = figures(compared["phrases", "writer"])
    assert own["all", "present"]["recall"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert own["en", "absent"]["f1"]["value"] == 1
    assert own["zh", "absent"]["wanted"] == 0
    assert compared["phrases", "second reader"]["records"] == 1


def test_what_another_program_found_stands_beside_it(tmp_path: Path) -> None:
    other = tmp_path / "head.jsonl"
    other.write_text(lines([{"id": one["id"], "findings": one["findings"]} for one in MARKED]), encoding="utf-8")
    document = json.loads(findings("--found", str(other), "--json").stdout)
    compared = {(one["finder"], one["against"]): one for one in document["comparisons"]}
    head = figures(compared["head", "writer"])["all", "present"]
    assert head["f1"]["value"] == 1
    assert head["f1_beyond_phrases"]["value"] == pytest.approx(0.2, abs=1e-4)
    shown = findings("--found", str(other)).stdout
    assert "head against the writer, 2 records" in shown
    assert "beyond the phrases" in shown


def test_what_another_program_left_out_is_no_silent_nothing(tmp_path: Path) -> None:
    other = tmp_path / "head.jsonl"
    other.write_text(lines([{"id": "r1", "findings": []}]), encoding="utf-8")
    done = findings("--found", str(other))
    assert done.exit_code == 2
    assert "lacks 1 of 2 records" in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": "r", "text": "a cough"}, "line 3 has no `findings`"),
        ({"id": "r", "text": "a cough", "findings": [["cough", "perhaps"]]}, "line 3 has no `findings`"),
        ({"id": "r", "text": "a cough", "findings": ["cough"]}, "line 3 has no `findings`"),
        ({"id": "r", "text": "a cough", "findings": [["bad_luck", "present"]]}, "bad_luck is no finding"),
        ({"id": "r1", "text": "a cough", "findings": []}, "two records have one id"),
        ({"text": "a cough", "findings": []}, "line 3:"),
        ([2], "line 3 has no `findings`"),
    ],
)
def test_a_line_that_cannot_be_measured_is_named(line: Any, said: str) -> None:
    done = findings(records=[*MARKED, line])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_without_a_file_the_records_that_no_training_saw_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.augmentation.written_records.graded_records", lambda: MARKED)
    done = CliRunner().invoke(build_app(), ["triage", "findings", "--json"])
    assert json.loads(done.stdout)["records"] == 2
