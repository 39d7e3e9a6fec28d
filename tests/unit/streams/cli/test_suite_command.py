"""`tidegate evaluate --suite`: what it prints and writes, and which options go together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_artifact import write_manifest, write_tiny_artifact
from tests.unit.streams.cli.test_models_command import CPU, run


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    tables: dict[str, list[dict[str, Any]]] = {
        "posts": [{"text": "you are an idiot", "toxicity": 1}, {"text": "a secret day", "toxicity": 0}] * 15,
        "dev": [{"text": "kill the day", "domain": "games", "threat": 0}, {"text": "casino", "domain": "news"}],
        "triage": [{"text": "a", "risk_tier": "urgent"}],
    }
    for name, records in tables.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


def test_a_suite_is_printed_as_tables(tiny_artifact: Path, suite: Path) -> None:
    result = run("evaluate", "--artifact", tiny_artifact, "--suite", suite, *CPU)

    assert result.exit_code == 0, result.stderr
    assert "post, by set" in result.stdout
    assert "mean over sets" in result.stdout
    assert "Left out: triage." in result.stdout
    assert "secret" not in result.output


def test_the_policy_says_what_is_done_about_ordinary_posts(tiny_artifact: Path, suite: Path) -> None:
    result = run("evaluate", "--artifact", tiny_artifact, "--suite", suite, "--json", *CPU)
    document = json.loads(result.stdout)
    alarms = {one["domain"]: one for one in document["false_alarms_per_thousand"]}

    assert alarms["games"]["labelled"]["value"] == alarms["news"]["labelled"]["value"] == 1000.0
    assert alarms["games"]["acted"]["value"] == 1000.0  # a threat of .98 is reviewed, spam of .98 removed
    assert document["mean_auroc"] == 1.0
    assert document["skipped"][0]["name"] == "triage"
    assert "secret" not in result.output


def test_names_of_others_have_figures_where_they_are_asked_for(tiny_artifact: Path, suite: Path) -> None:
    command = ("evaluate", "--artifact", tiny_artifact, "--suite", suite, *CPU)
    asked = run(*command, "--names")
    (entry,) = json.loads(run(*command, "--names", "--json").stdout)["names"]

    assert asked.exit_code == 0, asked.stderr
    assert "names, by set" in asked.stdout
    assert "INFLAMMATORY" in asked.stdout
    assert (entry["set"], entry["rows"], entry["positives"]) == ("posts", 30, 15)
    assert entry["label"].startswith("toxicity, TOXICITY, ")
    assert set(entry["figures"]) == {"auroc", "f1"}
    assert json.loads(run(*command, "--json").stdout)["names"] == []


def test_two_models_and_a_folder_of_results(tiny_artifact: Path, suite: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    other = tmp_path / "other"
    write_tiny_artifact(other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["thresholds"]["toxicity"] = {"en": 0.99, "zh": 0.99}
    write_manifest(other, thresholds=manifest["thresholds"])
    out = tmp_path / "out"
    result = run(
        "evaluate", "--artifact", tiny_artifact, "--suite", suite, "--against", other, "--out", out, *CPU
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    assert "points won against" in result.stdout
    assert "mean rank" in result.stdout
    assert sorted(path.name for path in out.iterdir()) == ["suite.json", "suite.png", "suite.txt"]
    document = json.loads((out / "suite.json").read_text())
    assert document["mean_ranks"] == [1.5, 1.5]
    (difference,) = document["against"][0]["points_won_against_it"]
    assert difference["figures"]["f1"]["value"] == 100.0


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--suite", "SUITE", "--data", "SUITE"),
        ("--suite", "SUITE", "--deform"),
        ("--suite", "SUITE", "--slice", "x"),
        ("--data", "SUITE", "--limit", "3"),
        ("--data", "SUITE", "--names"),
        ("--data", "SUITE", "--against", "SUITE"),
        ("--suite", "MISSING"),
    ],
)
def test_options_that_do_not_go_together(tiny_artifact: Path, suite: Path, options: tuple[str, ...]) -> None:
    places = {"SUITE": suite, "MISSING": suite / "missing"}
    result = run("evaluate", "--artifact", tiny_artifact, *(places.get(option, option) for option in options), *CPU)

    assert result.exit_code == 2
    assert result.stderr.startswith("tidegate: ")
