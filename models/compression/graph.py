"""Builds the ONNX graph of a network from its weights, operator by operator.

Written by hand rather than traced: the fused operators of ONNX Runtime (attention with a padding mask, skip
layer norm, bias and GELU) are named directly, so that nothing depends on a pattern matcher finding them.

The layers above the early exit sit in the else-branch of an `If` on the optional input `early` (default
false): asking for `early_post` alone does not skip them by itself (measured: same time), `early` true does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.compression.linear import LINEARS, Matrix, Precision

OPSET = 18
_FUSED = "com.microsoft"
POOLED_HEADS = ("post", "sentiment", "condition", "urgency")
EARLY_INPUT = "early"

Weights = Mapping[str, Matrix]


class GraphBuilder:
    """Collects nodes and constants; names of constants are reused when they are given again."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        return name

    def node(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output, called `name`, and return that name."""
        self._nodes.append(helper.make_node(kind, inputs, [name], name=f"{name}:{kind}", domain=domain, **attributes))
        return name

    def nodes(self, kind: str, inputs: list[str], names: list[str], **attributes: Any) -> list[str]:
        """Add a node with several outputs."""
        self._nodes.append(helper.make_node(kind, inputs, names, name=f"{names[0]}:{kind}", **attributes))
        return names

    def graph(
        self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.GraphProto:
        """What was collected, as a graph."""
        return helper.make_graph(self._nodes, name, inputs, outputs, list(self._constants.values()))


def build_graph(weights: Weights, shape: Mapping[str, Any], precision: Precision) -> onnx.ModelProto:
    """`weights` and `shape` are those of `models.training.network.Network`, as numpy arrays."""
    g = GraphBuilder()
    mask = g.node("Cast", ["attention_mask"], "mask_f32", to=TensorProto.FLOAT)
    padding = g.node("Cast", ["attention_mask"], "mask_i32", to=TensorProto.INT32)
    hidden = _embed(g, weights, shape, precision)
    for number in range(shape["early_layer"]):
        hidden = _layer(g, weights, f"layers.{number}", hidden, padding, shape, precision)
    early = _head(g, weights, "early_post", _pool(g, "early_pooled", hidden, mask))
    deep = _deep_graph(weights, shape, precision, hidden, mask, padding)
    outputs = [_renamed(value) for value in deep.output]
    g.constant(EARLY_INPUT, np.array(False))
    g.nodes(
        "If", [EARLY_INPUT], [value.name for value in outputs], then_branch=_skipped(outputs), else_branch=deep
    )  # fmt: skip
    tokens = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    flag = helper.make_tensor_value_info(EARLY_INPUT, TensorProto.BOOL, [])
    graph = g.graph("tidegate", [*tokens, flag], [*outputs, early])
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="tidegate")


def _deep_graph(
    weights: Weights, shape: Mapping[str, Any], precision: Precision, hidden: str, mask: str, padding: str
) -> onnx.GraphProto:
    """The layers above the early exit and their heads; reads `hidden`, `mask`, `padding` from outside."""
    g = GraphBuilder()
    for number in range(shape["early_layer"], shape["layers"]):
        hidden = _layer(g, weights, f"layers.{number}", hidden, padding, shape, precision)
    pooled = _pool(g, "pooled", hidden, mask)
    outputs = [_head(g, weights, name, pooled, "deep_") for name in POOLED_HEADS]
    outputs.append(_spans(g, weights, hidden, "deep_"))
    return g.graph("deep", [], outputs)


def _skipped(outputs: list[onnx.ValueInfoProto]) -> onnx.GraphProto:
    """The branch that answers with no rows at all, so that nobody can mistake it for scores."""
    g = GraphBuilder()
    values = []
    for output in outputs:
        name = f"skipped_{output.name}"
        width = output.type.tensor_type.shape.dim[1].dim_value
        empty = g.constant(f"{name}.empty", np.zeros((0, width), dtype=np.float32))
        g.node("Identity", [empty], name)
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [0, width]))
    return g.graph("skipped", [], values)


def _renamed(value: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    copy = onnx.ValueInfoProto()
    copy.CopyFrom(value)
    copy.name = value.name.removeprefix("deep_")
    return copy


def _embed(g: GraphBuilder, weights: Weights, shape: Mapping[str, Any], precision: Precision) -> str:
    if precision == "fp32":
        words = g.node("Gather", [g.constant("word", weights["word.weight"]), "input_ids"], "words")
    else:
        words = _embed_int8(g, weights["word.weight"])
    length = g.node("Shape", ["input_ids"], "length", start=1, end=2)
    zero = g.constant("zero", np.array([0], dtype=np.int64))
    table = g.constant("position", weights["position.weight"][None])
    axis = g.constant("position_axis", np.array([1], dtype=np.int64))
    positions = g.node("Slice", [table, zero, length, axis], "positions")
    return _skip_norm(g, weights, "embedding_norm", words, positions, None, shape)


def _embed_int8(g: GraphBuilder, table: Matrix) -> str:
    """Rows as int8 with one scale each: a quarter of the size, and only the rows in use are widened."""
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127.0, 1e-12).astype(np.float32)
    quantised = np.clip(np.rint(table / scales), -127, 127).astype(np.int8)
    rows = g.node("Gather", [g.constant("word", quantised), "input_ids"], "words_int8")
    scale = g.node("Gather", [g.constant("word.scales", scales), "input_ids"], "words_scale")
    return g.node("Mul", [g.node("Cast", [rows], "words_f32", to=TensorProto.FLOAT), scale], "words")


def _layer(
    g: GraphBuilder,
    weights: Weights,
    name: str,
    hidden: str,
    padding: str,
    shape: Mapping[str, Any],
    precision: Precision,
) -> str:
    linear = LINEARS[precision]
    qkv = linear(g, f"{name}.qkv", hidden, weights[f"{name}.qkv.weight"].T)
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    g.nodes("Split", [qkv], parts, axis=-1, num_outputs=3)
    bias = g.constant(f"{name}.qkv.bias", weights[f"{name}.qkv.bias"])
    mixed = g.node(
        "MultiHeadAttention", [*parts, bias, padding], f"{name}.mixed", domain=_FUSED,
        num_heads=shape["attention_heads"], mask_filter_value=-10000.0,
    )  # fmt: skip
    out = linear(g, f"{name}.attention_out", mixed, weights[f"{name}.attention_out.weight"].T)
    hidden = _skip_norm(g, weights, f"{name}.attention_norm", out, hidden, f"{name}.attention_out.bias", shape)
    wide = linear(g, f"{name}.feed_in", hidden, weights[f"{name}.feed_in.weight"].T)
    feed_bias = g.constant(f"{name}.feed_in.bias", weights[f"{name}.feed_in.bias"])
    active = g.node("BiasGelu", [wide, feed_bias], f"{name}.active", domain=_FUSED)
    narrow = linear(g, f"{name}.feed_out", active, weights[f"{name}.feed_out.weight"].T)
    return _skip_norm(g, weights, f"{name}.feed_norm", narrow, hidden, f"{name}.feed_out.bias", shape)


def _skip_norm(
    g: GraphBuilder,
    weights: Weights,
    name: str,
    source: str,
    skip: str,
    bias: str | None,
    shape: Mapping[str, Any],
) -> str:
    inputs = [
        source,
        skip,
        *(g.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")),
    ]
    if bias is not None:
        inputs.append(g.constant(bias, weights[bias]))
    epsilon = float(shape["layer_norm_eps"])
    return g.node("SkipLayerNormalization", inputs, f"{name}.out", domain=_FUSED, epsilon=epsilon)


def _pool(g: GraphBuilder, name: str, hidden: str, mask: str) -> str:
    middle = g.constant("middle_axis", np.array([1], dtype=np.int64))
    row = g.node("Unsqueeze", [mask, middle], f"{name}.mask")
    total = g.node("Squeeze", [g.node("MatMul", [row, hidden], f"{name}.sum3"), middle], f"{name}.sum")
    count = g.node("ReduceSum", [mask, middle], f"{name}.count", keepdims=1)
    return g.node("Div", [total, count], name)


def _head(g: GraphBuilder, weights: Weights, name: str, pooled: str, prefix: str = "") -> onnx.ValueInfoProto:
    weight = g.constant(f"heads.{name}.weight", weights[f"heads.{name}.weight"].T)
    bias = g.constant(f"heads.{name}.bias", weights[f"heads.{name}.bias"])
    g.node("Gemm", [pooled, weight, bias], prefix + name)
    size = weights[f"heads.{name}.bias"].shape[0]
    return helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, ["rows", size])


def _spans(g: GraphBuilder, weights: Weights, hidden: str, prefix: str) -> onnx.ValueInfoProto:
    product = g.node("MatMul", [hidden, g.constant("heads.spans.weight", weights["heads.spans.weight"].T)], "spans3")
    last = g.constant("spans.axis", np.array([-1], dtype=np.int64))
    flat = g.node("Squeeze", [product, last], "spans2")
    g.node("Add", [flat, g.constant("heads.spans.bias", weights["heads.spans.bias"])], f"{prefix}spans")
    return helper.make_tensor_value_info(f"{prefix}spans", TensorProto.FLOAT, ["rows", "tokens"])
