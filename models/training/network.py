"""The shared encoder (BERT architecture) and the heads on it.

A small implementation of our own, because it exports cleanly and lets an early exit sit between layers.
Weights of any BERT-architecture checkpoint fit (see `pretrained.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.labels import POST_LABELS, SENTIMENTS, URGENCY_LEVELS


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything needed to rebuild an untrained network; stored beside every checkpoint."""

    vocabulary: int
    width: int
    layers: int
    attention_heads: int
    feed_forward: int
    positions: int
    conditions: int
    early_layer: int = 2
    layer_norm_eps: float = 1e-12
    dropout: float = 0.1
    pad_id: int = 1
    head_width: int = 0
    """Width of one attention head; 0 means `width // attention_heads`, which no longer holds after pruning."""

    def __post_init__(self) -> None:
        if not self.head_width:
            object.__setattr__(self, "head_width", self.width // self.attention_heads)

    def as_dict(self) -> dict[str, int | float]:
        return asdict(self)


class Layer(nn.Module):
    """Post-norm transformer layer with one fused projection for query, key and value."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_heads = shape.attention_heads
        self.dropout = shape.dropout
        mixed = shape.attention_heads * shape.head_width
        self.qkv = nn.Linear(shape.width, 3 * mixed)
        self.attention_out = nn.Linear(mixed, shape.width)
        self.attention_norm = nn.LayerNorm(shape.width, eps=shape.layer_norm_eps)
        self.feed_in = nn.Linear(shape.width, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.width)
        self.feed_norm = nn.LayerNorm(shape.width, eps=shape.layer_norm_eps)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        """`hidden` [B, T, W]; `bias` [B, 1, 1, T] is 0 for tokens and very negative for padding."""
        rows, length, _ = hidden.shape
        query, key, value = self.qkv(hidden).view(rows, length, 3, self.attention_heads, -1).permute(2, 0, 3, 1, 4)
        # torch's scaled_dot_product_attention took 30 % of a step on a CPU; these lines take 6 %.
        scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2)) + bias
        mixed = torch.matmul(torch.softmax(scores, dim=-1).to(value.dtype), value)
        mixed = mixed.transpose(1, 2).reshape(rows, length, -1)
        hidden = self.attention_norm(hidden + self._drop(self.attention_out(mixed)))
        fed = self.feed_out(functional.gelu(self.feed_in(hidden)))
        normed: Tensor = self.feed_norm(hidden + self._drop(fed))
        return normed

    def _drop(self, values: Tensor) -> Tensor:
        return dropout(values, self.dropout) if self.training else values


def dropout(values: Tensor, share: float) -> Tensor:
    """Inverted dropout, one random byte a value: `share` is rounded to 256ths, and 8 values cost one draw.

    Drawing a float for every value, as torch does, took 11 % of a training step on a CPU.
    """
    dropped = round(share * 256)
    count = values.numel()
    draws = torch.empty((count + 7) // 8, dtype=torch.int64, device=values.device).random_(-(2**63), None)
    keep = draws.view(torch.uint8)[:count].view(values.shape) >= dropped
    return values * keep * (256 / (256 - dropped))


class Encoded(NamedTuple):
    """`hidden` [B, T, W] of the last layer, `pooled` [B, W] its mean, `early` [B, 2 W] mean and maximum at the exit."""

    hidden: Tensor
    pooled: Tensor
    early: Tensor


class Network(nn.Module):
    """Token ids to the logits of every head; names and shapes as in the artifact's ONNX graph."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocabulary, shape.width)
        self.position = nn.Embedding(shape.positions, shape.width)
        self.embedding_norm = nn.LayerNorm(shape.width, eps=shape.layer_norm_eps)
        self.layers = nn.ModuleList([Layer(shape) for _ in range(shape.layers)])
        self.heads = nn.ModuleDict(
            {
                "post": nn.Linear(shape.width, len(POST_LABELS)),
                "spans": nn.Linear(shape.width, 1),
                "sentiment": nn.Linear(shape.width, len(SENTIMENTS)),
                "condition": nn.Linear(shape.width, shape.conditions),
                "urgency": nn.Linear(shape.width, len(URGENCY_LEVELS) - 1),
                "early_post": nn.Linear(2 * shape.width, len(POST_LABELS)),
            }
        )

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """`ids` and `mask` [B, T] (mask 1 for tokens). Padding never changes a row's logits."""
        return self.answer(self.encode(ids, mask))

    def encode(self, ids: Tensor, mask: Tensor) -> Encoded:
        """The hidden states that the heads read."""
        weights = mask.to(self.word.weight.dtype)
        bias = ((weights - 1.0) * 1e4)[:, None, None, :]
        positions = self.position.weight[: ids.shape[1]]
        hidden = self.embedding_norm(self.word(ids) + positions)
        if self.training:
            hidden = dropout(hidden, self.shape.dropout)
        early = hidden
        for number, layer in enumerate(self.layers, start=1):
            hidden = layer(hidden, bias)
            if number == self.shape.early_layer:
                early = hidden
        # A layer or two cannot gather a post into its mean, and in a mean one rude word of thirty drowns.
        both = torch.cat([mean_pool(early, weights), max_pool(early, weights)], dim=1)
        return Encoded(hidden, mean_pool(hidden, weights), both)

    def answer(self, encoded: Encoded) -> dict[str, Tensor]:
        """Logits of every head: [B, classes], for spans [B, T]."""
        pooled = functional.dropout(encoded.pooled, self.shape.dropout, self.training)
        logits = {name: self.heads[name](pooled) for name in ("post", "sentiment", "condition", "urgency")}
        logits["spans"] = self.heads["spans"](encoded.hidden).squeeze(-1)
        logits["early_post"] = self.heads["early_post"](encoded.early)
        return logits


def mean_pool(hidden: Tensor, weights: Tensor) -> Tensor:
    """Mean over the tokens that the mask keeps; [B, T, W] to [B, W]."""
    total = torch.einsum("btw,bt->bw", hidden, weights)
    return total / weights.sum(dim=1, keepdim=True).clamp(min=1.0)


def max_pool(hidden: Tensor, weights: Tensor) -> Tensor:
    """Largest value of each channel over the tokens that the mask keeps; [B, T, W] to [B, W]."""
    return (hidden + ((weights - 1.0) * 1e4)[:, :, None]).amax(dim=1)
