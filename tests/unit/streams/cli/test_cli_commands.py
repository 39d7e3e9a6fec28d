"""Parsing, exit codes and sentences of the command line. No broker is there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Coroutine
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.artifact import ArtifactError
from models.serving.types import DeviceError, EngineLostError
from streams.cli.app import build_app
from streams.cli.terminal import printable
from streams.cli.worker import command
from streams.errors import BrokerUnreachableError
from streams.policy import PolicyError
from streams.settings import SettingsError

NOBODY = "127.0.0.1:1"


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(build_app(), list(arguments), input=stdin)


def close(*work: object) -> None:
    for one in work:
        if isinstance(one, Coroutine):
            one.close()


def test_help_names_every_command() -> None:
    shown = run("--help").output
    for name in ("worker", "send", "watch", "score", "topics", "dead-letters", "schema", "demo", "train", "export"):
        assert name in shown


def test_help_imports_nothing_heavy() -> None:
    heavy = {"aiokafka", "faust", "pydantic", "onnxruntime", "torch", "numpy", "confluent_kafka"}
    probe = "import sys; from streams.cli.app import build_app; build_app(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "elephants", "-"),
        ("watch", "nothing"),
        ("topics", "create", "--partitions", "0"),
        ("worker", "--workers", "0"),
        ("score", "--task", "weather"),
        ("send", "posts", "/no/such/file"),
        ("dead-letters", "list", "--reason", "boredom"),
        ("dead-letters", "replay", "--limit", "0"),
    ],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [("topics", "list"), ("worker",), ("watch", "flags"), ("send", "posts", "-"), ("score", "--task", "posts")],
)
def test_a_wrong_setting_is_one_sentence_and_exits_2(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_BROKERS", "no port here")
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("tidegate: Setting brokers")
    assert result.stderr.count("\n") == 1


def test_the_command_line_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_BROKERS", "no port here")
    assert NOBODY in run("topics", "list", "--brokers", NOBODY).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("topics", "list"),
        ("topics", "create"),
        ("watch", "labels", "--json"),
        ("send", "posts", "-"),
        ("dead-letters", "list"),
        ("dead-letters", "replay"),
    ],
)
def test_an_unreachable_broker_is_one_sentence_and_exits_1(arguments: tuple[str, ...]) -> None:
    began = time.monotonic()
    result = run(*arguments, "--brokers", NOBODY, stdin='{"id": "1", "text": "hello"}\n')
    assert result.exit_code == 1
    assert result.stderr.strip() == f"tidegate: No broker answered at {NOBODY}."
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("No."), 2),
        (PolicyError("No."), 2),
        (DeviceError("No."), 2),
        (ArtifactError("No."), 1),
        (EngineLostError("No."), 1),
        (BrokerUnreachableError("No."), 1),
    ],
)
def test_the_exit_code_tells_a_wrong_setting_from_a_failure(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("streams.cli.worker._run_one", refuse)
    result = run("worker")
    assert (result.exit_code, result.stderr) == (code, "tidegate: No.\n")


def test_training_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.cli.factory.options.find_spec", lambda name: None)
    for arguments in (("train", "--config", "some.toml"), ("export", "run", "out")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "tidegate[train]" in result.stderr


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*work: object) -> None:
        close(*work)
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.cli.topics.run", interrupt)
    monkeypatch.setattr("streams.cli.worker._run_one", interrupt)
    result = run("topics", "list")
    assert (result.exit_code, result.output) == (130, "")
    assert run("worker").exit_code == 0


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*work: object) -> None:
        close(*work)
        raise ZeroDivisionError

    monkeypatch.setattr("streams.cli.topics.run", break_down)
    assert isinstance(run("topics", "list").exception, ZeroDivisionError)


def test_the_sentence_of_an_error_is_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*work: object) -> None:
        close(*work)
        raise BrokerUnreachableError("Nobody is at home.")

    monkeypatch.setattr("streams.cli.topics.run", refuse)
    assert run("topics", "list").stderr == "tidegate: Nobody is at home.\n"


def test_a_reader_that_goes_away_is_quiet(tmp_path: Path) -> None:
    """`tidegate ... | head` closes the pipe early."""
    script = tmp_path / "many_lines.py"
    script.write_text(
        "import typer\n"
        "from streams.cli.terminal import reporting\n"
        "def many_lines():\n"
        "    with reporting():\n"
        "        for _ in range(100_000):\n"
        "            typer.echo('x' * 100)\n"
        "typer.run(many_lines)\n"
    )
    pipeline = f"{sys.executable} {script} | head -1"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    piped = subprocess.run(
        ["bash", "-c", pipeline], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert piped.stdout == "x" * 100 + "\n"
    assert piped.stderr == ""


def test_a_child_gets_the_same_command_line_without_the_count() -> None:
    line = command({"brokers": "a:1", "topic_prefix": "p", "threads": 2, "data_dir": Path("/d"), "policy": None})
    assert line[1:4] == ["-m", "streams.cli", "worker"]
    assert " ".join(line[4:]) == "--brokers a:1 --prefix p --threads 2 --data-dir /d"


def test_text_of_strangers_cannot_drive_the_terminal() -> None:
    assert printable("a\x1b[31mb\u202e\u200b\nc") == r"a\x1b[31mb\u202e\u200b\nc"
    assert printable("傻瓜 🎉") == "傻瓜 🎉"
    assert printable("x" * 300, 10) == "x" * 10 + "…"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_is_told_in_one_sentence() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    with Path("/dev/full").open("wb") as full:
        written = subprocess.run(
            [sys.executable, "-m", "streams.cli", "policy", "show"],
            env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (written.returncode, written.stderr) == (
        1,
        "tidegate: Nothing more can be written: No space left on device.\n",
    )
