"""Adds the graph for GPUs to a finished artifact: most of the integers that ship a GPU would leave to the CPU."""

from __future__ import annotations

from pathlib import Path

import onnx

from models.artifact import Artifact
from models.compression.half import to_half
from models.compression.widen import widen
from models.factory.artifact_folder import changing, reseal
from models.serving.device import open_session
from models.serving.encoder import Encoder
from models.serving.engine import HALF_PRECISION, OnnxEngine
from models.serving.golden import verify_golden


def add_gpu_graph(source: Path, out: Path) -> Artifact:
    """A copy of an artifact that holds `model_fp16.onnx` too; `out` may be the same folder. No GPU is needed.

    Raises:
        ArtifactError: `source` is none, its graph is not one of ours, a weight of it is beyond what float16 holds,
            or the new one fails a golden case.
    """
    with changing(source, out) as folder:
        artifact = Artifact.load(folder)
        half = to_half(widen(onnx.load(str(artifact.model_path)), artifact.manifest.shape))
        (folder / HALF_PRECISION).write_bytes(half.SerializeToString())
        names = dict.fromkeys([*artifact.manifest.files, HALF_PRECISION])
        reseal(
            artifact.manifest, folder, names, lambda card, sealed: card.replace(artifact.version, sealed.full_version)
        )
        _verify(Artifact.load(folder))
    return Artifact.load(out)


def _verify(artifact: Artifact) -> None:
    """The golden cases, by the new graph."""
    session = open_session(artifact.folder / HALF_PRECISION, "cpu", 1)
    verify_golden(OnnxEngine(artifact, session, "cpu", is_half=True), Encoder.from_artifact(artifact), artifact)
