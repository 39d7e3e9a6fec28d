"""The artifact on ONNX Runtime as its users would run it: one call for texts, padded to the longest."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

Scores = NDArray[np.float32]
_PROVIDERS = {
    "cpu": ["CPUExecutionProvider"],
    "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"],
}


class OnnxScorer:
    """Probabilities of the post labels: [texts, labels]."""

    def __init__(self, artifact: Path, threads: int, device: str = "cpu") -> None:
        manifest = json.loads((artifact / "manifest.json").read_text("utf-8"))
        self._output = manifest["heads"]["post"]["output"]
        self._tokenizer = Tokenizer.from_file(str(artifact / "tokenizer.json"))
        self._tokenizer.enable_truncation(manifest["max_tokens"])
        self._tokenizer.enable_padding(pad_id=manifest["pad_id"])
        self._prefix = manifest["prefix"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        if device == "cuda":
            onnxruntime.preload_dlls()
        half = artifact / "model_fp16.onnx"
        graph = half if device == "cuda" and half.exists() else artifact / "model.onnx"
        self._session: Any = onnxruntime.InferenceSession(str(graph), options, providers=_PROVIDERS[device])
        self(["warm up"])

    def __call__(self, texts: Sequence[str]) -> Scores:
        encoded = self._tokenizer.encode_batch_fast([self._prefix + text for text in texts])
        feeds = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
        }
        (logits,) = self._session.run([self._output], feeds)
        scores: Scores = 1 / (1 + np.exp(-logits.astype(np.float32)))
        return scores
