"""Ways to store a weight matrix in the graph and multiply by it.

`static7`, which ships: activations become uint8 with a scale that is a constant of the graph, so that a row's result
cannot depend on the rows beside it, and the product is one kernel with its bias. Weights have 7 bits: processors
without VNNI add pairs of products in 16 bits, which 255 * 127 * 2 overflows and 255 * 63 * 2 does not. `dynamic8`
quantises over the whole batch, as exporters do by default, which is what makes decisions flip between batch mates; it
is there to compare speeds with (`load/reference_model.py`), and nobody decides by its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Precision = Literal["fp32", "static7", "dynamic8"]
Matrix = NDArray[np.float32]
SHIPPED: Final = "static7"
LARGEST: Final = 63
"""Largest weight of `static7`."""


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


def quantise_columns(weight: Matrix, largest: int) -> tuple[NDArray[np.int8], Matrix]:
    """Symmetric integers up to `largest` with one scale an output."""
    scales = np.maximum(np.abs(weight).max(axis=0) / largest, 1e-12).astype(np.float32)
    return np.clip(np.rint(weight / scales), -largest, largest).astype(np.int8), scales


def static7(graph: Graph, name: str, source: str, layer: StaticLinear) -> str:
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
    quantised, scales = quantise_columns(weight, 127)
    ids, scale, zero = graph.nodes(
        "DynamicQuantizeLinear", [source], [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
    )  # fmt: skip
    product = graph.node("MatMulInteger", [ids, graph.constant(f"{name}.weight", quantised), zero], f"{name}.sum")
    real = graph.node("Cast", [product], f"{name}.real", to=1)
    both = graph.node("Mul", [scale, graph.constant(f"{name}.scales", scales)], f"{name}.both")
    scaled = graph.node("Mul", [real, both], f"{name}.product")
    return graph.node("Add", [scaled, graph.constant(f"{name}.bias", bias)], name)


LINEARS: Final[dict[str, Linear]] = {"fp32": fp32, "dynamic8": dynamic8}
