"""The constant scales of activations: measured on texts, chosen so that each layer's product changes least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from models.compression.graph import Weights, build_graph
from models.compression.linear import ActivationRange, Matrix, quantise_columns
from models.compression.runtime import open_session

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Padded ids and mask, [B, T]."""

LINEAR_NAMES = ("qkv", "attention_out", "feed_in", "feed_out")
SAMPLE = 1024
"""Tokens a layer's scales are chosen on."""
ALPHAS = (0.0, 0.5, 0.65, 0.8)
"""Share of a channel's size that moves from the activations into the weights (SmoothQuant, Xiao et al. 2022);
0 moves nothing and costs no multiplication."""
TAILS = (0.0, 1e-5, 1e-4, 1e-3)
"""Share of values clipped at either end."""


def calibrate_activations(
    weights: Weights, shape: Mapping[str, Any], batches: Iterable[Batch], largest: int = 127, seed: int = 0
) -> dict[str, ActivationRange]:
    """A range for every linear layer, by its name (`layers.0.qkv`). `largest` is that of the weights."""
    samples = collect_activations(weights, shape, batches, seed)
    return {name: choose_range(rows, weights[f"{name}.weight"].T, largest) for name, rows in samples.items()}


def collect_activations(
    weights: Weights, shape: Mapping[str, Any], batches: Iterable[Batch], seed: int = 0
) -> dict[str, Matrix]:
    """Inputs of every linear layer for a random sample of real tokens, [tokens, inputs]."""
    names = [f"layers.{number}.{part}" for number in range(shape["layers"]) for part in LINEAR_NAMES]
    model = build_graph(weights, {**shape, "early_layer": shape["layers"]}, "fp32")  # no layer in a branch
    sources = _expose_inputs(model, names)
    session, chance = open_session(model.SerializeToString()), np.random.default_rng(seed)
    kept: dict[str, list[Matrix]] = {name: [] for name in names}
    for ids, mask in batches:
        values = session.run(list(sources.values()), {"input_ids": ids, "attention_mask": mask})
        real = np.flatnonzero(mask)
        picked = chance.choice(real, min(len(real), SAMPLE // 8), replace=False)
        for name, value in zip(sources, values, strict=True):
            kept[name].append(value.reshape(mask.size, -1)[picked])
    return {name: _thinned(np.concatenate(rows), chance) for name, rows in kept.items()}


def choose_range(rows: Matrix, weight: Matrix, largest: int = 127) -> ActivationRange:
    """The range, among ALPHAS and TAILS, whose quantised product is nearest to `rows` @ `weight`."""
    exact = rows @ weight
    best, least = None, np.inf
    for alpha in ALPHAS:
        channels = _channels(rows, weight, alpha)
        smooth, (quantised, scales) = rows / channels, quantise_columns(weight * channels[:, None], largest)
        restored = quantised * scales
        for tail in TAILS:
            scale, zero = _uint8(*np.quantile(smooth, (tail, 1 - tail)))
            steps = np.clip(np.rint(smooth / scale) + zero, 0, 255) - zero
            error = float(np.square((steps * np.float32(scale)) @ restored - exact).mean())
            if error < least:
                best, least = ActivationRange(channels, scale, zero), error
    assert best is not None
    return best


def _channels(rows: Matrix, weight: Matrix, alpha: float) -> Matrix:
    if not alpha:
        return np.ones(rows.shape[1], dtype=np.float32)
    loud = np.maximum(np.abs(rows).max(axis=0), 1e-5) ** alpha
    channels = loud / np.maximum(np.abs(weight).max(axis=1), 1e-5) ** (1 - alpha)
    return np.asarray(channels / np.exp(np.log(channels).mean()), dtype=np.float32)


def _uint8(low: float, high: float) -> tuple[float, int]:
    """Scale and zero point that cover `low` to `high`, and 0 exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float(np.float32(max(high - low, 1e-6) / 255))
    return scale, int(np.clip(np.rint(-low / scale), 0, 255))


def _expose_inputs(model: onnx.ModelProto, names: list[str]) -> dict[str, str]:
    """Makes the inputs of the named products outputs of the graph; {layer: name of its input}."""
    inputs = {node.output[0]: node.input[0] for node in model.graph.node}
    sources = {name: inputs[f"{name}.product"] for name in names}
    known = {output.name for output in model.graph.output}
    fresh = dict.fromkeys(source for source in sources.values() if source not in known)
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in fresh)
    return sources


def _thinned(rows: Matrix, chance: np.random.Generator) -> Matrix:
    return rows[chance.choice(len(rows), min(len(rows), SAMPLE), replace=False)]
