"""An ablation finds a difference that is there, is unsure of one that is not, and mixes no slices."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from safetensors.numpy import load_file, save_file

from models.examples import Example, no_post_labels
from models.factory.ablation import ablation_table, compare_answers, measures, span_measure
from models.factory.ablation_runs import run_ablations
from models.training.predict import Logits
from models.training.recipe import RecipeError
from tests.unit.models.made_up import make_tokenizer


def _dev(rows: int, source: str = "open") -> list[Example]:
    examples = []
    for number in range(rows):
        post = no_post_labels()
        post[0] = number % 2
        examples.append(Example(f"{source} {number}", "en", source, "A", "post", post=post))
    return examples


def _answers(dev: list[Example], strength: float, seed: int) -> list[Logits]:
    noise = np.random.default_rng(seed).normal(size=len(dev))
    answers: list[Logits] = []
    for example, extra in zip(dev, noise, strict=True):
        post = np.zeros(8, dtype=np.float32)
        post[0] = strength * (2 * example.post[0] - 1) + extra
        answers.append({"post": post})
    return answers


def test_a_real_gain_has_an_interval_above_zero() -> None:
    dev = _dev(300)
    (row,) = compare_answers(measures(dev), _answers(dev, 2.0, 1), _answers(dev, 0.3, 2), seed=3)
    assert row["figure"] == "toxicity en"
    assert row["difference"] > 10
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert "**" in ablation_table("gain", [row])


def test_equal_networks_have_an_interval_around_zero() -> None:
    dev = _dev(300)
    (row,) = compare_answers(measures(dev), _answers(dev, 1.0, 11), _answers(dev, 1.0, 12), seed=3)
    assert row["low"] < 0 < row["high"]
    assert "**" not in ablation_table("none", [row])


def test_written_and_disguised_rows_are_figures_of_their_own() -> None:
    dev = [*_dev(40), *_dev(60, "handwritten"), *_dev(50, "deformed")]
    assert {m.name: len(m.rows) for m in measures(dev)} == {
        "toxicity en": 40, "toxicity en (written)": 60, "toxicity en (disguised)": 50,
    }  # fmt: skip


def test_too_few_positives_are_no_figure() -> None:
    assert measures(_dev(28)) == []


def test_the_spans_figure_orders_the_tokens_of_a_post_and_skips_posts_with_nothing_to_order() -> None:
    tokenizer = make_tokenizer()
    texts = {"the idiot today": ((4, 9),), "nice day": (), "idiot": ((0, 5),)}
    dev = [Example(text, "en", "open", "A", "spans", spans=spans) for text, spans in texts.items()] * 2
    (measure,) = span_measure(dev, tokenizer)
    assert measure.rows.tolist() == [0, 3]
    encoding = tokenizer.encode("the idiot today")
    right = np.array([float("idiot" in token) for token in encoding.tokens], dtype=np.float32)
    noise = np.zeros(9, dtype=np.float32)
    answers: list[Logits] = [{"spans": s} for s in (right, noise, noise, -right, noise, noise)]
    assert measure.values(answers).tolist() == [1.0, 0.0]
    (row,) = compare_answers([measure], answers, answers, seed=1)
    assert (row["with"], row["difference"]) == (50.0, 0.0)


def test_a_part_that_is_none_is_named_before_anything_runs(tiny_recipe: Any, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no ablation of augmentation; the parts are word deformation,"):
        run_ablations(tiny_recipe, tmp_path, tmp_path, tmp_path / "own", ["augmentation"], "cpu", None)
    assert not (tmp_path / "own").exists()


@pytest.mark.timeout(300)
def test_ablations_run_in_a_folder_of_their_own_from_the_checkpoint_of_a_run(
    tiny_recipe: Any, tiny_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    """One part and the tasks, twelve steps each; the table is there, and a second call trains nothing again."""
    recipe = tiny_recipe.model_copy(update={"schedule": tiny_recipe.schedule.model_copy(update={"steps": 12})})
    arguments = (recipe, tiny_run, tiny_data, tmp_path / "own", ["word deformation", "tasks"], "cpu", None)
    report = run_ablations(*arguments).read_text()
    assert "### Word deformation" in report
    for figure in ("toxicity en |", "spans en |", "sentiment en |", "condition en |", "urgency |"):
        assert f"| {figure}" in report
    weights = sorted((tmp_path / "own").rglob("weights.safetensors"))
    assert len(weights) == 2 + 1 + 5
    before = [path.stat().st_mtime_ns for path in weights]
    assert run_ablations(*arguments).read_text() == report
    assert [path.stat().st_mtime_ns for path in weights] == before
    other = shutil.copytree(tiny_run, tmp_path / "other")
    path = other / "checkpoint" / "weights.safetensors"
    save_file({name: value + 1 for name, value in load_file(path).items()}, path)
    with pytest.raises(RecipeError, match="went on from another network"):
        run_ablations(recipe, other, *arguments[2:])
