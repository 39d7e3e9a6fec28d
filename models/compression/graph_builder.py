"""Nodes and constants of an ONNX graph, in the order in which they are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper


class GraphBuilder:
    """Collects nodes and constants; names of constants are reused when they are given again."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant and return its name. Raises ValueError where the name stands for another type or shape."""
        tensor = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        known = self._constants.setdefault(name, tensor)
        if (known.data_type, known.dims) != (tensor.data_type, tensor.dims):
            raise ValueError(f"The constant {name} is there already and is something else.")
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
