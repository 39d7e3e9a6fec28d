"""The layers above the early exit as a graph of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.compression.activation import calibrate_activations  # noqa: E402
from models.compression.graph import build_graph, build_upper_graph  # noqa: E402
from models.compression.runtime import open_session  # noqa: E402
from models.early_exit import HIDDEN  # noqa: E402
from models.training.collate import pad  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402

IDS, MASK = pad([[0, 5, 6, 7, 2], [0, 9, 2], [0, *range(10, 40), 2]], 1)
HEADS = ["post", "sentiment", "condition", "urgency", "spans"]


Parts = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def parts(tiny_run: Path) -> Parts:
    """Weights and shape of the finished run."""
    loaded = RunFolder(tiny_run).load_network()
    assert loaded is not None
    return {name: value.numpy() for name, value in loaded[0].state_dict().items()}, loaded[0].shape.as_dict()


@pytest.mark.parametrize("precision", ["fp32", "static7"])
def test_the_layers_above_the_exit_go_on_with_what_those_below_have_computed(parts: Parts, precision: Any) -> None:
    """Some rows, cut to the longest of them, get the answers of a whole run."""
    layers = calibrate_activations(*parts, [(IDS, MASK)]) if precision == "static7" else None
    model, upper = (make(*parts, precision, layers) for make in (build_graph, build_upper_graph))
    session = open_session(model.SerializeToString())
    whole = session.run(HEADS, {"input_ids": IDS, "attention_mask": MASK})
    (hidden,) = session.run([HIDDEN], {"input_ids": IDS, "attention_mask": MASK, "early": np.array(True)})
    assert hidden.shape == (*IDS.shape, parts[1]["width"])
    rows, length = [1, 0], 5
    feeds = {HIDDEN: hidden[rows, :length], "attention_mask": MASK[rows, :length]}
    answers = open_session(upper.SerializeToString()).run(HEADS, feeds)
    for head, one, other in zip(HEADS, answers, whole, strict=True):
        wanted = other[rows, :length] if head == "spans" else other[rows]
        shown = MASK[rows, :length].astype(bool) if head == "spans" else np.ones_like(wanted, dtype=bool)
        np.testing.assert_allclose(one[shown], wanted[shown], atol=2e-5, err_msg=head)
    assert upper.ByteSize() < 0.8 * model.ByteSize()
