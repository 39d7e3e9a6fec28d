"""Ways to store a weight matrix in the graph and multiply by it.

`blocks8` is what ships: int8 weights with one scale a block, activations quantised per row and block inside
the kernel, so that a row's result cannot depend on the rows beside it. `dynamic8` quantises activations over
the whole batch, which is what makes decisions flip between batch mates; it is kept for comparison, and
`rows8` is the same arithmetic per row, spelled out in standard operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Precision = Literal["fp32", "blocks8", "dynamic8", "rows8"]
Matrix = NDArray[np.float32]
BLOCK = 64
"""Inputs per scale; must divide every inner width (384, 1536). At 128 the kernel of onnxruntime 1.31 gave a row
alone and the same row in a batch logits that differ by 0.008; at 32 and 64 they are equal."""


class Graph(Protocol):
    """What a linear layer needs of the graph under construction."""

    def constant(self, name: str, value: NDArray[Any]) -> str: ...

    def node(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str: ...

    def nodes(self, kind: str, inputs: list[str], names: list[str], **attributes: Any) -> list[str]: ...


Linear = Callable[[Graph, str, str, Matrix], str]
"""(graph, name, input, weight [inputs, outputs]) to the name of the product; biases are added elsewhere."""


def fp32(graph: Graph, name: str, source: str, weight: Matrix) -> str:
    return graph.node("MatMul", [source, graph.constant(f"{name}.weight", weight)], name)


def blocks8(graph: Graph, name: str, source: str, weight: Matrix) -> str:
    packed, scales = pack_blocks(weight)
    return graph.node(
        "MatMulNBits",
        [source, graph.constant(f"{name}.packed", packed), graph.constant(f"{name}.scales", scales)],
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


def quantise_columns(weight: Matrix) -> tuple[NDArray[np.int8], Matrix]:
    """Symmetric int8 with one scale an output."""
    scales = np.maximum(np.abs(weight).max(axis=0) / 127.0, 1e-12).astype(np.float32)
    return np.clip(np.rint(weight / scales), -127, 127).astype(np.int8), scales


def dynamic8(graph: Graph, name: str, source: str, weight: Matrix) -> str:
    quantised, scales = quantise_columns(weight)
    ids, scale, zero = graph.nodes(
        "DynamicQuantizeLinear", [source], [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
    )  # fmt: skip
    product = graph.node("MatMulInteger", [ids, graph.constant(f"{name}.weight", quantised), zero], f"{name}.sum")
    return _rescale(graph, name, product, scale, scales)


def rows8(graph: Graph, name: str, source: str, weight: Matrix) -> str:
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
    return _rescale(graph, name, product, scale, scales)


def _rescale(graph: Graph, name: str, product: str, scale: str, scales: Matrix) -> str:
    real = graph.node("Cast", [product], f"{name}.real", to=1)
    both = graph.node("Mul", [scale, graph.constant(f"{name}.scales", scales)], f"{name}.both")
    return graph.node("Mul", [real, both], name)


LINEARS: Final[dict[str, Linear]] = {"fp32": fp32, "blocks8": blocks8, "dynamic8": dynamic8, "rows8": rows8}
