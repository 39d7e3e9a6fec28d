"""The shipped integers back in floats, and in float16 for GPUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

pytest.importorskip("torch")

from models.artifact import Artifact, ArtifactError
from models.compression.runtime import onnx_scorer, open_session
from models.compression.widen import widen
from models.factory.gpu_graph import add_gpu_graph
from models.folders import RELEASE
from models.labels import POST_LABELS
from models.serving.encoder import Encoder
from models.serving.engine import HALF_PRECISION
from models.training.collate import pad
from models.training.predict import Logits

TEXTS = [
    "you are an idiot",
    "有没有人周末去爬山",
    "我要杀了你",
    "have a lovely day",
    "buy cheap followers now, link in bio",
]


@pytest.fixture(scope="module")
def with_graph(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return add_gpu_graph(RELEASE, tmp_path_factory.mktemp("models") / "gpu")


def answers(model: bytes) -> Logits:
    encoder = Encoder.from_artifact(Artifact.load(RELEASE))
    return onnx_scorer(open_session(model))(*pad([one.ids.tolist() for one in encoder.encode(TEXTS)], 1))


def test_decisions_are_those_of_the_graph_of_integers(with_graph: Artifact) -> None:
    whole = answers(with_graph.model_path.read_bytes())["post"]
    half = answers((with_graph.folder / HALF_PRECISION).read_bytes())["post"]
    bars = np.array([with_graph.threshold(label, "en") for label in POST_LABELS])
    wanted, got = (1 / (1 + np.exp(-logits)) >= bars for logits in (whole, half))
    assert wanted.any()
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(half, whole, atol=0.35)


def test_a_widened_layer_is_what_its_integers_stand_for() -> None:
    """What was divided out of its inputs included."""
    artifact = Artifact.load(RELEASE)
    shipped = onnx.load(str(artifact.model_path))
    whole = widen(shipped, artifact.manifest.shape)
    old, new = ({one.name: numpy_helper.to_array(one) for one in graph.graph.initializer} for graph in (shipped, whole))
    layer = "layers.0.feed_in"
    wanted = old[f"{layer}.channels"][:, None] * old[f"{layer}.weight"] * old[f"{layer}.scales"]
    np.testing.assert_allclose(new[f"{layer}.weight"], wanted, rtol=1e-6)
    assert {node.op_type for node in whole.graph.node}.isdisjoint({"QuantizeLinear", "MatMulIntegerToFloat"})


def test_a_graph_of_others_is_refused() -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_model(helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], []))
    with pytest.raises(ArtifactError, match="none that can be widened"):
        widen(other, Artifact.load(RELEASE).manifest.shape)


def test_the_copy_names_its_graph_and_has_a_version_of_its_own(with_graph: Artifact) -> None:
    before = Artifact.load(RELEASE)
    assert HALF_PRECISION in with_graph.manifest.files
    assert HALF_PRECISION not in before.manifest.files
    card = (with_graph.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert with_graph.version in card
    assert before.version not in card


def test_a_graph_may_be_added_in_place_and_anew(with_graph: Artifact) -> None:
    assert add_gpu_graph(with_graph.folder, with_graph.folder).version == with_graph.version


def test_a_copy_that_fails_a_golden_case_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ArtifactError("off")

    monkeypatch.setattr("models.factory.gpu_graph.verify_golden", fail)
    with pytest.raises(ArtifactError, match="off"):
        add_gpu_graph(RELEASE, tmp_path / "gpu")
    assert list(tmp_path.iterdir()) == []
