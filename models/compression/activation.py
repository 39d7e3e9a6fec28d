"""The static linear layers: constant scales of activations, and weights rounded with those activations in view.

Measured on texts. A layer's scales are those, of a small grid, that change its product least; its weights are then
rounded one input at a time, each rounding error being passed on to the inputs that are not rounded yet (GPTQ, Frantar
et al. 2022), and its bias takes up the mean error that is left. A quarter of the error goes by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from rich.progress import track
from scipy.linalg import cholesky

from models.compression.graph import Weights, build_graph
from models.compression.linear import LARGEST, Matrix, StaticLinear, quantise_columns
from models.compression.runtime import open_session

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Padded ids and mask, [B, T]."""

LINEAR_NAMES = ("qkv", "attention_out", "feed_in", "feed_out")
SAMPLE = 4096
"""Tokens that the weights of a layer are rounded on."""
TRIED = 1024
"""Tokens that its scales are chosen on."""
ALPHAS = (0.0, 0.5, 0.65, 0.8, 0.9)
"""Share of a channel's size that moves from the activations into the weights (SmoothQuant, Xiao et al. 2022);
0 moves nothing and saves a multiplication."""
TAILS = (0.0, 1e-5, 1e-4, 1e-3)
"""Share of values clipped at either end."""
DAMPING = 0.01


@dataclass(frozen=True, slots=True)
class ActivationRange:
    """How the input of a linear layer becomes uint8: round(x / channels / scale) + zero_point, clipped to 0-255."""

    channels: Matrix
    scale: float
    zero_point: int

    def restored(self, rows: Matrix) -> Matrix:
        """What is left of `rows` / channels after quantising."""
        steps = np.clip(np.rint(rows / self.channels / self.scale) + self.zero_point, 0, 255) - self.zero_point
        return np.asarray(steps * self.scale, dtype=np.float32)


def calibrate_activations(
    weights: Weights, shape: Mapping[str, Any], batches: Sequence[Batch], seed: int = 0
) -> dict[str, StaticLinear]:
    """Every linear layer, by its name (`layers.0.qkv`)."""
    samples = collect_activations(weights, shape, batches, seed)
    return {
        name: quantise_layer(rows, weights[f"{name}.weight"].T, weights[f"{name}.bias"])
        for name, rows in track(samples.items(), "quantising layers", transient=True)
    }


def collect_activations(
    weights: Weights, shape: Mapping[str, Any], batches: Sequence[Batch], seed: int = 0
) -> dict[str, Matrix]:
    """Inputs of every linear layer for a random sample of real tokens, [tokens, inputs]."""
    names = [f"layers.{number}.{part}" for number in range(shape["layers"]) for part in LINEAR_NAMES]
    model = build_graph(weights, {**shape, "early_layer": shape["layers"]}, "fp32")  # no layer in a branch
    sources = _expose_inputs(model, names)
    session, chance = open_session(model.SerializeToString()), np.random.default_rng(seed)
    kept: dict[str, list[Matrix]] = {name: [] for name in names}
    quota = -(-2 * SAMPLE // len(batches))  # twice a fair share, as short batches have less; all of them would be 1 GB
    for ids, mask in batches:
        values = session.run(list(sources.values()), {"input_ids": ids, "attention_mask": mask})
        real = np.flatnonzero(mask)
        picked = chance.choice(real, min(len(real), quota), replace=False)
        for name, value in zip(sources, values, strict=True):
            kept[name].append(value.reshape(mask.size, -1)[picked])
    order = chance.permutation(sum(map(len, kept[names[0]])))[:SAMPLE]
    return {name: np.concatenate(rows)[order] for name, rows in kept.items()}


def quantise_layer(rows: Matrix, weight: Matrix, bias: Matrix, largest: int = LARGEST) -> StaticLinear:
    """The layer whose product with `rows` [tokens, inputs] is near to `rows` @ `weight` + `bias`.

    `largest` is that of the weights' integers.
    """
    chosen = choose_range(rows[:TRIED], weight, largest)
    restored = chosen.restored(rows)
    quantised, scales = round_weights(weight * chosen.channels[:, None], restored, largest)
    error = (rows @ weight - restored @ (quantised * scales)).mean(axis=0)
    return StaticLinear(chosen.channels, chosen.scale, chosen.zero_point, quantised, scales, bias + error)


def choose_range(rows: Matrix, weight: Matrix, largest: int = LARGEST) -> ActivationRange:
    """The range, among ALPHAS and TAILS, whose quantised product is nearest to `rows` @ `weight`."""
    exact = rows @ weight
    tried: list[tuple[float, ActivationRange]] = []
    for alpha in ALPHAS:
        channels = _channels(rows, weight, alpha)
        quantised, scales = quantise_columns(weight * channels[:, None], largest)
        for tail in TAILS:
            low, high = np.quantile(rows / channels, (tail, 1 - tail))
            candidate = ActivationRange(channels, *_uint8(low, high))
            error = candidate.restored(rows) @ (quantised * scales) - exact
            tried.append((float(np.square(error).mean()), candidate))
    return min(tried, key=lambda pair: pair[0])[1]


def round_weights(weight: Matrix, rows: Matrix, largest: int, block: int = 64) -> tuple[NDArray[np.int8], Matrix]:
    """GPTQ: integers [inputs, outputs] and a scale an output; `rows` are the inputs that the weights will meet."""
    _, scales = quantise_columns(weight, largest)
    gram = (rows.T @ rows).astype(np.float64) / len(rows)
    gram += np.eye(len(gram)) * (DAMPING * float(np.trace(gram)) / len(gram) + 1e-12)
    order = np.argsort(-np.diag(gram))  # the loudest inputs first, while there are others to pass errors on to
    upper = cholesky(np.linalg.inv(gram[np.ix_(order, order)]))
    left, integers = weight[order].astype(np.float64), np.empty(weight.shape, dtype=np.int8)
    for start in range(0, len(left), block):
        stop = min(start + block, len(left))
        errors = np.empty((stop - start, weight.shape[1]))
        for row in range(start, stop):
            steps = np.clip(np.rint(left[row] / scales), -largest, largest)
            integers[order[row]] = steps
            errors[row - start] = (left[row] - steps * scales) / upper[row, row]
            left[row:stop] -= np.outer(upper[row, row:stop], errors[row - start])
        left[stop:] -= upper[start:stop, stop:].T @ errors
    return integers, scales


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
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in sources.values())
    return sources
