"""A graph in float32 to one in float16, for GPUs. Inputs and outputs keep their types."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.artifact import ArtifactError

_LARGEST = float(np.finfo(np.float16).max)


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a graph of `build_graph(..., "fp32")` that computes in float16.

    Raises ArtifactError where a weight is beyond what float16 holds, instead of turning it into infinity.
    """
    half = onnx.ModelProto()
    half.CopyFrom(model)
    for graph in graphs(half.graph):
        for constant in graph.initializer:
            _halve(constant)
        for node in graph.node:
            for attribute in node.attribute:
                if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                    attribute.i = TensorProto.FLOAT16
        if graph is not half.graph:
            for value in graph.output:
                value.type.tensor_type.elem_type = TensorProto.FLOAT16
    _restore_outputs(half.graph)
    return half


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and those of its branches."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs(attribute.g)


def _halve(constant: onnx.TensorProto) -> None:
    if constant.data_type != TensorProto.FLOAT:
        return
    value = numpy_helper.to_array(constant)
    if value.size and float(np.abs(value).max()) > _LARGEST:
        raise ArtifactError(f"The weight {constant.name} does not fit float16.")
    constant.CopyFrom(numpy_helper.from_array(value.astype(np.float16), constant.name))


def _restore_outputs(graph: onnx.GraphProto) -> None:
    """Outputs get their old names and type back from a Cast each."""
    halves = {value.name: f"{value.name}_f16" for value in graph.output}
    for node in (node for each in graphs(graph) for node in each.node):  # a branch may read what is an output, too
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = halves.get(name, name)
    graph.node.extend(
        helper.make_node("Cast", [half], [name], name=f"{name}:Cast", to=TensorProto.FLOAT)
        for name, half in halves.items()
    )
