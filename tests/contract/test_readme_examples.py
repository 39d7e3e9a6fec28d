"""What README and docs/ show works: the program runs, the messages are valid, the commands exist."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from schemas import PostVerdict, SymptomVerdict
from schemas.examples import ALERT, POST, POST_VERDICT, REVIEW, SYMPTOM_RECORD, SYMPTOM_VERDICT
from streams.cli.app import build_app
from streams.policy import POLICY, Policy
from streams.policy.tables import Condition, Effects
from tests.support.bench import Bench
from tests.support.traffic import Draft

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MESSAGES, POLICY_PAGE, COMMANDS, RUNNING, CONSUMING = (
    (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("messages", "policy", "commands", "running", "consuming")
)


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def _commands(group: Any, prefix: str = "tidegate") -> dict[str, Any]:
    """The commands that do something, by full name."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        full = f"{prefix} {name}"
        if hasattr(command, "commands"):
            found |= _commands(command, full)
        if getattr(command, "invoke_without_command", True):
            found[full] = command
    return found


@pytest.fixture(scope="module")
def commands() -> dict[str, Any]:
    return _commands(typer.main.get_command(build_app()))


def test_the_commands_table_lists_every_command(commands: dict[str, Any]) -> None:
    assert set(re.findall(r"^\| `(tidegate [a-z -]+)` \|", COMMANDS, re.MULTILINE)) == set(commands)


def test_options_of_commands_exist(commands: dict[str, Any]) -> None:
    pages = "\n".join((README, COMMANDS, RUNNING, CONSUMING, POLICY_PAGE))
    lines = re.findall(r"(?:^|[|$] )(tidegate [^|#>\n]*)", pages, re.MULTILINE)
    used = 0
    for line in lines:
        name = next((name for name in sorted(commands, key=len, reverse=True) if line.startswith(name)), None)
        assert name, line
        known = {option for parameter in commands[name].params for option in parameter.opts}
        for option in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert option in known, line
            used += 1
    assert used


def test_the_verdicts_are_the_examples_of_the_schemas() -> None:
    shown = [json.loads(block) for block in _blocks(MESSAGES, "json")]
    assert shown == [POST_VERDICT, SYMPTOM_VERDICT]
    assert [json.loads(block) for block in _blocks(README, "json")] == [POST_VERDICT]
    assert PostVerdict.model_validate(shown[0]).post_id == POST["id"]
    assert SymptomVerdict.model_validate(shown[1]).record_id == SYMPTOM_RECORD["id"]


def test_the_passages_that_the_verdicts_mark_are_in_their_records() -> None:
    marked = [POST["text"][span["start"] : span["end"]] for span in POST_VERDICT["spans"]]
    assert marked == ["pathetic clown"]
    for item in SYMPTOM_VERDICT["evidence"]:
        if item["start"] is not None:
            assert SYMPTOM_RECORD["text"][item["start"] : item["end"]] == item["text"]


def test_the_policy_example_is_a_part_of_a_valid_policy() -> None:
    scores, _, joins, _ = _blocks(POLICY_PAGE, "toml")
    whole = tomllib.loads(POLICY.read_text("utf-8"))
    for name, value in tomllib.loads(scores)["posts"].items():
        assert name in whole["posts"]
        whole["posts"][name] = value
    whole["posts"] |= tomllib.loads(joins)["posts"]
    assert Policy.model_validate(whole).posts.join_wave


def test_the_rules_of_the_policy_page_do_what_they_say(tmp_path: Path) -> None:
    """With the commands that stand beside them, on verdicts that need no broker."""
    _, rules, joins, raids = _blocks(POLICY_PAGE, "toml")
    banned = "[lists.banned]\nkind = 'block'\nof = 'authors'\nentries = []\n"
    for name in ("policy", "old", "new"):
        parts = [POLICY.read_text("utf-8"), joins, rules, raids, banned]
        (tmp_path / f"{name}.toml").write_text("\n".join(parts), "utf-8")
    (tmp_path / "verdicts.jsonl").write_text(json.dumps(POST_VERDICT), "utf-8")
    (tmp_path / "reviews.jsonl").write_text(json.dumps(REVIEW), "utf-8")
    shown = re.findall(r"\$ (?:echo \"[^\"]*\" \| )?tidegate (.*)", POLICY_PAGE)
    run = [line.split() for line in shown if "--from" not in line]
    assert len(run) == 5
    for arguments in run:
        there = [str(tmp_path / part) if part.endswith((".toml", ".jsonl")) else part for part in arguments]
        result = CliRunner().invoke(build_app(), there, input="u-77\n")
        assert result.exit_code == 0, (arguments, result.output)
        assert result.output


def test_the_policy_page_names_every_condition_and_effect() -> None:
    when, then = (POLICY_PAGE.split(f"### {name}")[1].split("\n### ")[0] for name in ("When", "Then"))
    for name in Condition.model_fields:
        assert f"`{name.rstrip('_')}" in when, name
    for name in Effects.model_fields:
        assert f"| `{name} = " in then, name


def test_promises_are_numbered_as_in_the_tests() -> None:
    promises = README.split("## Promises")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. ", promises, re.MULTILINE) == [str(number) for number in range(1, 9)]


@pytest.mark.broker
@pytest.mark.timeout(240)
async def test_the_program_runs(bench: Bench) -> None:
    """As it stands in the README, but for the address of the broker and the seconds that it waits at the end."""
    await bench.create_topics()
    await bench.start_worker()
    (code,) = _blocks(README, "python")
    said = await _run(code.replace("timeout_s=10", "timeout_s=4"), bench)
    assert re.fullmatch(r"1 allow \[\] \d+(\.\d+)?\n", said)


@pytest.mark.broker
@pytest.mark.timeout(240)
async def test_the_program_that_reads_alerts_is_told_of_those_that_came_while_it_was_down(bench: Bench) -> None:
    """As it stands on the page, but for the address, and that it ends when nothing comes."""
    await bench.create_topics()
    (code,) = _blocks(CONSUMING, "python")
    code = code.replace("from_beginning=True", "from_beginning=True, timeout_s=4")
    for subject in ("u-1", "u-2"):
        alert = {**ALERT, "subject": subject, "source": {**ALERT["source"], "offset": int(subject[2:])}}
        await bench.send([Draft(bench.topic("alerts"), json.dumps(alert).encode())])
        assert await _run(code, bench) == f"high repeat_offender {subject}\n"


async def _run(code: str, bench: Bench) -> str:
    """What it prints."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code.replace("localhost:9092", bench.bootstrap)],
        cwd=ROOT,
        env={"PATH": "", "TIDEGATE_TOPIC_PREFIX": bench.prefix},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
