"""Where the model runs: opening an ONNX Runtime session, and making sure that it runs where it says."""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.serving.types import DeviceError

logger = logging.getLogger(__name__)

_CPU = "CPUExecutionProvider"
_CUDA = "CUDAExecutionProvider"
_CUDA_OPTIONS = {"arena_extend_strategy": "kSameAsRequested"}  # the default doubles, and never gives back
_WARNINGS, _FATAL_ONLY = 2, 4  # the runtime's log levels; its loader starts with warnings


def choose_device(wanted: str, model: Path, threads: int) -> str:
    """`cpu` or `cuda`. For `auto` and `cuda`, `model` has to run on the GPU; what is chosen is logged.

    Raises DeviceError where `cuda` is wanted and does not run.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise DeviceError(f"The device is {wanted!r}; it must be auto, cpu or cuda.")
    if wanted != "cpu":
        obstacle = _why_not_cuda(model, threads)
        if obstacle is None:
            logger.info("The model runs on the GPU.")
            return "cuda"
        if wanted == "cuda":
            raise DeviceError(f"The device is cuda, but the model does not run on a GPU here: {obstacle}.")
        logger.info("The model runs on the CPU with %d thread(s); no GPU: %s.", threads, obstacle)
    else:
        logger.info("The model runs on the CPU with %d thread(s).", threads)
    return "cpu"


def open_session(
    model: Path, device: str, threads: int, feeds: Mapping[str, NDArray[Any]] | None = None
) -> onnxruntime.InferenceSession:
    """A session that has run once, with `feeds`, by default four tokens. `device` is what `choose_device` gave."""
    providers = [(_CUDA, _CUDA_OPTIONS), _CPU] if device == "cuda" else [_CPU]
    session = onnxruntime.InferenceSession(model, _session_options(threads), providers=providers)
    row = np.ones((1, 4), dtype=np.int64)
    session.run(None, feeds or {"input_ids": row, "attention_mask": row})
    return session


def _session_options(threads: int) -> onnxruntime.SessionOptions:
    """Set for a process that shares its cores with an event loop and a broker."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _FATAL_ONLY  # errors are raised too, and here they would quote token ids
    # Plain malloc is as fast here (176 and 179 records/s), and the arena would keep 120 MB more for ever.
    options.enable_cpu_mem_arena = False
    # A memory plan is kept for each shape seen: rows and lengths vary, so they pile up and are seldom used.
    options.enable_mem_pattern = False
    # Threads that spin between two operators take cores from others: 2 threads on 2 busy cores served 54
    # records/s with it, 102 without.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _why_not_cuda(model: Path, threads: int) -> str | None:
    """What keeps the model off the GPU. It must run there: the runtime itself falls back in silence."""
    if _CUDA not in onnxruntime.get_available_providers():
        return "this onnxruntime is built without CUDA (install onnxruntime-gpu)"
    onnxruntime.set_default_logger_severity(_FATAL_ONLY)  # a missing driver is an answer here, not an error
    try:
        _load_cuda_libraries()
        session = open_session(model, "cuda", threads)
    except Exception as error:  # noqa: BLE001  whatever the runtime or the driver raises is the answer
        return f"a CUDA session failed ({type(error).__name__})"
    finally:
        onnxruntime.set_default_logger_severity(_WARNINGS)
    if session.get_providers()[0] != _CUDA:
        return "CUDA could not be started (the driver or its libraries are missing)"
    return None


def _load_cuda_libraries() -> None:
    """CUDA and cuDNN that pip installed are on no library path. Without a driver they would only cost memory."""
    try:
        ctypes.CDLL("libcuda.so.1")  # as the provider does: in a container it lies on a path that ldconfig knows not
    except OSError:
        return
    with contextlib.redirect_stdout(io.StringIO()):  # it prints about each library that it does not find
        onnxruntime.preload_dlls()
