"""Runs an exported graph on the CPU, for parity checks and evaluation (serving has an engine of its own)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.early_exit import HIDDEN

if TYPE_CHECKING:
    from models.training.predict import Logits, Scorer


def open_session(model: Path | bytes, threads: int = 1) -> ort.InferenceSession:
    """A CPU session with a fixed number of threads that do not spin."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # the optional inputs draw a warning at every start
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = str(model) if isinstance(model, Path) else model
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def onnx_scorer(session: ort.InferenceSession) -> Scorer:
    """A scorer over an ONNX session: the logits of all heads."""
    names = [output.name for output in session.get_outputs() if output.name != HIDDEN]

    def score(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        values = session.run(names, {"input_ids": ids, "attention_mask": mask})
        return dict(zip(names, values, strict=True))

    return score
