"""The float16 graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

torch = pytest.importorskip("torch")

from models.artifact import Artifact, ArtifactError  # noqa: E402
from models.compression.graph import build_graph  # noqa: E402
from models.compression.half import to_half  # noqa: E402
from models.compression.linear import Matrix  # noqa: E402
from models.compression.runtime import onnx_scorer, open_session  # noqa: E402
from models.factory.export import export_run  # noqa: E402
from models.training.collate import pad  # noqa: E402
from models.training.predict import Logits  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402

IDS, MASK = pad([[0, 5, 6, 7, 2], [0, 9, 2], [0, *range(10, 40), 2]], 1)
Parts = tuple[dict[str, Matrix], dict[str, Any]]


@pytest.fixture(scope="module")
def parts(tiny_run: Path) -> Parts:
    """Weights and shape of the finished run."""
    loaded = RunFolder(tiny_run).load_network()
    assert loaded is not None
    return {name: value.numpy() for name, value in loaded[0].state_dict().items()}, loaded[0].shape.as_dict()


def answers(model: onnx.ModelProto) -> Logits:
    return onnx_scorer(open_session(model.SerializeToString()))(IDS, MASK)


def test_half_precision_is_close_and_half_the_size(parts: Parts) -> None:
    whole = build_graph(*parts, "fp32")
    half = to_half(whole)
    wanted, got = answers(whole), answers(half)
    for head, values in wanted.items():
        assert got[head].dtype == np.float32
        mask = MASK.astype(bool) if head == "spans" else np.ones_like(values, dtype=bool)
        np.testing.assert_allclose(got[head][mask], values[mask], atol=0.02)
    assert max(float(np.abs(wanted[head] - got[head]).max()) for head in ("post", "condition")) > 0
    assert half.ByteSize() < 0.6 * whole.ByteSize()
    assert whole.graph.initializer[0].data_type != TensorProto.FLOAT16


def test_half_precision_keeps_the_early_exit(parts: Parts) -> None:
    session = open_session(to_half(build_graph(*parts, "fp32")).SerializeToString())
    feeds = {"input_ids": IDS, "attention_mask": MASK}
    (full,) = session.run(["early_post"], feeds)
    early, post = session.run(["early_post", "post"], feeds | {"early": np.array(True)})
    np.testing.assert_array_equal(early, full)
    assert post.shape == (0, 8)


def test_a_weight_beyond_half_precision_is_refused(parts: Parts) -> None:
    weights, shape = parts
    huge = weights | {"heads.post.weight": weights["heads.post.weight"] + np.float32(1e6)}
    with pytest.raises(ArtifactError, match=r"heads\.post\.weight"):
        to_half(build_graph(huge, shape, "fp32"))


def test_export_lists_the_half_precision_graph(tiny_run: Path, tiny_data: Path, tmp_path: Path) -> None:
    artifact = export_run(tiny_run, tmp_path / "artifact", tiny_data, threads=1, half=True)
    assert "model_fp16.onnx" in artifact.manifest.files
    assert Artifact.load(tmp_path / "artifact").version == artifact.version
    assert json.loads((tmp_path / "artifact" / "manifest.json").read_text())["quantisation"] == "static7"
