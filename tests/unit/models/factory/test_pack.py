"""A run that is packed, trained where there is neither the repository nor the data, and brought home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from sysconfig import get_path
from typing import Any
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from models.artifact import Artifact  # noqa: E402
from models.factory.bring_home import ship, unpack  # noqa: E402
from models.factory.export import export_run  # noqa: E402
from models.factory.factory import run_factory  # noqa: E402
from models.factory.pack import write_pack  # noqa: E402
from models.factory.parts import HASHES, join_parts, write_parts  # noqa: E402
from models.training.corpus import load_corpus  # noqa: E402
from models.training.recipe import Recipe, RecipeError  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402
from streams.cli.app import build_app  # noqa: E402

MB = 1_000_000
GO_ON = "run the same command again to go on from there."


@pytest.fixture(scope="module")
def far_recipe(tiny_recipe: Any) -> Recipe:
    """All stages, a frozen word table, and an encoder whose name leads nowhere: a pack has to bring its own."""
    schedule = tiny_recipe.schedule.model_dump() | {"steps": 25}
    document = tiny_recipe.model_dump() | {
        "teacher": {"layers": 3, "rows": 200, "schedule": schedule},
        "pruning": {"attention_heads": 1, "feed_forward": 64, "rows": 64},
        "distillation": {"schedule": schedule},
        "schedule": schedule,
    }
    document["base"] |= {"name": "nobody/nowhere", "freeze_words": True}
    return Recipe.model_validate(document)


@pytest.fixture(scope="module")
def pack(far_recipe: Recipe, tiny_base: Path, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the command line, in parts so small that there are several."""
    folder = tmp_path_factory.mktemp("pack")
    recipe = folder / "recipe.json"
    recipe.write_text(far_recipe.model_dump_json())
    wheels = folder / "wheels"
    wheels.mkdir()
    with ZipFile(wheels / "one-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("one/noise", os.urandom(MB))
    options = {"config": recipe, "data": tiny_data, "run": folder / "run", "base": tiny_base, "wheels": wheels}
    command = ["train", "pack", str(folder / "pack"), "--largest", "1"]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    result = CliRunner().invoke(build_app(), command)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1].startswith(f"{folder / 'pack'}: ")
    return folder / "pack"


@pytest.fixture(scope="module")
def far(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(pack, tmp_path_factory.mktemp("far") / "pack"))


