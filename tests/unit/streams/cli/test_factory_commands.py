"""What stands in the way of a run is one sentence, not a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.app import build_app
from streams.reviews.rows import SPLITS, Row
from streams.settings import Settings

pytest.importorskip("torch")

from models.training.corpus import load_corpus
from models.training.operating_points import rates_of
from models.training.recipe import Operating, Recipe


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "posts").mkdir(parents=True)
    for split in ("train", "dev"):
        rows = [{"text": f"nice day {n}", "lang": "en", "toxicity": n % 2} for n in range(4)]
        (folder / "posts" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def train(data: Path, out: Path, config: str) -> str:
    """What is said on stderr; the exit code is 1."""
    command = ["train", "--config", config, "--data", str(data), "--out", str(out)]
    result = CliRunner().invoke(build_app(), command)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.stderr.strip().splitlines()[-1]


def test_a_folder_without_the_list_of_blocked_texts(data: Path, tmp_path: Path) -> None:
    said = train(data, tmp_path / "run", "baseline")
    assert said == f"tidegate: {data / 'blocked.txt'} cannot be used: No such file or directory."


def test_an_encoder_that_cannot_be_had(data: Path, tmp_path: Path) -> None:
    (data / "blocked.txt").touch()
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f'name = "mine"\n[base]\nname = "{tmp_path / "nowhere"}"\n', encoding="utf-8")
    said = train(data, tmp_path / "run", str(recipe))
    assert "nowhere" in said
    assert said.endswith("`--base` names a folder that holds an encoder.")


@pytest.mark.parametrize(
    ("config", "options"),
    [
        *((config, [option]) for config in ("baseline", "pictures") for option in ("--start", "--voter")),
        ("release", ["--start", "--voter"]),
    ],
)
def test_an_option_that_nobody_would_read_is_refused(config: str, options: list[str], tmp_path: Path) -> None:
    values = {"--start": str(tmp_path), "--voter": "1"}
    given = [word for option in options for word in (option, values[option])]
    command = ["train", "--config", config, "--data", str(tmp_path), "--out", str(tmp_path / "out"), *given]
    result = CliRunner().invoke(build_app(), command)
    assert result.exit_code == 2
    said = "takes over no run" if config == "release" else f"a recipe of kind {config} has no use for it"
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_a_model_is_fitted_to_both_kinds_of_tables_only(tiny_artifact: Path, data: Path, tmp_path: Path) -> None:
    command = ["models", "fit", str(tiny_artifact), str(tmp_path / "out"), "--suite", str(data / "posts")]
    result = CliRunner().invoke(build_app(), command)
    assert (result.exit_code, result.stderr.startswith("tidegate: Thresholds need both")) == (2, True)
    assert not (tmp_path / "out").exists()

    result = CliRunner().invoke(build_app(), [*command, "--keep-scale", "rude"])
    assert result.exit_code == 2
    assert "rude is none of toxicity" in result.stderr


def test_what_balanced_may_label_is_the_same_for_a_command_and_a_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr("models.factory.fit.fit_artifact", lambda *given: asked.append(given[-1].per_thousand))
    command = ["models", "fit", str(tmp_path), str(tmp_path / "out"), "--suite", str(tmp_path)]
    assert CliRunner().invoke(build_app(), command).exit_code == 0
    assert asked == [Operating(suite=("sets",)).per_thousand] == [rates_of()["balanced"].labelled * 1000]


def test_reviewed_posts_are_read_once_and_trained_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "blocked.txt").touch()
    reads: list[str] = []
    taught: list[list[str]] = []

    async def read(settings: Settings) -> tuple[list[Row], dict[str, int]]:
        reads.append(settings.topic_prefix)
        some = [(split, f"{split} {n}") for split in SPLITS for n in range(3)]
        fields = {"lang": "en", "source": "reviews_console", "toxicity": 1}
        return [Row(split, fields | {"id": text, "text": text}, {"id": text}) for split, text in some], {"disputed": 4}

    def trained(recipe: Recipe, data: Path, out: Path) -> str:
        taught.append([example.source for example in load_corpus(data, recipe.data, recipe.seed).train])
        return "done"

    monkeypatch.setattr("streams.client.reviewed.read_reviewed", read)
    monkeypatch.setattr("models.factory.factory.run_baseline", trained)
    recipe, run = tmp_path / "mine.toml", tmp_path / "run"
    recipe.write_text('name = "mine"\nkind = "baseline"\n', encoding="utf-8")
    command = ["train", "--from-reviews", "--config", str(recipe), "--data", str(data), "--out", str(run)]
    command += ["--prefix", "ours"]
    results = [CliRunner().invoke(build_app(), command) for _ in range(2)]

    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert "reviewed posts: 3 train, 3 dev, 3 holdout; left out: 4 disputed" in results[0].stdout
    assert reads == ["ours"], "a run that goes on has the same rows"
    assert taught[0].count("reviews_console") == 3
    assert taught[0] == taught[1]


def test_reviews_say_nothing_of_picture_classes(tmp_path: Path) -> None:
    command = ["train", "--from-reviews", "--config", "pictures", "--data", str(tmp_path), "--out", str(tmp_path / "o")]
    assert CliRunner().invoke(build_app(), command).exit_code == 2
