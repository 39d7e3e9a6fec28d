"""Ways to store a weight matrix in the graph and multiply by it.

`static8`: activations become uint8 with a scale that is a constant of the graph, so that a row's
result cannot depend on the rows beside it, and the product is one kernel with its bias. `static7`, which ships, is the
same with weights of 7 bits: processors without VNNI add pairs of products in 16 bits, which 255 * 127 * 2 overflows and
255 * 64 * 2 does not. `blocks8` quantises activations per row and block inside the kernel: as steady, but 2.5 to 4
times slower than `static8`. `dynamic8` quantises over the whole batch, which is what makes decisions flip between
batch mates; it is kept for comparison, and `rows8` is the same arithmetic per row, in standard operators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Precision = Literal["fp32", "static8", "static7", "blocks8", "dynamic8", "rows8"]
Matrix = NDArray[np.float32]
STATIC: Final = {"static8": 127, "static7": 63}
"""Largest weight of the precisions whose activations have constant scales."""
BLOCK = 64
"""Inputs per scale; must divide every inner width (384, 1536). At 128 the kernel of onnxruntime 1.31 gave a row
alone and the same row in a batch logits that differ by 0.008; at 32 and 64 they are equal."""


@dataclass(frozen=True, slots=True)
class StaticLinear:
    """A linear layer whose input becomes uint8 as round(x / channels / scale) + zero_point (see `activation.py`)."""

    channels: Matrix
    """[inputs]; what is divided out of each channel is in `weight` (all 1: nothing is)."""
    scale: float
    zero_point: int
    weight: NDArray[np.int8]
    """[inputs, outputs]."""
    weight_scales: Matrix
    """[outputs]."""
    bias: Matrix


class Graph(Protocol):
    """What a linear layer needs of the graph under construction."""

    def constant(self, name: str, value: NDArray[Any]) -> str: ...

    def node(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str: ...

    def nodes(self, kind: str, inputs: list[str], names: list[str], **attributes: Any) -> list[str]: ...


Linear = Callable[[Graph, str, str, Matrix, Matrix], str]
"""(graph, name, input, weight [inputs, outputs], bias [outputs]) to the name of the product, bias included."""


def fp32(graph: Graph, name: str, source: str, weight: Matrix, bias: Matrix) -> str:
    product = graph.node("MatMul", [source, graph.constant(f"{name}.weight", weight)], f"{name}.product")
    return graph.node("Add", [product, graph.constant(f"{name}.bias", bias)], name)


def blocks8(graph: Graph, name: str, source: str, weight: Matrix, bias: Matrix) -> str:
    packed, scales = pack_blocks(weight)
    constants = [graph.constant(f"{name}.packed", packed), graph.constant(f"{name}.scales", scales), "", ""]
    return graph.node(
        "MatMulNBits",
        [source, *constants, graph.constant(f"{name}.bias", bias)],
        name,
        domain="com.microsoft",
        K=weight.shape[0],
        N=weight.shape[1],
        bits=8,
        block_size=BLOCK,
        accuracy_level=4,
    )


def pack_blocks(weight: Matrix) -> tuple[NDArray[np.uint8], Matrix]:
    """[inputs, outputs] to uint8 [outputs, blocks, BLOCK] around 128, and scales [outputs * blocks]."""
    inputs, outputs = weight.shape
    blocks = weight.T.reshape(outputs, inputs // BLOCK, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2, keepdims=True) / 127.0, 1e-12).astype(np.float32)
    packed = (np.clip(np.rint(blocks / scales), -127, 127) + 128).astype(np.uint8)
    return packed, scales.reshape(-1)


def quantise_columns(weight: Matrix, largest: int = 127) -> tuple[NDArray[np.int8], Matrix]:
    """Symmetric integers up to `largest` with one scale an output."""
    scales = np.maximum(np.abs(weight).max(axis=0) / largest, 1e-12).astype(np.float32)
    return np.clip(np.rint(weight / scales), -largest, largest).astype(np.int8), scales


def static(graph: Graph, name: str, source: str, layer: StaticLinear) -> str:
    """One kernel for the product, its scales and its bias."""
    if not np.all(layer.channels == 1):
        source = graph.node("Mul", [source, graph.constant(f"{name}.channels", 1 / layer.channels)], f"{name}.smooth")
    scale = graph.constant(f"{name}.step", np.array(layer.scale, dtype=np.float32))
    zero = graph.constant(f"{name}.zero", np.array(layer.zero_point, dtype=np.uint8))
    ids = graph.node("QuantizeLinear", [source, scale, zero], f"{name}.uint8")
    weight = graph.constant(f"{name}.weight", layer.weight)
    scales, bias = graph.constant(f"{name}.scales", layer.weight_scales), graph.constant(f"{name}.bias", layer.bias)
    inputs = [ids, weight, scale, scales, zero, "", bias]
    return graph.node("MatMulIntegerToFloat", inputs, name, domain="com.microsoft")


def dynamic8(graph: Graph, name: str, source: str, weight: Matrix, bias: Matrix) -> str:
    quantised, scales = quantise_columns(weight)
    ids, scale, zero = graph.nodes(
        "DynamicQuantizeLinear", [source], [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
    )  # fmt: skip
    product = graph.node("MatMulInteger", [ids, graph.constant(f"{name}.weight", quantised), zero], f"{name}.sum")
    return _rescale(graph, name, product, scale, scales, bias)


def rows8(graph: Graph, name: str, source: str, weight: Matrix, bias: Matrix) -> str:
    quantised, scales = quantise_columns(weight)
    size = graph.node("Abs", [source], f"{name}.abs")
    axis = graph.constant("last_axis", np.array([-1], dtype=np.int64))
    largest = graph.node("ReduceMax", [size, axis], f"{name}.max", keepdims=1)
    scale = graph.node(
        "Mul", [largest, graph.constant("per_step", np.array(1 / 127, dtype=np.float32))], f"{name}.scale"
    )
    steps = graph.node("Round", [graph.node("Div", [source, scale], f"{name}.div")], f"{name}.round")
    ids = graph.node("Cast", [steps], f"{name}.int8", to=3)
    product = graph.node("MatMulInteger", [ids, graph.constant(f"{name}.weight", quantised)], f"{name}.sum")
    return _rescale(graph, name, product, scale, scales, bias)


def _rescale(graph: Graph, name: str, product: str, scale: str, scales: Matrix, bias: Matrix) -> str:
    real = graph.node("Cast", [product], f"{name}.real", to=1)
    both = graph.node("Mul", [scale, graph.constant(f"{name}.scales", scales)], f"{name}.both")
    scaled = graph.node("Mul", [real, both], f"{name}.product")
    return graph.node("Add", [scaled, graph.constant(f"{name}.bias", bias)], name)


LINEARS: Final[dict[str, Linear]] = {"fp32": fp32, "blocks8": blocks8, "dynamic8": dynamic8, "rows8": rows8}
