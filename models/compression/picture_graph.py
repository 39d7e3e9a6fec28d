"""Picture classifiers as ONNX: a linear one drawn by hand, a network exported, and a network in int8."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from models.pictures.classifier import INPUT, OUTPUT
from models.pictures.features import Table
from models.training.pictures.linear import Linear

QUANTISED: Final = "int8 by channel, static"
_OPSET: Final = 18
_HEAVY: Final = ["Conv", "Gemm", "MatMul"]
"""Nodes in int8. Probabilities in int8 would be steps of 1/255 that do not add up to 1."""


def margin_graph(linear: Linear) -> bytes:
    """Features to the sigmoid of each column, brought to a sum of 1."""
    weight, bias = (
        numpy_helper.from_array(value, name) for name, value in (("weight", linear.weight), ("bias", linear.bias))
    )
    axes = numpy_helper.from_array(np.array([1]), "axes")
    nodes = [
        helper.make_node("Gemm", [INPUT, "weight", "bias"], ["margins"]),
        helper.make_node("Sigmoid", ["margins"], ["alone"]),
        helper.make_node("ReduceSum", ["alone", "axes"], ["sum"], keepdims=1),
        helper.make_node("Div", ["alone", "sum"], [OUTPUT]),
    ]
    features, classes = linear.weight.shape
    graph = helper.make_graph(
        nodes,
        "pictures",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows", classes])],
        [weight, bias, axes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


class _Probabilities(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.softmax(self.network(pixels), dim=1)


def network_graph(network: nn.Module, side: int) -> bytes:
    """Pixels [rows, 3, side, side] to probabilities [rows, classes], in fp32."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own use of its own older names
        program: Any = torch.onnx.export(
            _Probabilities(network).eval(),
            (torch.zeros(2, 3, side, side),),
            dynamo=True,
            verbose=False,
            opset_version=_OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("rows")},),
        )
    return bytes(program.model_proto.SerializeToString())


class _Samples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, samples: Sequence[Table]) -> None:
        self._rest: Iterator[Table] = iter(samples)

    def get_next(self) -> dict[str, Table] | None:
        one = next(self._rest, None)
        return None if one is None else {INPUT: one[None]}


def in_int8(model: bytes, samples: Sequence[Table]) -> bytes:
    """Weights and activations in int8, with scales measured over samples.

    A weight has 7 bits: processors without VNNI overflow otherwise (see `linear`).

    Args:
        samples: pixels [3, side, side].
    """
    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / name for name in ("plain.onnx", "ready.onnx", "small.onnx"))
        plain.write_bytes(model)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        quantize_static(
            ready, small, _Samples(samples), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            op_types_to_quantize=_HEAVY,
        )  # fmt: skip
        return _with_its_own_domains(onnx.load(small))


def _with_its_own_domains(model: onnx.ModelProto) -> bytes:
    """The runtime's optimiser names every set of operators that it knows; one that is not used must not be named in a
    graph that is served.
    """
    used = {"", "ai.onnx", *(node.domain for node in model.graph.node)}
    kept = [one for one in model.opset_import if one.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    return bytes(model.SerializeToString())
