"""`tidegate evaluate` and `tidegate models`: exit codes, JSON, and what they say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from models.evaluation.comparison import Example
from streams.cli.app import build_app
from streams.cli.tables import example_table
from tests.support.tiny_artifact import write_manifest, write_tiny_artifact

CPU = ("--device", "cpu", "--threads", "1")
POSTS = [
    {"text": "you are an idiot", "lang": "en", "toxicity": 1, "region": "north"},
    {"text": "a secret day", "lang": "en", "toxicity": 0, "region": "south"},
    {"text": "你 傻", "lang": "zh", "toxicity": 1, "region": "south"},
]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build_app(), [str(argument) for argument in arguments])


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(post) + "\n" for post in POSTS))
    return path


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """The same model, which flags less toxicity in English."""
    folder = tmp_path / "stricter"
    write_tiny_artifact(folder)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    manifest["thresholds"]["toxicity"]["en"] = 0.99
    write_manifest(folder, thresholds=manifest["thresholds"], metrics={"dev": {"post": {"spam": {"en": {"f1": 0.5}}}}})
    return folder


def test_evaluate_prints_json_without_a_text(tiny_artifact: Path, posts: Path) -> None:
    result = run("evaluate", "--artifact", tiny_artifact, "--data", posts, "--slice", "region", "--json", *CPU)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["rows"], document["confidence"], document["draws"]) == (3, 0.95, 1000)
    entries = {(entry["by"], entry["group"]): entry for entry in document["entries"]}
    assert entries["slice", "south"]["rows"] == 2
    assert entries["all", "all"]["figures"]["auroc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert "secret" not in result.output


def test_evaluate_prints_tables(tiny_artifact: Path, posts: Path) -> None:
    result = run("evaluate", "--artifact", tiny_artifact, "--data", posts, *CPU)
    assert result.exit_code == 0, result.stderr
    assert "post, by language" in result.stdout
    assert "post, by slice" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "needs --data"),
        (("--data", "/no/such/file.jsonl"), "cannot be read: No such file"),
        (("--data", "README.md"), "must end in"),
    ],
)
def test_evaluate_refuses_bad_data_with_exit_2(tiny_artifact: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = run("evaluate", "--artifact", tiny_artifact, *arguments, *CPU)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_list_finds_folders_and_says_which_are_broken(stricter: Path, tmp_path: Path) -> None:
    write_tiny_artifact(tmp_path / "run" / "artifact")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    result = run("models", "list", tmp_path, "--json")
    assert result.exit_code == 0
    found = {
        Path(line["folder"]).relative_to(tmp_path).as_posix(): line
        for line in map(json.loads, result.stdout.splitlines())
    }
    assert set(found) == {"stricter", "broken", "run/artifact"}
    assert "cannot be read" in found["broken"]["problem"]
    assert found["stricter"]["dev"] == {"mean_f1_en": 0.5}
    assert found["run/artifact"]["megabytes"] > 0
    assert "cannot be read" in run("models", "list", tmp_path).stdout


def test_show_prints_the_manifest(stricter: Path) -> None:
    assert json.loads(run("models", "show", stricter, "--json").stdout)["thresholds"]["toxicity"]["en"] == 0.99
    shown = run("models", "show", stricter)
    assert shown.exit_code == 0
    assert "0.99" in shown.stdout
    assert run("models", "show", stricter.parent).exit_code == 1


def test_verify_accepts_a_good_model(tiny_artifact: Path) -> None:
    result = run("models", "verify", tiny_artifact, *CPU)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 golden cases on cpu" in result.stdout
    report = json.loads(run("models", "verify", tiny_artifact, "--json", *CPU).stdout)
    assert (report["ok"], report["problem"], report["golden_cases"]) == (True, None, 2)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "golden.json", "MODEL_CARD.md"])
def test_verify_refuses_one_flipped_byte(name: str, tiny_artifact: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_artifact, tmp_path / "copy"))
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    result = run("models", "verify", folder, *CPU)
    assert result.exit_code == 1
    assert f"{name} in {folder} does not match the hash" in result.stderr
    assert result.stderr.count("\n") == 1


def test_verify_refuses_what_only_running_shows(tiny_artifact: Path, tmp_path: Path) -> None:
    """Hashes that fit prove nothing: a golden case that is missed, and a graph without nodes."""
    folder = Path(shutil.copytree(tiny_artifact, tmp_path / "copy"))
    golden = json.loads((folder / "golden.json").read_text())
    golden["cases"][0]["expected"]["post"][0] = 0.5
    (folder / "golden.json").write_text(json.dumps(golden))
    write_manifest(folder)
    assert "fails its golden case insult" in run("models", "verify", folder, *CPU).stderr

    (folder / "model.onnx").write_bytes(b"\x08\x07")  # the version of the format, and nothing behind it
    write_manifest(folder)
    result = run("models", "verify", folder, "--json", *CPU)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False
    assert "does not run" in result.stderr


def test_verify_refuses_a_file_that_is_no_graph(tiny_artifact: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_artifact, tmp_path / "copy"))
    (folder / "model.onnx").write_bytes(b"no graph")
    write_manifest(folder)
    result = run("models", "verify", folder, *CPU)
    assert result.exit_code == 1
    assert "is no ONNX graph" in result.stderr
    assert result.stderr.count("\n") == 1


def test_diff_finds_manifest_entries_and_decisions(tiny_artifact: Path, stricter: Path, posts: Path) -> None:
    result = run("models", "diff", tiny_artifact, stricter, "--data", posts, "--json", *CPU)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert {"what": "thresholds/toxicity/en", "a": 0.5, "b": 0.99} in document["manifest"]
    changed = [one for one in document["decisions"] if one["only_a"] or one["only_b"]]
    assert [(one["label"], one["lang"], one["only_a"]) for one in changed] == [("toxicity", "en", 1)]
    assert "secret" not in result.output


def test_diff_takes_the_golden_cases_without_data(tiny_artifact: Path, stricter: Path) -> None:
    decisions = json.loads(run("models", "diff", tiny_artifact, stricter, "--json", *CPU).stdout)["decisions"]
    assert {one["head"] for one in decisions} == {"post", "sentiment", "condition", "urgency"}
    same = run("models", "diff", tiny_artifact, tiny_artifact, *CPU)
    assert "The manifests say the same." in same.stdout


def test_diff_limits_its_rows_and_keeps_texts_off_a_file(tiny_artifact: Path, stricter: Path, posts: Path) -> None:
    limited = run("models", "diff", tiny_artifact, stricter, "--data", posts, "--limit", "1", "--json", *CPU)
    assert sum(one["rows"] for one in json.loads(limited.stdout)["decisions"] if one["label"] == "spam") == 1
    shown = run("models", "diff", tiny_artifact, stricter, "--data", posts, *CPU)
    assert "changed decisions" in shown.stdout
    assert "idiot" not in shown.output


def test_an_example_is_cut_and_cannot_steer_the_terminal() -> None:
    console = Console(width=200, record=True)
    console.print(example_table([Example("spam", "en", "\x1b[31m[red]" + "x" * 100, 0.9, 0.1, "A")]))
    shown = console.export_text()
    assert "\\x1b[31m[red]" in shown
    assert "…" in shown
    assert "x" * 81 not in shown


def test_of_hundreds_of_figures_a_terminal_shows_the_main_ones(tiny_artifact: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_tiny_artifact(other)
    figures = {"rows": 9, "auprc": 0.5, "f1": 0.123}
    heads = {head: {"spam": {"en": figures}} for head in ("post", "early_post")}
    write_manifest(other, metrics={"dev": heads})
    shown = run("models", "diff", tiny_artifact, other, *CPU).stdout
    assert "metrics/dev/post/spam/en/f1" in shown
    assert "auprc" not in shown
    assert "early_post/spam" not in shown
    assert "metrics/dev/early_post/spam/en/auprc" in run("models", "diff", tiny_artifact, other, "--json", *CPU).stdout
