"""Another scale for the heads of a finished graph: their weights are floats in every precision that ships."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.artifact import ArtifactError
from models.compression.half import graphs
from models.training.calibrate import Scale


def rescale_heads(path: Path, scales: Mapping[str, Scale]) -> None:
    """Change a file of `build_graph` so that each head named answers slope * logit + offset, label by label.

    Raises ArtifactError where it has no such head with weights of its own; the file is then as it was.
    """
    model = onnx.load(str(path))
    constants = {constant.name: constant for graph in graphs(model.graph) for constant in graph.initializer}
    for head, scale in scales.items():
        slope, offset = (np.array(scale[part]) for part in ("slope", "offset"))
        weight, bias = (constants.get(f"heads.{head}.{part}") for part in ("weight", "bias"))
        if weight is None or bias is None or weight.dims[-1] != len(slope):
            raise ArtifactError(f"{path} has no head {head} whose weights can be rescaled.")
        _replace(weight, numpy_helper.to_array(weight) * slope)  # [inputs, labels]
        _replace(bias, numpy_helper.to_array(bias) * slope + offset)
    onnx.save(model, str(path))


def _replace(constant: onnx.TensorProto, value: NDArray[np.floating[Any]]) -> None:
    dtype = numpy_helper.to_array(constant).dtype
    constant.CopyFrom(numpy_helper.from_array(value.astype(dtype), constant.name))
