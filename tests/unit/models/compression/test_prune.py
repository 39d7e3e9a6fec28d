"""Pruning takes out what matters least, and what is left still fits together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.compression.prune import Importance, keep_layers, measure_importance, prune  # noqa: E402
from models.training.collate import Batch  # noqa: E402
from models.training.network import Layer, Network, Shape  # noqa: E402

SHAPE = Shape(
    vocabulary=50, width=32, layers=3, attention_heads=4, feed_forward=64, positions=16, conditions=3, early_layer=1,
    dropout=0.0,
)  # fmt: skip


def _batch() -> Batch:
    torch.manual_seed(0)
    ids = torch.randint(4, 50, (6, 9))
    post = torch.full((6, 8), float("nan"))
    post[:, 0] = torch.tensor([0.0, 1, 0, 1, 0, 1])
    unknown = torch.full((6,), -1)
    return Batch(ids, torch.ones_like(ids), post, torch.full((6, 9), float("nan")), unknown, unknown, unknown)


def _network() -> Network:
    torch.manual_seed(1)
    return Network(SHAPE).eval()


def _silence(network: Network, layer: int, head: int, neuron: int) -> None:
    """Cut what a head and a neuron of a layer say."""
    block = network.layers[layer]
    assert isinstance(block, Layer)
    with torch.no_grad():
        block.attention_out.weight[:, head * 8 : head * 8 + 8] = 0
        block.feed_out.weight[:, neuron] = 0


WEIGHTS = dict.fromkeys(("post", "early_post", "spans", "sentiment", "condition", "urgency"), 1.0)


def test_a_unit_that_says_nothing_has_no_importance_and_goes_first() -> None:
    network = _network()
    _silence(network, 1, head=2, neuron=5)
    importance = measure_importance(network, [_batch()], WEIGHTS)
    assert float(importance.heads[1][2]) == 0.0
    assert float(importance.neurons[1][5]) == 0.0
    assert float(importance.heads[1][0]) > 0.0
    assert int(importance.heads[1].argmin()) == 2


def test_a_head_that_the_recipe_does_not_weigh_weighs_one() -> None:
    some, network = {"post": 1.0}, _network()
    torch.testing.assert_close(
        measure_importance(network, [_batch()], some).heads, measure_importance(network, [_batch()], WEIGHTS).heads
    )


def test_pruning_silent_units_changes_no_logit() -> None:
    network = _network()
    for layer in range(3):
        _silence(network, layer, head=layer, neuron=7 + layer)
    importance = measure_importance(network, [_batch()], WEIGHTS)
    smaller = prune(network, importance, heads=3, feed_forward=63).eval()
    batch = _batch()
    before, after = network(batch.ids, batch.mask), smaller(batch.ids, batch.mask)
    assert smaller.shape == replace(SHAPE, attention_heads=3, feed_forward=63, head_width=8)
    assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in network.parameters())
    for head, logits in before.items():
        torch.testing.assert_close(after[head], logits, atol=1e-5, rtol=1e-4)


def test_pruning_keeps_the_most_important_in_order() -> None:
    network = _network()
    heads = [torch.tensor([0.1, 3.0, 0.2, 2.0])] * 3
    neurons = [torch.arange(64.0)] * 3
    smaller = prune(network, Importance(heads, neurons), heads=2, feed_forward=10)
    first, old = smaller.layers[0], network.layers[0]
    assert isinstance(first, Layer)
    assert isinstance(old, Layer)
    wanted = np.r_[8:16, 24:32]
    np.testing.assert_array_equal(first.attention_out.weight.detach(), old.attention_out.weight.detach()[:, wanted])
    np.testing.assert_array_equal(first.qkv.weight.detach()[16:32], old.qkv.weight.detach()[32 + wanted])
    np.testing.assert_array_equal(first.feed_in.weight.detach(), old.feed_in.weight.detach()[54:])


def test_layers_can_be_left_out() -> None:
    network = _network()
    shallow = keep_layers(network, (0, 2)).eval()
    batch = _batch()
    assert shallow.shape.layers == 2
    one, other = shallow.layers[1], network.layers[2]
    torch.testing.assert_close(one.state_dict(), other.state_dict())
    early = network(batch.ids, batch.mask)["early_post"]
    torch.testing.assert_close(shallow(batch.ids, batch.mask)["early_post"], early)
