"""A picture classifier's folder: what is in it, opening it safely, and asking it.

Folder: `manifest.json`, `model.onnx`, `golden.json` with its pictures, `taught.txt`, `MODEL_CARD.md`, and the licences
of what it was made from. As for text, hashes are compared and nothing in it is executed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import onnxruntime
from PIL import Image
from pydantic import BaseModel, ConfigDict

from models.artifact import CARD, GOLDEN, MANIFEST, MODEL, ArtifactError
from models.graph_check import check_graph
from models.model_files import read_file, verify_files
from models.pictures.features import Kind, Resampling, Table, gradients_and_colours, pixels

FORMAT: Final = 1
TAUGHT: Final = "taught.txt"
"""SHA-256 of every file that it was trained on, one a line: no figure may be made with one of them."""
INPUT: Final = "input"
OUTPUT: Final = "probabilities"
_TELLS: Final = {"created", "metrics", "base", "licence", "pictures"}
_AT_ONCE: Final = 32


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Layout(_Strict):
    """How a graph that others exported takes pixels. Ours take what the defaults say."""

    input: str = INPUT
    output: str = OUTPUT
    whole: int = 0
    """Pixels of the square that a picture is pressed to where only the middle of that is taken; 0: all is taken."""
    resampling: Resampling = "bicubic"
    order: Literal["rgb", "bgr"] = "rgb"
    channels: Literal["first", "last"] = "first"


class PictureManifest(_Strict):
    """Everything that is needed to ask the model."""

    format: int
    kind: Literal["pictures"]
    name: str
    rung: str
    version: str
    created: str
    files: dict[str, str]
    """{name: SHA-256}"""
    classes: tuple[str, ...]
    task: str = "posts"
    """Whose pictures it may be asked about where it is served."""
    features: Kind
    side: int = 0
    """Pixels of the square that it takes; 0 for gradients, which have their own."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: Layout = Layout()
    quantisation: str = "none"
    base: str = ""
    """Encoder that it was made from, with the hash of its weights."""
    licence: str = ""
    pictures: dict[str, dict[str, int]] = {}
    """{train or dev: {class: pictures}}"""
    metrics: dict[str, Any] = {}

    @property
    def full_version(self) -> str:
        """The version and a hash of all that decides."""
        content = self.model_dump(mode="json", exclude=_TELLS, exclude_defaults=True)
        content["files"] = {name: digest for name, digest in self.files.items() if name == MODEL}
        digest = hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=4)
        return f"{self.version}-{digest.hexdigest()}"


Served = tuple[PictureManifest, bytes]
"""A classifier that was opened and checked, as it goes to child processes: what lies in its folder by then does not
matter."""


class GoldenPicture(_Strict):
    """A picture of the folder, and the probabilities expected of it."""

    file: str
    expected: tuple[float, ...]


class GoldenPictures(_Strict):
    """Cases and the largest absolute difference allowed (kernels differ a little between processors)."""

    tolerance: float
    cases: tuple[GoldenPicture, ...]


class PictureClassifier:
    """Tells the class of pictures."""

    def __init__(self, manifest: PictureManifest, model: bytes, threads: int = 1) -> None:
        """Nothing is checked here: see `open`."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        self.manifest = manifest
        self.model = model
        self.megabytes = len(model) / 1e6
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @classmethod
    def open(cls, folder: Path, threads: int = 1) -> PictureClassifier:
        """Raises ArtifactError where a file is missing or changed, the graph is not safe or does not run, or a golden
        picture is judged otherwise.
        """
        manifest = read_file(PictureManifest, folder / MANIFEST)
        if manifest.format != FORMAT:
            raise ArtifactError(f"The artifact in {folder} has format {manifest.format}; this version reads {FORMAT}.")
        verify_files(folder, manifest.files, (MODEL, GOLDEN, TAUGHT, CARD))
        check_graph(folder / MODEL)
        try:
            opened = cls(manifest, (folder / MODEL).read_bytes(), threads)
            opened._check_golden(folder)
        except ArtifactError:
            raise
        except ImportError:
            raise ArtifactError(f"The model in {folder} reads gradients: pip install 'tidegate[train]'.") from None
        except Exception as error:  # noqa: BLE001  the runtime has no one kind for a graph or a picture that does not fit
            raise ArtifactError(f"The model in {folder} does not run ({type(error).__name__}).") from None
        return opened

    @property
    def classes(self) -> tuple[str, ...]:
        return self.manifest.classes

    def probabilities(self, images: Sequence[Image.Image]) -> Table:
        """[images, classes], rows adding up to 1.

        Args:
            images: RGB, upright.
        """
        layout, answers = self.manifest.layout, []
        for start in range(0, len(images), _AT_ONCE):
            given = np.stack([self._features(image) for image in images[start : start + _AT_ONCE]])
            answers.append(np.asarray(self._session.run([layout.output], {layout.input: given})[0], dtype=np.float32))
        return np.concatenate(answers)

    def _features(self, image: Image.Image) -> Table:
        told = self.manifest
        if told.features == "gradients":
            return gradients_and_colours(image)
        layout = told.layout
        table = pixels(image, told.side, told.mean, told.deviation, layout.whole, layout.resampling)
        ordered = table if layout.order == "rgb" else table[::-1]
        return ordered if layout.channels == "first" else ordered.transpose(1, 2, 0)

    def _check_golden(self, folder: Path) -> None:
        golden = read_file(GoldenPictures, folder / GOLDEN)
        for case in golden.cases:
            if case.file not in self.manifest.files:
                raise ArtifactError(f"The manifest in {folder} has no hash for {case.file}.")
            with Image.open(folder / case.file, formats=("PNG",)) as image:
                got = self.probabilities([image.convert("RGB")])[0]
            if len(got) != len(case.expected) or len(got) != len(self.classes):
                raise ArtifactError(f"The model in {folder} has {len(got)} answers for {len(self.classes)} classes.")
            worst = float(np.abs(got - np.asarray(case.expected)).max())
            if not worst <= golden.tolerance:
                raise ArtifactError(
                    f"Model {self.manifest.full_version} fails its golden picture {case.file}: it is off by "
                    f"{worst:.4f}, {golden.tolerance:g} is allowed."
                )


def taught(folder: Path) -> frozenset[str]:
    """SHA-256 of the files that the classifier in a folder was trained on."""
    return frozenset((folder / TAUGHT).read_text("ascii").split())
