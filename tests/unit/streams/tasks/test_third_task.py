"""A third task is one package (`notes`, beside this) and one registration: whatever knows tasks follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from asyncapi3.models.asyncapi import AsyncAPI3
from typer.testing import CliRunner

import streams.tasks
import tests.support.tiny_artifact as tiny
from models.evaluation.rows import Row
from models.evaluation.scoring import score_rows
from models.serving.question import Joined, Question
from streams.cli.app import build_app
from streams.cli.evaluate import open_served
from streams.cli.lines import line
from streams.client import line_message, record_message
from streams.client.messages import decoder_of
from streams.errors import ClientError, InvalidRecordError
from streams.kafka.topics import input_kinds, kinds, output_kinds, topic_name
from streams.model import load_model
from streams.pipeline.activation import build_tasks
from streams.record import RawRecord
from streams.settings import Settings, SettingsError
from tests.unit.streams.tasks.notes import NOTES
from tests.unit.streams.tasks.notes.schema import NOTE_VERDICT, NoteVerdict

LANGUAGES = ("en", "zh")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.tasks.REGISTRY", (*streams.tasks.REGISTRY, NOTES))


@pytest.fixture
def artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with one more head, which hears English in `day` and Chinese in `你`."""
    monkeypatch.setitem(tiny._WIDTHS, "language", len(LANGUAGES))
    monkeypatch.setitem(tiny._KINDS, "language", "softmax")
    monkeypatch.setitem(tiny._LABELS, "language", LANGUAGES)
    monkeypatch.setitem(tiny._WORDS, "day", {"language": (0,)})
    monkeypatch.setitem(tiny._WORDS, "你", {"language": (1,)})
    tiny.write_tiny_artifact(tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture
def scored(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setenv("TIDEGATE_ARTIFACT", str(artifact))
    lines = tmp_path / "notes.jsonl"
    lines.write_bytes(
        b'{"id": 1, "text": "what a day"}\n{"id": "n2", "text": "\xe4\xbd\xa0 \xe5\xa5\xbd"}\n{"id": "n3"}\n'
    )
    result = CliRunner().invoke(build_app(), ["score", "--task", "notes", "--device", "cpu", str(lines)])
    assert result.exit_code == 0, result.output
    return [orjson.loads(answer) for answer in result.stdout.splitlines()]


def test_settings_serve_it_and_know_its_name() -> None:
    assert Settings.load().tasks == ["posts", "symptoms", "notes"]
    assert Settings.load(tasks="notes").tasks == ["notes"]
    with pytest.raises(SettingsError, match="it must be 'posts', 'symptoms' or 'notes'"):
        Settings.load(tasks="letters")


def test_it_has_its_topics() -> None:
    assert input_kinds()[:3] == ["posts", "symptoms", "notes"]
    assert "notes-backfill" in input_kinds()
    assert "languages" in output_kinds()
    assert {"notes", "languages"} < set(kinds())
    assert topic_name("here", "languages") == "here.languages"


def test_its_records_are_sent_under_its_key() -> None:
    message = record_message("notes", {"id": "n", "text": "hi", "writer": "w"})
    assert (message.kind, message.key) == ("notes", b"w")
    assert line_message(b'{"writer": 7}', "notes").key == b"7"
    with pytest.raises(InvalidRecordError, match="Not a valid Note"):
        record_message("notes", {"id": "n"})
    with pytest.raises(ClientError, match="posts, symptoms, notes"):
        record_message("letters", {})


def test_a_record_comes_back_as_one_verdict_or_one_failure(scored: list[dict[str, Any]]) -> None:
    english, chinese, broken = scored
    assert (english["task"], english["note_id"]) == ("notes", "1")
    assert english["languages"]["en"] > 0.9
    assert chinese["languages"]["zh"] > 0.9
    assert broken["error"]["reason"] == "missing_field"
    for verdict in (english, chinese):
        assert verdict["assessed"]
        NoteVerdict.model_validate(verdict)


def test_a_reader_gets_its_verdicts(scored: list[dict[str, Any]]) -> None:
    value = orjson.dumps(scored[0])
    verdict, identity = decoder_of("languages")(RawRecord("t", 0, 0, None, value))
    assert isinstance(verdict, NoteVerdict)
    assert identity == scored[0]["id"]
    assert "note_id" in line(verdict).plain
    with pytest.raises(ClientError, match="languages"):
        decoder_of("notes")


def test_the_commands_take_its_name() -> None:
    asked = CliRunner().invoke(build_app(), ["send", "letters", "-"])
    assert asked.exit_code == 2
    assert "posts, symptoms or notes" in asked.output
    asked = CliRunner().invoke(build_app(), ["watch", "letters"])
    assert "languages" in asked.output


def test_the_schemas_describe_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(build_app(), ["schema", "export", str(tmp_path)])
    assert result.exit_code == 0, result.output
    document = yaml.safe_load((tmp_path / "asyncapi.yaml").read_text("utf-8"))
    AsyncAPI3.model_validate(document)
    assert {"receive-notes", "send-languages"} < set(document["operations"])
    assert document["components"]["messages"]["NoteVerdict"]["examples"][0]["payload"] == NOTE_VERDICT
    assert (tmp_path / "json" / "note_verdict.json").exists()


def test_the_evaluation_asks_its_heads(artifact: Path) -> None:
    served = open_served(artifact=artifact, device="cpu", threads=1)
    (answer,) = score_rows([Row("what a day", task="notes")], served)
    assert answer.scores.heads.keys() == {"language"}
    assert answer.scores.heads["language"].argmax() == 0


def test_the_version_covers_its_rules(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(Settings(artifact=artifact, device="cpu", threads=1, tasks=["notes"]))

    def version() -> str:
        (task,) = build_tasks(Settings(tasks=["notes"]), model.artifact, enforces=False)
        return task.policy_version

    before = version()
    rules = tmp_path / "greetings.toml"
    rules.write_text("hello = 'en'")
    monkeypatch.setitem(NOTES.rules, "greetings", rules)
    assert version() != before


def test_what_may_degrade_reads_what_the_early_exit_answers() -> None:
    with pytest.raises(ValueError, match="post alone"):
        Question({"language": Joined.MEAN}, may_degrade=True)
