"""The exported graph: equal to the network, steady across batch mates, with an early exit that exits."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402

from models.artifact import Artifact, ArtifactError  # noqa: E402
from models.compression.graph import build_graph  # noqa: E402
from models.compression.runtime import onnx_scorer, open_session  # noqa: E402
from models.early_exit import UPPER  # noqa: E402
from models.factory.artifact_folder import with_hashes, write_manifest  # noqa: E402
from models.factory.parity import Parity, ParityError, batch_mate_gap, head_losses  # noqa: E402
from models.serving.cascade import CascadeEngine  # noqa: E402
from models.serving.encoder import Encoder  # noqa: E402
from models.serving.engine import OnnxEngine  # noqa: E402
from models.serving.golden import verify_golden  # noqa: E402
from models.serving.types import Batch, Depth, Encoding, Item, Scores  # noqa: E402
from models.training.collate import pad  # noqa: E402
from models.training.predict import torch_scorer  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402

ROWS = [[0, 5, 6, 7, 2], [0, 9, 2], [0, *range(10, 40), 2]]


def test_fp32_graph_equals_the_network(tiny_run: Path) -> None:
    loaded = RunFolder(tiny_run).load_network()
    assert loaded is not None
    network = loaded[0].eval()
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    model = build_graph(weights, network.shape.as_dict(), "fp32")
    ids, mask = pad(ROWS, network.shape.pad_id)
    wanted, got = torch_scorer(network)(ids, mask), onnx_scorer(open_session(model.SerializeToString()))(ids, mask)
    assert set(wanted) == set(got)
    for head, values in wanted.items():
        mask = np.isfinite(values) if head != "spans" else pad(ROWS, 1)[1].astype(bool)
        np.testing.assert_allclose(got[head][mask], values[mask], atol=1e-4)


def test_padding_changes_nothing_in_the_network(tiny_run: Path) -> None:
    loaded = RunFolder(tiny_run).load_network()
    assert loaded is not None
    assert batch_mate_gap(torch_scorer(loaded[0].eval()), ROWS, 1) < 1e-5


def test_a_row_scores_the_same_alone_and_among_unequal_mates(tiny_artifact: Path) -> None:
    score = onnx_scorer(open_session(tiny_artifact / "model.onnx"))
    assert batch_mate_gap(score, ROWS, 1) < 5e-5


def test_early_exit_gives_the_same_early_scores_and_skips_the_rest(tiny_artifact: Path) -> None:
    session = open_session(tiny_artifact / "model.onnx")
    ids, mask = pad(ROWS, 1)
    feeds = {"input_ids": ids, "attention_mask": mask}
    (full,) = session.run(["early_post"], feeds)
    early, post = session.run(["early_post", "post"], feeds | {"early": np.array(True)})
    np.testing.assert_array_equal(early, full)
    assert post.shape == (0, 8)


class _Below:
    """An engine whose layers below the exit are counted."""

    def __init__(self, engine: OnnxEngine) -> None:
        self.engine = engine
        self.below = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        self.below += len(batch.items) * (batch.hidden is None)
        return self.engine.run(batch, depth)


def test_a_cascade_computes_the_layers_below_the_exit_once_and_answers_as_the_whole_model(tiny_artifact: Path) -> None:
    engine = OnnxEngine.open(Artifact.load(tiny_artifact), "cpu", 1, goes_on=True)
    heads = frozenset({"post", "spans", "sentiment"})
    encodings = [Encoding(np.array(row, np.int32), np.zeros((len(row), 2), np.int32)) for row in ROWS]
    items = [Item(one, None, heads, 0.0, 0.0, may_degrade=True) for one in encodings]
    length = next(length for length in engine.grid if length >= max(map(len, ROWS)))
    whole = engine.run(Batch(items, length), Depth.FULL)
    early = engine.run(Batch(items, length), Depth.EARLY)
    highest = sorted(float(scores.heads["post"][0]) for scores in early)
    counted = _Below(engine)
    bars = [(highest[0] + highest[-1]) / 2, *[1.1] * 7]  # between the lowest and the highest: some are clean
    answers = CascadeEngine(counted, bars).run(Batch(items, length), Depth.FULL)
    assert {scores.is_early for scores in answers} == {True, False}
    assert counted.below == len(items)
    for answer, one, other in zip(answers, whole, early, strict=True):
        for head, values in (other if answer.is_early else one).heads.items():
            np.testing.assert_allclose(answer.heads[head], values, atol=1e-4)


def test_golden_cases_go_through_the_upper_graph_too(tiny_artifact: Path, tmp_path: Path) -> None:
    """One that is not of this model, with a hash that is right."""
    changed = Path(shutil.copytree(tiny_artifact, tmp_path / "changed"))
    upper = onnx.load(str(changed / UPPER))
    for constant in upper.graph.initializer:
        if constant.name == "heads.post.bias":
            constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant) + 1, constant.name))
    onnx.save(upper, str(changed / UPPER))
    manifest = Artifact.load(tiny_artifact).manifest
    write_manifest(with_hashes(manifest, changed, list(manifest.files)), changed)
    for folder, is_right in ((tiny_artifact, True), (changed, False)):
        artifact = Artifact.load(folder)
        engine, encoder = OnnxEngine.open(artifact, "cpu", 1, goes_on=True), Encoder.from_artifact(artifact)
        verify_golden(engine, encoder, artifact)
        with contextlib.nullcontext() if is_right else pytest.raises(ArtifactError, match="golden case"):
            verify_golden(engine, encoder, artifact, by_the_exit=True)


def test_manifest_lists_every_source_and_the_parity(tiny_artifact: Path) -> None:
    manifest = json.loads((tiny_artifact / "manifest.json").read_text())
    assert {s["tier"] for s in manifest["sources"]} == {"A", "B"}
    assert manifest["metrics"]["parity"]["fp32_logit_gap"] < 1e-4
    assert {"loss_post", "loss_sentiment"} <= set(manifest["metrics"]["parity"])
    assert manifest["metrics"]["size"]["bytes"] == (tiny_artifact / "model.onnx").stat().st_size
    assert manifest["cascade"]["clean_below"].keys() == set(manifest["heads"]["early_post"]["labels"])
    card = (tiny_artifact / "MODEL_CARD.md").read_text()
    assert "never a diagnosis" in card
    assert all(source["name"] in card for source in manifest["sources"])


FINE: dict[str, Any] = {
    "fp32_logit_gap": 1e-5, "int8_logit_gap": 0.1, "int8_agreement": 0.999, "int8_worst_label_agreement": 0.99,
    "int8_class_agreement": 0.999, "batch_mate_gap": 0.0, "losses": {"post": 0.2, "urgency": 3.0},
    "judged": frozenset({"post"}),
}  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"fp32_logit_gap": 2e-4},
        {"int8_agreement": 0.98},
        {"int8_class_agreement": 0.98},
        {"batch_mate_gap": 1e-3},
        {"losses": {"post": 1.1}},
    ],
)
def test_the_gate_closes(broken: dict[str, Any]) -> None:
    Parity(**FINE).check()
    with pytest.raises(ParityError, match="differ too much"):
        Parity(**FINE | broken).check()


def test_losses_are_points_of_the_macro_figure_over_what_has_positives() -> None:
    def figures(english: float, rare: float, kappa: float) -> dict[str, Any]:
        insult = {"en": {"rows": 400, "positives": 90, "f1": english}, "zh": {"rows": 300, "positives": 3, "f1": rare}}
        threat = {"en": {"rows": 400, "positives": 20, "f1": 0.5}}
        return {"post": {"insult": insult, "threat": threat}, "urgency": {"en": {"rows": 51, "quadratic_kappa": kappa}}}

    losses, judged = head_losses(figures(0.8, 0.9, 0.6), figures(0.78, 0.1, 0.5))
    assert losses == pytest.approx({"post": 1.0, "urgency": 10.0})
    assert judged == {"post"}
