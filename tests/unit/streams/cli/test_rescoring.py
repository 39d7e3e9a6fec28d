"""`tidegate policy dry-run --model`: stored verdicts beside those that another model would give."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from streams.cli.app import build_app
from streams.policy import POLICY
from streams.score import Scorer, score_lines
from streams.settings import Settings
from tests.support.tiny_artifact import write_manifest

TEXTS = ("you are an idiot", "nice day today", "a plain sentence about trains", "idiot idiot")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments])


@pytest.fixture
def other(tiny_artifact: Path, tmp_path: Path) -> Path:
    """The same look-up table under another name."""
    copy = Path(shutil.copytree(tiny_artifact, tmp_path / "other"))
    write_manifest(copy, version="2027.01.01")
    return copy


def settings(artifact: Path) -> Settings:
    return Settings(artifact=artifact, device="cpu", threads=1)


def verdicts(artifact: Path) -> list[dict[str, Any]]:
    posts = [json.dumps({"id": str(number), "text": text}).encode() for number, text in enumerate(TEXTS)]
    return [json.loads(answer) for answer in score_lines(posts, "posts", settings(artifact))]


async def test_a_model_that_is_loaded_once_scores_portion_after_portion(other: Path) -> None:
    scorer = Scorer("posts", settings(other))
    posts = [json.dumps({"id": "p", "text": text}).encode() for text in TEXTS]
    found = [answer for portion in ((), posts[:1], posts[1:]) for answer in await scorer.answers(portion)]

    one_by_one = await asyncio.to_thread(verdicts, other)
    assert [answer["scores"] for answer in found] == [answer["scores"] for answer in one_by_one]
    (refused,) = await scorer.answers([b"no JSON"])
    assert refused["error"]["reason"] == "invalid_json"


def test_the_same_model_would_have_decided_the_same_and_scores_of_others_do_not_count(
    other: Path, tmp_path: Path
) -> None:
    """The stored scores are the opposite of what the model says: they are not looked at."""
    stored = verdicts(other)
    lines = [
        one | {"scores": dict.fromkeys(one["scores"], 0.0), "text": text}
        for one, text in zip(stored, TEXTS, strict=True)
    ]
    lines.append(stored[0])  # nobody knows its text
    lines.append({})
    file = tmp_path / "verdicts.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    result = run("policy", "dry-run", "--policy", POLICY, "--model", other, "--file", file, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["model"].startswith("2027.01.01")
    assert (report["verdicts"], report["rescored"], report["not_rescored"], report["unreadable"]) == (4, 4, 1, 1)
    assert report["changed"] == 0
    shown = run("policy", "dry-run", "--policy", POLICY, "--model", other, "--file", file).stdout
    assert "4 posts were scored anew by model 2027.01.01" in " ".join(shown.split())
    assert "1 verdicts were left out" in " ".join(shown.split())


def test_what_the_other_model_decides_differently_is_told(other: Path, tmp_path: Path) -> None:
    stored = [one | {"action": "remove", "text": text} for one, text in zip(verdicts(other), TEXTS, strict=True)]
    file = tmp_path / "verdicts.jsonl"
    file.write_text("\n".join(map(json.dumps, stored)), "utf-8")

    report = json.loads(run("policy", "dry-run", "--policy", POLICY, "--model", other, "--file", file, "--json").stdout)
    assert {(one["from"], one["to"]): one["verdicts"] for one in report["actions"]} == Counter(
        ("remove", one["action"]) for one in verdicts(other)
    )
    assert report["changed"] > 0


def test_a_model_has_its_own_thresholds(other: Path) -> None:
    assert run("policy", "dry-run", "--model", other, "--artifact", other).exit_code == 2
