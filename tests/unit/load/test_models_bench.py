"""The benchmark of models: fair turns, ratios, the cascade's rate, memory of a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

import onnx
from typer.testing import CliRunner

from load.__main__ import app
from load.linear_model import LinearModel
from load.model_speed import batch_of, cascade_rate, has_early_exit, open_graph, peak_mb, rows_per_second
from load.models import LINEAR, REFERENCE, measure_models
from load.reference_model import MINILM_L6, write_reference
from models.folders import RELEASE

TINY = {**MINILM_L6, "vocabulary": 6_000, "width": 64, "layers": 2, "attention_heads": 2, "feed_forward": 128}
TINY |= {"early_layer": 1}


@pytest.fixture(scope="module")
def tiny_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reference(tmp_path_factory.mktemp("graphs") / "tiny.onnx", TINY)


class Clock:
    """Moves on when a graph runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def graph(self, name: str, seconds: list[float]) -> Any:
        turns = iter(seconds)

        def run(batch: object) -> None:
            self.order.append(name)
            self.now += next(turns)

        return run


def test_graphs_take_turns_and_the_first_turn_and_outliers_do_not_count() -> None:
    clock = Clock()
    runs = {"slow": clock.graph("slow", [9.0, 2.0, 2.0, 50.0]), "fast": clock.graph("fast", [9.0, 1.0, 1.0, 1.0])}
    rates = rows_per_second(runs, 16, 3, lambda: clock.now)
    assert rates == {"slow": 16.0, "fast": 32.0}
    assert clock.order == ["slow", "fast"] * 4


def test_a_cascade_pays_the_early_exit_for_all_and_the_rest_for_some() -> None:
    assert cascade_rate(1000, 100, 1.0) == pytest.approx(1000)
    assert cascade_rate(1000, 100, 0.9) == pytest.approx(1000 / 1.9)
    assert cascade_rate(1000, 100, 0.0) == pytest.approx(100)


def test_the_first_graph_is_the_measure_and_an_early_exit_makes_a_cascade(tiny_graph: Path) -> None:
    measured = {one.name: one for one in measure_models({"reference": tiny_graph, "model": tiny_graph}, 0.9, 2)}
    assert list(measured) == ["reference", "model", "model, early exit", "model, cascade"]
    assert set(measured["reference"].ratio.values()) == {1.0}
    assert measured["model"].size_mb == pytest.approx(tiny_graph.stat().st_size / 1e6)
    assert measured["model, cascade"].size_mb is None
    rates = [measured[f"model{part}"].rows_per_s[128] for part in ("", ", cascade", ", early exit")]
    assert rates == sorted(rates)


def test_memory_is_that_of_another_process(tiny_graph: Path) -> None:
    ballast = bytearray(300_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert 20 < peak_mb(tiny_graph) < 290


def test_reference_has_the_shape_of_minilm_and_an_early_exit(tmp_path: Path) -> None:
    path = write_reference(tmp_path / "minilm.onnx", TINY)
    assert has_early_exit(open_graph(path))
    assert (MINILM_L6["layers"], MINILM_L6["width"], MINILM_L6["vocabulary"]) == (6, 384, 30_522)


def test_reference_is_quantised_as_exporters_do(tiny_graph: Path) -> None:
    """Its products are of integers, with scales that are worked out anew for every batch."""
    kinds = [node.op_type for node in onnx.load(tiny_graph).graph.node]
    products = TINY["early_layer"] * 4
    assert (kinds.count("DynamicQuantizeLinear"), kinds.count("MatMulInteger")) == (products, products)


def test_command_writes_table_plot_and_json(tiny_graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.reference_model.write_reference", lambda path: write_reference(path, TINY))
    command = ["models", "--artifact", str(tiny_graph), "--rounds", "1", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    (folder,) = tmp_path.iterdir()
    report = json.loads((folder / "report.json").read_text())
    assert [one["name"] for one in report["models"]] == [
        REFERENCE, "tiny", "tiny, early exit", LINEAR, "tiny, cascade",
    ]  # fmt: skip
    assert (folder / "models.png").stat().st_size > 1_000
    assert "| tiny, cascade |" in (folder / "report.md").read_text()


def test_the_linear_model_answers_every_question_about_the_texts_of_a_batch() -> None:
    model = LinearModel(RELEASE / "tokenizer.json")
    answers = np.asarray(model(batch_of(16, rows=4)))
    assert answers.shape == (4, 8 + 3 + 75 + 4)
    assert len(np.unique(answers, axis=0)) == 4
    assert model.size_mb == pytest.approx((2**18 + 2**19) * 90 * 4 / 1e6)


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["models", "--artifact", str(tmp_path)])
    assert result.exit_code == 2
    assert "manifest.json" in result.output
