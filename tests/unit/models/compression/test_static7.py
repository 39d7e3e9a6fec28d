"""Static quantisation: scales that fit, weights that no processor can overflow, graphs that stay near and steady."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.compression import activation  # noqa: E402
from models.compression.activation import (  # noqa: E402
    calibrate_activations,
    choose_range,
    collect_activations,
    quantise_layer,
    round_weights,
)
from models.compression.graph import build_graph  # noqa: E402
from models.compression.linear import Matrix, quantise_columns  # noqa: E402
from models.compression.runtime import onnx_scorer, open_session  # noqa: E402
from models.factory.parity import batch_mate_gap  # noqa: E402
from models.training.collate import pad  # noqa: E402
from models.training.network import Network, Shape  # noqa: E402
from models.training.predict import torch_scorer  # noqa: E402

ROWS = [[0, 5, 6, 7, 2], [0, 9, 2], [0, *range(10, 40), 2], [0, 50, 51, 52, 53, 2]]
PRUNED = Shape(
    vocabulary=60, width=64, layers=3, attention_heads=1, feed_forward=64, positions=64, conditions=28,
    early_layer=1, head_width=32,
)  # fmt: skip


@pytest.fixture(scope="module")
def network() -> Network:
    """Pruned: its heads are together narrower than the hidden state, as is the feed-forward layer."""
    torch.manual_seed(3)
    made = Network(PRUNED).eval()
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.3 if name.startswith("layers") else 0.2)
    return made


@pytest.fixture(scope="module")
def weights(network: Network) -> Mapping[str, Matrix]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def loud_rows() -> Matrix:
    """Inputs of which two channels are forty times as loud as the others, as after a layer norm."""
    rows = np.random.default_rng(5).normal(size=(1500, 64)).astype(np.float32)
    rows[:, [3, 40]] *= 40
    return rows


def matrix(outputs: int = 48) -> Matrix:
    return np.random.default_rng(6).normal(size=(64, outputs)).astype(np.float32)


def relative(got: Any, wanted: Any) -> float:
    return float(np.sqrt(np.square(got - wanted).mean() / np.square(wanted - wanted.mean(axis=0)).mean()))


def test_a_pruned_network_stays_near_and_steady(network: Network, weights: Mapping[str, Matrix]) -> None:
    shape = network.shape.as_dict()
    graph = build_graph(weights, shape, "static7", calibrate_activations(weights, shape, [pad(ROWS, 1)]))
    score = onnx_scorer(open_session(graph.SerializeToString()))
    ids, mask = pad(ROWS, 1)
    wanted, got = torch_scorer(network)(ids, mask), score(ids, mask)
    for head in ("post", "early_post", "condition"):
        assert relative(got[head], wanted[head]) < 0.1
    assert batch_mate_gap(score, ROWS, 1) < 5e-5
    assert "DynamicQuantizeLinear" not in {node.op_type for node in graph.graph.node}


def test_fp32_graph_of_a_pruned_network_is_that_network(network: Network, weights: Mapping[str, Matrix]) -> None:
    ids, mask = pad(ROWS, 1)
    graph = build_graph(weights, network.shape.as_dict(), "fp32")
    wanted, got = torch_scorer(network)(ids, mask), onnx_scorer(open_session(graph.SerializeToString()))(ids, mask)
    for head in ("post", "early_post", "sentiment", "condition", "urgency"):
        np.testing.assert_allclose(got[head], wanted[head], atol=2e-5)


def test_static_graphs_need_their_layers(network: Network, weights: Mapping[str, Matrix]) -> None:
    with pytest.raises(ValueError, match="activation"):
        build_graph(weights, network.shape.as_dict(), "static7")


def test_seven_bits_cannot_overflow_sums_of_two_products(loud_rows: Matrix) -> None:
    """Without VNNI a processor adds pairs of products in 16 bits, and what is above their largest number is lost."""
    layer = quantise_layer(loud_rows, matrix(), np.zeros(48, np.float32))
    assert 255 * 2 * int(np.abs(layer.weight.astype(int)).max()) <= np.iinfo(np.int16).max


def test_loud_channels_are_moved_into_the_weights(loud_rows: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    weight = matrix()
    exact = loud_rows @ weight
    smooth = choose_range(loud_rows, weight)
    assert smooth.channels[3] > 3 * np.median(smooth.channels)
    monkeypatch.setattr(activation, "ALPHAS", (0.0,))
    plain = choose_range(loud_rows, weight)
    assert np.all(plain.channels == 1)

    def error(chosen: activation.ActivationRange) -> float:
        return relative(chosen.restored(loud_rows) @ (weight * chosen.channels[:, None]), exact)

    assert error(smooth) < error(plain) / 2


def test_zero_stays_zero_and_nothing_seen_is_far_outside() -> None:
    rows = np.random.default_rng(7).uniform(-0.2, 30, (1000, 64)).astype(np.float32)  # lopsided, as after GELU
    chosen = choose_range(rows, matrix())
    zeros = np.zeros((1, 64), np.float32)
    np.testing.assert_array_equal(chosen.restored(zeros), zeros)
    assert np.abs(chosen.restored(rows) * chosen.channels - rows).max() < 0.5
    assert chosen.zero_point < 20


def test_rounding_with_the_inputs_in_view_beats_rounding_to_the_nearest() -> None:
    chance = np.random.default_rng(8)
    rows = (chance.normal(size=(2000, 16)) @ chance.normal(size=(16, 64))).astype(np.float32)  # correlated inputs
    weight, largest = matrix(), 15
    exact = rows @ weight
    nearest, scales = quantise_columns(weight, largest)
    rounded, same_scales = round_weights(weight, rows, largest)
    np.testing.assert_array_equal(scales, same_scales)
    assert np.abs(rounded).max() <= largest
    assert relative(rows @ (rounded * scales), exact) < 0.7 * relative(rows @ (nearest * scales), exact)


def test_the_bias_takes_up_the_mean_error(loud_rows: Matrix) -> None:
    rows, weight = np.abs(loud_rows), matrix()
    layer = quantise_layer(rows, weight, np.ones(48, np.float32), 7)
    steps = np.clip(np.rint(rows / layer.channels / layer.scale) + layer.zero_point, 0, 255) - layer.zero_point
    product = (steps * layer.scale) @ (layer.weight * layer.weight_scales) + layer.bias
    np.testing.assert_allclose(product.mean(axis=0), (rows @ weight + 1).mean(axis=0), atol=1e-2)


def test_padding_is_never_sampled(network: Network, weights: Mapping[str, Matrix]) -> None:
    samples = collect_activations(weights, network.shape.as_dict(), [pad(ROWS, 1)])
    assert set(samples) == {f"layers.{i}.{part}" for i in range(3) for part in activation.LINEAR_NAMES}
    assert {len(rows) for rows in samples.values()} == {sum(map(len, ROWS))}
    assert samples["layers.0.attention_out"].shape[1] == 32
