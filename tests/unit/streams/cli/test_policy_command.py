"""`tidegate policy` and `tidegate reviews`: what they print, and how they end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from models.labels import POST_LABELS
from schemas.examples import POST_VERDICT, REVIEW
from streams.cli.app import build_app
from streams.policy import POLICY
from streams.policy.text import hash_author
from tests.support.rules import as_toml, rule
from tests.support.tiny_artifact import write_manifest

WHEN = {"all": [{"regex": "(?i)casino"}, {"not": {"lang": "zh"}}]}
THEN = {"action": "remove", "note": "a [b]"}
SOUND = rule("casino-links", WHEN, THEN, must_match=["my Casino"], must_not_match=["cinema"])
MORE = """
[lists.banned]
kind = "block"
of = "authors"
salt = "s"
entries = []
"""


def run(*arguments: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments], input=typed)


def write(folder: Path, *rules: dict[str, Any], name: str = "policy.toml", more: str = "") -> Path:
    path = folder / name
    path.write_text(POLICY.read_text("utf-8") + as_toml(*rules) + more, "utf-8")
    return path


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_policy_that_ships_is_sound() -> None:
    result = run("policy", "check", "--strict")
    assert (result.exit_code, "0 rules, 0 errors, 0 warnings" in result.stdout) == (0, True)
    assert run("policy", "test").stdout == "The policy has no rules.\n"


def test_check_says_what_is_wrong_and_by_its_exit_code_how_bad_it_is(tmp_path: Path) -> None:
    never = rule("never", {"all": [{"lang": "en"}, {"lang": "zh"}]}, must_match=["x"], must_not_match=["x"])
    old = SOUND | {"name": "old", "expires": "2020-01-01"}

    bad = run("policy", "check", write(tmp_path, never, SOUND), "--json")
    assert bad.exit_code == 1
    assert {(one["severity"], one["kind"], one["subject"]) for one in lines(bad)} == {
        ("error", "dead", "never"),
        ("error", "example", "never"),
    }
    shown = run("policy", "check", write(tmp_path, never, SOUND))
    assert "dead       never: can never fire" in shown.stdout
    doubtful = write(tmp_path, SOUND, old)
    assert run("policy", "check", doubtful).exit_code == 0
    assert run("policy", "check", doubtful, "--strict").exit_code == 1


@pytest.mark.parametrize("command", ["check", "test", "show"])
def test_a_file_that_is_no_policy_is_told_in_one_sentence(tmp_path: Path, command: str) -> None:
    result = run("policy", command, write(tmp_path, SOUND | {"mode": "maybe"}))
    assert result.exit_code == 2
    assert "rules.0.mode: input should be 'off', 'shadow' or 'on'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_examples_alone(tmp_path: Path) -> None:
    bad = SOUND | {"name": "bad", "must_match": ["my Casino", "secret words"]}
    result = run("policy", "test", write(tmp_path, SOUND, bad), "--json")

    assert result.exit_code == 1
    assert lines(result) == [
        {"rule": "bad", "examples": 3, "failing": ["example 2 of must_match does not match"]},
        {"rule": "casino-links", "examples": 2, "failing": []},
    ]
    assert "secret" not in run("policy", "test", write(tmp_path, SOUND, bad)).output


def test_show_is_for_people_and_for_programs(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND, SOUND | {"name": "over", "expires": "2020-01-01"}, more=MORE)
    shown = run("policy", "show", path).stdout

    assert "text is like (?i)casino and not language is zh" in shown
    assert "remove, note: a [b]" in shown
    assert "2020-01-01 (over)" in shown
    assert "banned  block  authors  0" in shown
    (whole,) = lines(run("policy", "show", path, "--json"))
    assert whole["rules"][0]["when"]["all"][1]["not"]["lang"] == ["zh"]


def test_show_tells_the_scores_that_really_act(tiny_artifact: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    shutil.copytree(tiny_artifact, artifact)
    thresholds = {label: {"en": 0.5, "zh": 0.6} for label in POST_LABELS}
    acts_from = {label: {"en": 0.9123, "zh": 0.7, "other": None} for label in POST_LABELS}
    write_manifest(artifact, operating_points={"balanced": {"thresholds": thresholds, "acts_from": acts_from}})
    shown = run("policy", "show", "--artifact", artifact).stdout

    (spam,) = (line.split("  ") for line in shown.splitlines() if line.startswith("spam"))
    told = [cell.strip() for cell in spam if cell.strip()]
    assert told == ["spam", "0.50", "0.60", "0.95", "0.9123 / 0.8 / -", "0.9123 / 0.9 / -", "0.98 / 0.98 / -", "-"]


def test_authors_are_hashed_with_the_salt_of_their_list(tmp_path: Path) -> None:
    path = write(tmp_path, more=MORE)
    result = run("policy", "hash", "banned", "--policy", path, typed="ann\nbob\n")
    assert result.stdout.split() == [hash_author("ann", "s"), hash_author("bob", "s")]
    assert run("policy", "hash", "nobody", "--policy", path, typed="ann\n").exit_code == 2


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.jsonl"
    plain = POST_VERDICT | {"time": "2026-11-24T09:00:00Z", "author": "wilhelmina"}
    some = [plain, plain | {"time": "2026-11-24T11:00:00Z", "text": "my casino"}, {"id": "none"}]
    path.write_text("\n".join(map(json.dumps, some)) + "\n", "utf-8")
    return path


def test_a_dry_run_says_what_would_change(tmp_path: Path, verdicts: Path) -> None:
    path = write(tmp_path, SOUND)
    (report,) = lines(run("policy", "dry-run", "--policy", path, "--file", verdicts, "--json"))

    assert (report["verdicts"], report["changed"], report["unreadable"], report["undecided"]) == (2, 1, 1, 1)
    assert {(one["from"], one["to"]): one["verdicts"] for one in report["actions"]} == {
        ("limit", "limit"): 1, ("limit", "remove"): 1,
    }  # fmt: skip
    assert report["rules"] == {"casino-links": {"mode": "on", "fired": 1, "changed": 1, "unsure": 1}}
    assert report["policy"].startswith("1-")
    shown = run("policy", "dry-run", "--policy", path, "--file", verdicts).stdout
    assert "2 verdicts, 1 come out differently (50.00%)" in shown
    assert "limit to remove" in shown
    assert "1 verdicts may change, too" in shown
    for said in ("wilhelmina", "my casino"):
        assert said not in shown.replace("casino-links", "")


def test_a_dry_run_goes_by_time_and_against_another_policy(tmp_path: Path, verdicts: Path) -> None:
    options = ("policy", "dry-run", "--policy", write(tmp_path, SOUND), "--file", verdicts, "--json")
    (later,) = lines(run(*options, "--from", "2026-11-24T10:00"))
    (earlier,) = lines(run(*options, "--to", "2026-11-24T11:00:00+00:00"))
    assert (later["changed"], earlier["changed"]) == (1, 0)
    assert list(later["hours"]) == ["2026-11-24T11:00Z"]
    (same,) = lines(run(*options, "--against", tmp_path / "policy.toml"))
    assert (same["verdicts"], same["changed"]) == (2, 0)


@pytest.mark.parametrize(
    "options", [["--from", "yesterday"], ["--file", "none.jsonl"], ["--file", "-", "--with-posts"]]
)
def test_wrong_usage_of_a_dry_run_is_told(options: list[str]) -> None:
    assert run("policy", "dry-run", *options).exit_code == 2


def test_reviews_are_reported(tmp_path: Path) -> None:
    for name, some in (("verdicts", [POST_VERDICT]), ("reviews", [REVIEW, {"action": "none"}])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, some)), "utf-8")
    options = ("reviews", "report", "--file", tmp_path / "reviews.jsonl", "--verdicts", tmp_path / "verdicts.jsonl")

    (report,) = lines(run(*options, "--json"))
    assert (report["reviews"], report["verdicts"], report["unreadable"]) == (1, 1, 1)
    assert report["precision"]["actions"]["limit"] == {"value": 0.0, "low": 0.0, "high": 0.7935, "rows": 1}
    assert report["precision"]["labels"]["insult"]["value"] == 1.0
    shown = run(*options)
    assert "action limit" in shown.stdout
    assert REVIEW["note"] not in shown.output
    assert run(*options, "--from", "2026-01-01").exit_code == 2


def test_allowed_posts_that_were_drawn_and_have_no_review_are_printed_once(tmp_path: Path) -> None:
    drawn = POST_VERDICT | {"action": "allow", "sampled": True}
    some = [drawn | {"id": "a"}, drawn | {"id": "b"}, drawn | {"id": "a"}, drawn | {"id": "c", "sampled": False}, []]
    for name, messages in (("verdicts", some), ("reviews", [REVIEW | {"verdict_id": "b"}, {"action": "none"}])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, messages)), "utf-8")
    options = ("--file", tmp_path / "reviews.jsonl", "--verdicts", tmp_path / "verdicts.jsonl")

    result = run("reviews", "sample", *options)
    assert [one["id"] for one in lines(result)] == ["a"]
    assert "a review cannot be read" in result.stderr
