"""A graph of integers back to one in floats, by what it holds itself: no run of a training has to be at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

from models.artifact import ArtifactError
from models.compression.graph import build_graph
from models.compression.half import graphs
from models.compression.linear import Matrix

_PLACES: Final = {"word": "word.weight", "position": "position.weight"}
"""Constants of the graph that the network calls otherwise."""


def widen(model: onnx.ModelProto, shape: Mapping[str, float]) -> onnx.ModelProto:
    """The graph of `build_graph(..., "fp32")` with the weights that the integers of one in `static7` stand for.

    Its activations are no longer rounded, so that it answers a little otherwise than both that graph and the network.

    Args:
        shape: of the network, as the manifest has it.

    Raises:
        ArtifactError: it is no such graph, or the shape is not of it.
    """
    whole = {name: int(value) if float(value).is_integer() else value for name, value in shape.items()}
    try:
        return build_graph(_weights(model), whole, "fp32")
    except (KeyError, ValueError) as error:
        raise ArtifactError(f"The graph is none that can be widened: {error} is missing or of another shape.") from None


def _weights(model: onnx.ModelProto) -> dict[str, Matrix]:
    """By the names of the network, each [outputs, inputs] as there."""
    constants = {one.name: numpy_helper.to_array(one) for graph in graphs(model.graph) for one in graph.initializer}
    weights: dict[str, Matrix] = {}
    for name, value in constants.items():
        if value.dtype == np.int8:
            wide = value * constants[f"{_stem(name)}.scales"]
            if (channels := constants.get(f"{_stem(name)}.channels")) is not None:  # what each input is multiplied by
                wide = channels[:, None] * wide
            weights[_PLACES.get(name, name)] = wide if name in _PLACES else wide.T
        elif value.dtype == np.float32:
            turned = name.startswith("heads.") and value.ndim == 2
            weights[_PLACES.get(name, name)] = value.T if turned else value
    weights["position.weight"] = weights["position.weight"][0]
    return weights


def _stem(name: str) -> str:
    return name.removesuffix(".weight")
