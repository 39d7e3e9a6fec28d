"""Structured pruning: whole attention heads and whole feed-forward neurons, so that every kernel gets smaller.

Importance is the first-order Taylor term of removing a unit, |dL / d gate| at gate 1, summed over batches of training
rows (heads: Michel et al. 2019, "Are sixteen heads really better than one?"; neurons: Molchanov et al. 2019,
"Importance estimation for neural network pruning"). Every layer keeps the same number of units, because the graph
has one shape for all layers and because a layer pruned to nothing would be a layer to drop instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from models.training.collate import Batch
from models.training.losses import task_losses
from models.training.network import Layer, Network


@dataclass(slots=True)
class Importance:
    """Scores of the units of each layer: `heads` [layers][heads], `neurons` [layers][feed_forward]."""

    heads: list[Tensor]
    neurons: list[Tensor]


def measure_importance(network: Network, batches: Iterable[Batch], weights: dict[str, float]) -> Importance:
    """Run the task losses backwards over `batches`; the network's weights stay as they are.

    A head that `weights` does not name weighs 1, as in training.
    """
    network.eval()
    layers = [layer for layer in network.layers if isinstance(layer, Layer)]
    heads = [torch.zeros(network.shape.attention_heads) for _ in layers]
    neurons = [torch.zeros(network.shape.feed_forward) for _ in layers]
    for batch in batches:
        network.zero_grad(set_to_none=True)
        losses = task_losses(network(batch.ids, batch.mask), batch)
        torch.stack([weights.get(name, 1.0) * value for name, value in losses.items()]).sum().backward()
        for number, layer in enumerate(layers):
            gates = _gate_gradient(layer.attention_out).view(network.shape.attention_heads, -1).sum(dim=1)
            heads[number] += gates.abs().cpu()
            neurons[number] += _gate_gradient(layer.feed_out).abs().cpu()
    network.zero_grad(set_to_none=True)
    return Importance(heads, neurons)


def prune(network: Network, importance: Importance, heads: int, feed_forward: int) -> Network:
    """A smaller network that keeps the `heads` and `feed_forward` most important units of every layer."""
    shape = replace(network.shape, attention_heads=heads, feed_forward=feed_forward)
    smaller = Network(shape)
    kept = dict(network.state_dict())
    for number, layer in enumerate(network.layers):
        assert isinstance(layer, Layer)
        name, width = f"layers.{number}.", network.shape.head_width
        columns = _columns(_top(importance.heads[number], heads), width)
        rows = torch.cat([columns + part * network.shape.attention_heads * width for part in range(3)])
        neurons = _top(importance.neurons[number], feed_forward)
        kept |= {
            f"{name}qkv.weight": layer.qkv.weight[rows],
            f"{name}qkv.bias": layer.qkv.bias[rows],
            f"{name}attention_out.weight": layer.attention_out.weight[:, columns],
            f"{name}feed_in.weight": layer.feed_in.weight[neurons],
            f"{name}feed_in.bias": layer.feed_in.bias[neurons],
            f"{name}feed_out.weight": layer.feed_out.weight[:, neurons],
        }
    smaller.load_state_dict({name: value.detach().clone() for name, value in kept.items()})
    return smaller


def keep_layers(network: Network, kept: Sequence[int]) -> Network:
    """The network with only the layers of these numbers (0 is the lowest); heads and embeddings as they are."""
    smaller = Network(replace(network.shape, layers=len(kept), early_layer=min(network.shape.early_layer, len(kept))))
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("layers.")}
    for new, old in enumerate(kept):
        prefix = f"layers.{old}."
        state |= {
            f"layers.{new}.{name.removeprefix(prefix)}": value
            for name, value in network.state_dict().items() if name.startswith(prefix)
        }  # fmt: skip
    smaller.load_state_dict(state)
    return smaller


def _gate_gradient(linear: nn.Linear) -> Tensor:
    """dL / d gate of each input of a linear layer, were that input multiplied by a gate of 1."""
    assert linear.weight.grad is not None
    return (linear.weight.detach() * linear.weight.grad).sum(dim=0)


def _top(scores: Tensor, count: int) -> Tensor:
    return scores.topk(count).indices.sort().values


def _columns(heads: Tensor, width: int) -> Tensor:
    return (heads[:, None] * width + torch.arange(width)).reshape(-1)
