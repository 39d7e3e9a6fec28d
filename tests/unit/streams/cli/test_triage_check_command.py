"""`tidegate triage check`: the examples of a protocol's rules, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from streams.cli.app import build_app
from streams.tasks.symptoms import PROTOCOL


def check(*more: str) -> Result:
    return CliRunner().invoke(build_app(), ["triage", "check", *more])


def edited(folder: Path, old: str, new: str) -> str:
    text = PROTOCOL.read_text("utf-8")
    assert old in text
    path = folder / "protocol.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return str(path)


def test_the_protocol_that_ships_is_sound() -> None:
    done = check()

    assert done.exit_code == 0
    assert "rules, " in done.stdout
    assert "examples, 0 errors" in done.stdout


def test_a_rule_that_does_not_do_what_its_examples_say_is_named(tmp_path: Path) -> None:
    file = edited(tmp_path, 'when = ["choking"]', 'when = ["choking", "age < 5", "age > 6"]')
    done, as_json = check(file), check(file, "--json")

    assert (done.exit_code, as_json.exit_code) == (1, 1)
    assert "example    choking: example 1 of fires does not fire" in done.stdout
    assert "grape" not in done.stdout
    told = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [(one["severity"], one["kind"], one["subject"]) for one in told] == [
        ("error", "dead", "choking"),
        ("error", "example", "choking"),
        ("error", "example", "choking"),
    ]


def test_what_is_no_protocol_is_one_sentence(tmp_path: Path) -> None:
    done = check(edited(tmp_path, 'source = "iitt"', 'source = "hearsay"'))

    assert done.exit_code == 2
    assert "hearsay" in done.stderr
