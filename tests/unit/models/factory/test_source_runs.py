"""Sources judged on a finished run: `tidegate train sources`, which writes nothing into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("torch")

from models.factory.source_runs import hidden_states
from models.training.collate import Collator
from models.training.run_folder import RunFolder
from streams.cli.app import build_app
from tests.unit.models.made_up import make_tokenizer


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    folder.mkdir()
    rows = [
        {"text": f"today you idiot {i}" if i % 2 else f"today warm bread {i}", "lang": "en", "toxicity": i % 2}
        for i in range(60)
    ]
    (folder / "foreign.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def _sources(run: Path, data: Path, *options: str) -> str:
    result = CliRunner().invoke(build_app(), ["train", "sources", str(run), "--data", str(data), *options])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_the_sources_of_a_run_are_judged_on_held_out_rows_and_on_sets(
    tiny_run: Path, tiny_data: Path, sets: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in tiny_run.parent.rglob("*")}
    picture = tmp_path / "sources.png"
    said = json.loads(_sources(tiny_run, tiny_data, "--suite", str(sets), "--json", "--picture", str(picture)))
    assert (said["seed"], said["rows"], said["encoder"]) == (2026, 600, "")
    found = {one["label"]: one for one in said["sources"]}
    toxicity = found["toxicity"]
    assert toxicity["source"] == "open"
    assert toxicity["without"] == 0.5  # nothing else teaches it there
    assert toxicity["whole"] > 0.9
    assert toxicity["suite"]["low"] > 20
    assert toxicity["rows"] <= 60
    assert picture.stat().st_size > 1000
    assert {path: path.stat().st_mtime_ns for path in tiny_run.parent.rglob("*")} == before


def test_an_encoder_that_met_no_source_may_read_in_place_of_the_network(
    tiny_run: Path, tiny_data: Path, tiny_base: Path
) -> None:
    said = json.loads(_sources(tiny_run, tiny_data, "--base", str(tiny_base), "--json"))
    assert said["encoder"] == str(tiny_base)
    assert "toxicity" in {one["label"] for one in said["sources"]}


def test_a_text_has_one_state_whatever_is_read_beside_it(tiny_run: Path, tiny_recipe: Any) -> None:
    network = RunFolder(tiny_run).require_network()
    collator = Collator(make_tokenizer(), 32, network.shape.pad_id)
    texts = ["you idiot", "nice day and good soup and warm bread", "kind friend"]
    together = hidden_states(network, collator, texts, progress=False)
    alone = np.concatenate([hidden_states(network, collator, [text], progress=False) for text in texts])
    assert together.shape == (3, network.shape.width)
    assert np.allclose(together, alone, atol=0.05)  # bf16
    assert np.abs(together[0] - together[2]).max() > 0.2