def run_there(far: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`sh run.sh` with the packages that are installed and without the repository, a hub or a proxy that answers.

    `-S`: a `.pth` file of an editable installation would lead to the repository.
    """
    python = far.parent / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    nowhere = "http://127.0.0.1:9"
    environment = {"PYTHON": str(python), "PYTHONPATH": get_path("purelib"), "HOME": str(far.parent)}
    environment |= {"PATH": os.environ["PATH"], "https_proxy": nowhere, "http_proxy": nowhere}
    command = ["sh", str(far / "run.sh"), *words]
    return subprocess.run(command, env=environment, cwd=far.parent, capture_output=True, text=True, timeout=180)


@pytest.mark.timeout(400)
def test_a_pack_trains_in_sittings_where_nothing_else_is_and_comes_home(
    far: Path, far_recipe: Recipe, tiny_data: Path, tiny_base: Path, tmp_path: Path
) -> None:
    assert len(list(far.glob("part-*"))) > 1
    assert all(part.stat().st_size <= MB for part in far.glob("part-*"))
    first = run_there(far, "--minutes", "0")
    assert first.returncode == 3, first.stderr
    assert first.stderr.strip().splitlines()[-1].startswith("tidegate: Stopped after 0 minutes, ")
    assert first.stderr.strip().endswith(GO_ON)
    second = run_there(far)
    assert second.returncode == 0, second.stderr
    code = far / "open" / "code"
    assert sorted(path.name for path in code.iterdir()) == ["models", "schemas", "streams"]
    assert (far / "open" / "site" / "one" / "noise").is_file(), "wheels are unpacked"
    assert not (code / "models" / "release").exists()
    brought = run_there(far, "parts", "open/run", str(far / "home"))
    assert brought.returncode == 0, brought.stderr
    result = CliRunner().invoke(build_app(), ["train", "unpack", str(far / "home"), str(tmp_path / "run")])
    assert result.exit_code == 0, result.stderr
    there, here = (RunFolder(run / "distilled") for run in (far / "open" / "run", tmp_path / "run"))
    gone, come = there.require_network().state_dict(), here.require_network().state_dict()
    assert torch.equal(gone["word.weight"], come["word.weight"]), "frozen, so int8 loses nothing the second time"
    assert all(torch.equal(value.half(), come[name].half()) for name, value in gone.items() if name != "word.weight")
    assert Artifact.load(tmp_path / "run" / "artifact").manifest.name == far_recipe.name
    export_run(here.path, tmp_path / "again", tiny_data, threads=1)
    assert not (tmp_path / "run" / "teacher" / "checkpoint").exists()


def test_the_rows_and_the_run_folder_are_those_of_home(
    far_recipe: Recipe, far: Path, tiny_data: Path, tmp_path: Path
) -> None:
    run_there(far, "--minutes", "0")
    there = load_corpus(far / "open" / "data", far_recipe.data, far_recipe.seed)
    here = load_corpus(tiny_data, far_recipe.data, far_recipe.seed)
    assert there.fingerprint() == here.fingerprint()
    assert (there.sources(), there.dropped, there.blocked) == (here.sources(), here.dropped, here.blocked)
    with pytest.raises(RecipeError, match="other rules"):
        load_corpus(far / "open" / "data", far_recipe.data.model_copy(update={"contrast": 0.5}), far_recipe.seed)
    drawn = far_recipe.data.model_copy(update={"augment": 0.5, "shares": dict.fromkeys(far_recipe.data.shares, 1.0)})
    assert load_corpus(far / "open" / "data", drawn, far_recipe.seed).train


def test_a_teacher_with_an_encoder_of_its_own_is_refused(tiny_recipe: Any, tmp_path: Path) -> None:
    recipe = Recipe.model_validate(tiny_recipe.model_dump() | {"teacher": {"layers": 3, "name": "another"}})
    with pytest.raises(RecipeError, match="holds one encoder"):
        write_pack(recipe, tmp_path, RunFolder(tmp_path / "run"), None, [], [], tmp_path / "pack", MB)


def test_parts_are_small_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(2500))
    parts = write_parts([(tmp_path / "noise", "noise")], tmp_path / "parts", 1000)
    assert [part.name for part in parts] == [f"part-{number:03d}" for number in range(len(parts))]
    assert max(part.stat().st_size for part in parts) == 1000
    join_parts(tmp_path / "parts", tmp_path / "whole")
    assert (tmp_path / "whole" / "noise").read_bytes() == (tmp_path / "noise").read_bytes()
    with pytest.raises(RecipeError, match="there already"):
        join_parts(tmp_path / "parts", tmp_path / "whole")
    with pytest.raises(RecipeError, match="not empty"):
        write_parts([], tmp_path / "parts", 1000)
    parts[1].write_bytes(b"x")
    with pytest.raises(RecipeError, match="part-001 is missing or damaged"):
        join_parts(tmp_path / "parts", tmp_path / "other")
    assert not (tmp_path / "other").exists()
    assert (tmp_path / "parts" / HASHES).read_text().count("\n") == len(parts)


def test_the_stages_that_ship_are_chosen_by_name(tiny_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for stage in ("teacher", "student"):
        shutil.copytree(tiny_run, run / stage)
    ship(run, tmp_path / "last", [], MB)
    assert not (unpack(tmp_path / "last", tmp_path / "one") / "teacher" / "checkpoint").exists()
    ship(run, tmp_path / "both", ["teacher", "student"], MB)
    unpacked = unpack(tmp_path / "both", tmp_path / "two")
    for stage in ("teacher", "student"):
        before, after = RunFolder(run / stage), RunFolder(unpacked / stage)
        assert after.require_network().shape == before.require_network().shape
        assert after.trained_after(after.metrics) == before.trained_after(before.metrics), "times go along"
    with pytest.raises(RecipeError, match="no network distilled; it has teacher, student"):
        ship(run, tmp_path / "third", ["distilled"], MB)
    with pytest.raises(RecipeError, match="holds no network"):
        ship(tmp_path / "last", tmp_path / "fourth", [], MB)


def test_all_teachers_that_vote_come_home(tiny_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    voters = ["teacher", "teacher_2", "teacher_3"]
    for stage in voters:
        shutil.copytree(tiny_run, run / stage)
    untrained = run / "teacher_4"
    untrained.mkdir()
    (untrained / "metrics.jsonl").write_text("{}\n")
    (tmp_path / "other").mkdir()
    for parts in (tmp_path / "by_default", tmp_path / "by_name"):
        ship(run, parts, ["teacher"] if parts.name == "by_name" else [], MB)
        assert all(part.stat().st_size <= MB for part in parts.glob("part-*"))
        home = unpack(parts, tmp_path / "other" / parts.name)
        assert sorted(path.parents[1].name for path in home.glob("*/checkpoint/weights.safetensors")) == voters
        for stage in voters:
            before, after = RunFolder(run / stage), RunFolder(home / stage)
            gone, come = before.require_network().state_dict(), after.require_network().state_dict()
            assert all(torch.equal(value.half(), come[name].half()) for name, value in gone.items())
            assert after.trained_after(after.metrics) == before.trained_after(before.metrics), "times go along"
    shutil.copytree(tiny_run, run / "student")
    ship(run, tmp_path / "last", [], MB)
    home = unpack(tmp_path / "last", tmp_path / "other" / "last")
    assert [path.parents[1].name for path in home.glob("*/checkpoint/weights.safetensors")] == ["student"]
    assert (home / "teacher_4" / "metrics.jsonl").is_file(), "what is told of them comes along"
    ship(run, tmp_path / "one", ["teacher_2"], MB)
    home = unpack(tmp_path / "one", tmp_path / "other" / "one")
    assert [path.parents[1].name for path in home.glob("*/checkpoint/weights.safetensors")] == ["teacher_2"]


def test_without_onnxruntime_the_networks_are_trained_and_it_is_said_what_is_left(
    tiny_recipe: Any, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.factory.factory.find_spec", lambda name: None if name == "onnxruntime" else name)
    with pytest.raises(Exception, match="the artifact needs onnxruntime, which is not installed here"):
        run_factory(tiny_recipe, tiny_data, tmp_path / "run")
    assert "| student |" in (tmp_path / "run" / "report.md").read_text()
    assert RunFolder(tmp_path / "run" / "student").load_network() is not None
