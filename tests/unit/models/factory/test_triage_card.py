"""The triage section of a card: written from what commands printed of this model, and of no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner

from models.artifact import Artifact, ArtifactError
from models.evaluation.rows import EvaluationError
from models.factory.artifact_folder import with_hashes, write_manifest
from models.factory.measured import add_triage
from models.registry import differences
from streams.cli.app import build_app
from tests.support.tiny_artifact import write_tiny_artifact

CARD = "# Model card\n\n## Operating points\n\nNone.\n\n## Dev figures\n\nNone.\n"
GRADED = [
    {"id": "r1", "text": "unresponsive since this morning", "lang": "en", "level": 1, "condition": "none_of_these"},
    {"id": "r2", "text": "a cough", "lang": "en", "age": 70, "sex": "female", "level": 5, "condition": "pneumonia"},
    {"id": "r3", "text": "头痛", "lang": "zh", "level": 4, "condition": "migraine"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    artifact = write_tiny_artifact(tmp_path / "tiny")
    (artifact.folder / "MODEL_CARD.md").write_text(CARD, encoding="utf-8")
    write_manifest(with_hashes(artifact.manifest, artifact.folder, list(artifact.manifest.files)), artifact.folder)
    return artifact.folder


def told(*arguments: str) -> str:
    done = CliRunner().invoke(build_app(), list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def curve(folder: Path, tmp_path: Path) -> Path:
    """What `tidegate triage curve --json` prints of this artifact."""
    graded, printed = tmp_path / "graded.jsonl", tmp_path / "curve.json"
    graded.write_text("".join(json.dumps(one) + "\n" for one in GRADED), encoding="utf-8")
    printed.write_text(told("triage", "curve", str(graded), "--artifact", str(folder), "--json"), encoding="utf-8")
    return printed


@pytest.fixture
def evaluation(folder: Path, tmp_path: Path) -> Path:
    """What `tidegate evaluate --json` prints of it."""
    (tmp_path / "symptoms").mkdir()
    table, printed = tmp_path / "symptoms" / "dev.jsonl", tmp_path / "evaluation.json"
    said = [("a cough", "en", "pneumonia"), ("头痛", "zh", "migraine")]
    labelled = [{"text": text, "lang": lang, "condition": condition} for text, lang, condition in said]
    table.write_text("".join(json.dumps(one) + "\n" for one in labelled), encoding="utf-8")
    printed.write_text(told("evaluate", "--artifact", str(folder), "--data", str(table), "--json"), encoding="utf-8")
    return printed


def changed(path: Path, **fields: Any) -> Path:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields), encoding="utf-8")
    return path


def rows(card: str, title: str) -> list[list[str]]:
    """The cells of the table under a title."""
    lines = card.split(title)[1].split("\n#")[0].splitlines()
    table = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_card_holds_what_the_commands_printed(folder: Path, curve: Path, evaluation: Path) -> None:
    told("models", "card", str(folder), "--triage", str(curve), "--evaluation", str(evaluation))
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    document = json.loads(curve.read_text())
    head, _, *lines = rows(card, "against harmless ones raised: graded.jsonl")
    assert head[2:] == ["level 1 and 2", "under-triage", "level 4 and 5", "over-triage", "within one level"]
    assert len(lines) == len(document["points"])
    assert {line[0] for line in lines} == {"all", "language: en", "language: zh", "age: old", "sex: female"}
    first = document["points"][0]["missed"]
    assert lines[0][3] == f"{first['share']:.1%} ({first['low']:.1%} to {first['high']:.1%})"
    assert {line[1] for line in lines if line[1].startswith("**")} == {f"**{document['in_force']:g}**"}
    assert next(line for line in lines if line[0] == "language: zh")[2:4] == ["0", ""], "nothing to count is no share"
    _, _, *named = rows(card, "### Conditions\n")
    assert named[0][:4] == ["graded.jsonl", "all", "2", named[0][3]]
    _, _, *alone = rows(card, "### Conditions and levels of the model alone")
    assert [line[:4] for line in alone] == [
        ["symptoms/dev.jsonl", "condition", "all", "2"],
        ["symptoms/dev.jsonl", "condition", "en", "1"],
        ["symptoms/dev.jsonl", "condition", "zh", "1"],
    ]


def test_the_model_stays_what_it_was(folder: Path, curve: Path) -> None:
    before = Artifact.load(folder)
    add_triage(folder, [curve], [])
    again = add_triage(folder, [curve], [])
    assert again.version == before.version
    assert again.manifest.metrics["triage"]["curves"][0]["data"] == "graded.jsonl"
    assert list(differences(before.manifest, again.manifest)) == []
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.count("## Triage\n") == 1
    assert card.index("## Operating points") < card.index("## Triage") < card.index("## Dev figures")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"model_version": "2020.01.01-00000000"}, "are of model 2020.01.01-00000000, not of "),
        ({"points": None}, "is not what `tidegate triage curve --json` prints: points"),
    ],
)
def test_figures_of_another_model_and_other_files_are_refused(
    folder: Path, curve: Path, fields: dict[str, Any], fault: str
) -> None:
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(EvaluationError, match=fault):
        add_triage(folder, [changed(curve, **fields)], [])
    assert (folder / "manifest.json").read_bytes() == before
    assert (folder / "MODEL_CARD.md").read_text(encoding="utf-8") == CARD


def test_a_file_that_is_not_there_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        add_triage(folder, [tmp_path / "none.json"], [])


def test_a_precision_behind_the_version_is_the_same_model(folder: Path, curve: Path) -> None:
    version = Artifact.load(folder).version
    add_triage(folder, [changed(curve, model_version=f"{version}+fp16")], [])


def test_an_artifact_without_a_card_and_a_call_without_figures_are_refused(tmp_path: Path, curve: Path) -> None:
    artifact = write_tiny_artifact(tmp_path / "bare")
    bare = artifact.folder
    write_manifest(with_hashes(artifact.manifest, bare, ["model.onnx", "tokenizer.json", "golden.json"]), bare)
    with pytest.raises(ArtifactError, match="has no card"):
        add_triage(bare, [curve], [])
    done = CliRunner().invoke(build_app(), ["models", "card", str(bare)])
    assert done.exit_code == 2
