"""How the commands of `python -m load` end where a measurement cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from load.kafka.cluster import cli
from load.kafka.jars import KafkaUnavailable
from load.memes import memes
from load.options import finish
from load.report import Report
from streams.settings import SettingsError


async def failing() -> Report:
    raise SettingsError("The model is not there.")


def test_a_measurement_that_cannot_be_made_ends_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        finish(failing(), as_json=True)
    assert ended.value.exit_code == 2
    assert capsys.readouterr() == ("", "tidegate: The model is not there.\n")


def test_a_cluster_without_java_ends_with_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.kafka.cluster.LocalKafka", unavailable("Java was not found."))
    monkeypatch.setattr("load.kafka.cluster.signal.signal", lambda *_: None)  # this process goes on
    ended = CliRunner().invoke(cli, ["run"])
    assert (ended.exit_code, ended.stderr) == (1, "tidegate: Java was not found.\n")


def test_jars_that_cannot_be_fetched_end_with_their_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.kafka.cluster.fetch", unavailable("Maven was not found."))
    ended = CliRunner().invoke(cli, ["fetch"])
    assert (ended.exit_code, ended.stderr) == (1, "tidegate: Maven was not found.\n")


def test_memes_without_a_model_end_with_its_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        memes(artifact=tmp_path, count=1, reports=tmp_path)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.startswith("tidegate: ")


def unavailable(why: str) -> Callable[..., object]:
    def raise_it(*_: object, **__: object) -> object:
        raise KafkaUnavailable(why)

    return raise_it
