"""Tiny picture classifiers that go by colours: artifacts made by the tests, with nothing of anybody's in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from models.artifact import CARD, MANIFEST, MODEL
from models.pictures.classifier import INPUT, OUTPUT, TAUGHT, PictureClassifier, PictureManifest, Served
from models.pictures.golden import file_hashes, write_golden
from models.pictures.look import Look, Looker

SIDE: Final = 16
RED: Final = (220, 30, 30)
"""No colour of skin."""
SKIN: Final = (224, 172, 138)
GREEN: Final = (40, 190, 90)


class InProcess:
    """A bench without children and without OCR."""

    def __init__(self, _: int, reads_words: bool, served: Sequence[Served]) -> None:
        self._looker = Looker()
        self._looker.open(False, served)

    async def look(self, data: bytes, reads_words: bool, task: str) -> Look:
        return self._looker(data, False, task)

    async def stop(self) -> None: ...


def plain(colour: tuple[int, int, int], width: int = 320, height: int = 240) -> Image.Image:
    """A picture of one colour, lighter and darker from point to point, so that it is not blurred."""
    random = np.random.default_rng(5)
    noise = random.integers(-20, 21, (height, width, 1))
    return Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))


def write_served(
    folder: Path, channels: Mapping[str, int] | None = None, name: str = "drawn", task: str = "posts",
    nothing: str = "ordinary", **told: Any,
) -> Path:  # fmt: skip
    """A folder that can be served.

    Args:
        channels: {class: channel that has to be brighter than the next one}.
        nothing: the class beside them.
        told: other fields of the manifest.
    """
    channels = channels or {"nudity": 0}
    manifest = PictureManifest(
        format=1, kind="pictures", name=name, rung="drawn", version="1", created="", files={},
        classes=(nothing, *channels), task=task, features="pixels", side=SIDE, **told,
    )  # fmt: skip
    model = colour_graph(list(channels.values()))
    folder.mkdir(parents=True)
    (folder / MODEL).write_bytes(model)
    (folder / TAUGHT).write_text("", "ascii")
    (folder / CARD).write_text("# Model card: drawn\n", "utf-8")
    write_golden(folder, PictureClassifier(manifest, model))
    manifest = manifest.model_copy(update={"files": file_hashes(folder)})
    (folder / MANIFEST).write_text(manifest.model_dump_json(), "utf-8")
    return folder


def colour_graph(
    channels: Sequence[int], taken: str = INPUT, given: str = OUTPUT, is_last: bool = False, scale: float = 1.0
) -> bytes:  # fmt: skip
    """Means of the channels, of which each class but the first takes the difference of two.

    Args:
        is_last: whether the channels come last.
        scale: what a whole channel is.
    """
    weight, bias = np.zeros((3, 1 + len(channels)), np.float32), np.full(1 + len(channels), -10, np.float32)
    bias[0] = 0
    for column, channel in enumerate(channels, start=1):
        weight[channel, column], weight[(channel + 1) % 3, column] = 80 / scale, -80 / scale
    axes = numpy_helper.from_array(np.array([1, 2] if is_last else [2, 3]), "axes")
    nodes = [
        helper.make_node("ReduceMean", [taken, "axes"], ["means"], keepdims=0),
        helper.make_node("Gemm", ["means", "weight", "bias"], ["margins"]),
        helper.make_node("Softmax", ["margins"], [given], axis=1),
    ]
    shape: list[str | int | None] = ["rows", SIDE, SIDE, 3] if is_last else ["rows", 3, SIDE, SIDE]
    graph = helper.make_graph(
        nodes, "colours",
        [helper.make_tensor_value_info(taken, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, ["rows", 1 + len(channels)])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias"), axes],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())
