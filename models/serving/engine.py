"""The model behind one method: a padded batch in, scores out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.artifact import EARLY_HEAD, Artifact, ArtifactError
from models.early_exit import EARLY_INPUT, HIDDEN, UPPER
from models.serving.batcher import GRID
from models.serving.cores import default_threads
from models.serving.device import choose_device, open_session
from models.serving.question import EARLY_ANSWERS
from models.serving.scores import to_probabilities, to_scores
from models.serving.types import (
    HALF_SUFFIX,
    Batch,
    Depth,
    Encoding,
    EngineLostError,
    InferenceError,
    Item,
    Probabilities,
    Scores,
)

IDS, MASK = "input_ids", "attention_mask"
HALF_PRECISION = "model_fp16.onnx"
"""Optional file of an artifact, for GPUs: they would leave most of an int8 model's work to the CPU."""

_NO_ROOM = ("out of memory", "failed to allocate", "alloc_failed")
"""What CUDA, the runtime's arena and cuBLAS say where memory is short: the next batch may fit."""
CPU_GRID = (*range(4, 64, 4), *range(64, 128, 8), *range(128, 257, 16))
"""On a CPU a run costs no more than its tokens (4 ms for one row of 16, 12 ms for four), so that what little padding
is left decides: this grid pads by 6 % where the powers of two pad by 45 %, and serves a third more records."""


class Engine(Protocol):
    """Used by one thread at a time, but for `prepare`, which runs beside `run` on another batch."""

    @property
    def model_version(self) -> str: ...

    @property
    def device(self) -> str:
        """What it runs on: `cpu` or `cuda`."""

    @property
    def grid(self) -> tuple[int, ...]:
        """Padded lengths that it is fast at; the last one is the most tokens that it takes."""

    @property
    def run_cost_tokens(self) -> int:
        """What starting one more run costs, as a number of tokens."""

    def prepare(self, batch: Batch) -> None:
        """Pad a batch ahead. `run` does it where it was not done."""

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        """One Scores a row. An exception means that this batch failed; EngineLostError, that all will."""

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        """Run once at each length, so that the first records do not pay for it."""


class OnnxEngine:
    """An artifact on ONNX Runtime. `run` releases the interpreter lock while the model computes.

    A session computes all that its graph gives, whatever is asked of it: `only_execute_path_to_fetches` works in
    training builds only. Hence the graph's own switch for the early exit.
    """

    def __init__(
        self,
        artifact: Artifact,
        session: onnxruntime.InferenceSession,
        device: str,
        is_half: bool = False,
        upper: onnxruntime.InferenceSession | None = None,
    ) -> None:
        self.model_version = artifact.version + (HALF_SUFFIX if is_half else "")
        self.device = device
        self.grid = _up_to(artifact.manifest.max_tokens, GRID if device == "cuda" else CPU_GRID)
        self.run_cost_tokens = 1024 if device == "cuda" else 8
        self._session = session
        self._heads = artifact.manifest.heads
        self._pad_id = artifact.manifest.pad_id
        self._has_early_exit = any(one.name == EARLY_INPUT for one in session.get_overridable_initializers())
        self._upper = upper

    @classmethod
    def open(
        cls, artifact: Artifact, device: str = "auto", threads: int | None = None, goes_on: bool = False
    ) -> OnnxEngine:
        """`device`: auto, cpu or cuda. `threads`: that compute; None leaves one core to the rest of the process.
        `goes_on`: batches that stopped at the early exit go on from there, where the artifact has the graph for it.

        Raises DeviceError where the device does not run, and says in the log which one does.
        """
        if threads is None:
            threads = default_threads()
        for_gpu = artifact.folder / HALF_PRECISION if HALF_PRECISION in artifact.manifest.files else artifact.model_path
        device = choose_device(device, for_gpu, threads)
        path = for_gpu if device == "cuda" else artifact.model_path
        upper = None
        if goes_on and device == "cpu" and UPPER in artifact.manifest.files:  # to a GPU the states would travel twice
            width = artifact.manifest.shape.get("width")
            if not width:
                raise ArtifactError(f"The manifest in {artifact.folder} does not say how wide the model is.")
            states: NDArray[Any] = np.zeros((1, 1, int(width)), dtype=np.float32)
            feeds = {HIDDEN: states, MASK: np.ones((1, 1), dtype=np.int64)}
            upper = open_session(artifact.folder / UPPER, device, threads, feeds)
        return cls(artifact, open_session(path, device, threads), device, path.name == HALF_PRECISION, upper)

    def prepare(self, batch: Batch) -> None:
        rows = [item.encoding.ids for item in batch.items]
        is_token = np.arange(batch.length) < np.fromiter(map(len, rows), dtype=np.int64)[:, None]
        input_ids = np.full(is_token.shape, self._pad_id, dtype=np.int64)
        input_ids[is_token] = np.concatenate(rows)
        batch.input_ids, batch.attention_mask = input_ids, is_token.astype(np.int64)

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        if depth is Depth.EARLY and self._has_early_exit:
            early = {EARLY_ANSWERS: self._compute_early(batch)}
            return to_scores(batch.items, early, self.model_version, is_early=True)
        wanted = frozenset[str]().union(*(item.heads for item in batch.items))
        names = [name for name in self._heads if name in wanted]
        if not names:
            raise InferenceError("The records want no head that this model has.")
        heads = dict(zip(names, self._compute(names, batch), strict=True))
        return to_scores(batch.items, heads, self.model_version)

    def _compute(self, names: list[str], batch: Batch) -> list[Probabilities]:
        """All layers, or where the batch was at the early exit before, those above it."""
        outputs, tokens = [self._heads[name].output for name in names], self._tokens(batch)
        if self._upper is None or batch.hidden is None:
            logits = self._infer(self._session, outputs, tokens)
        else:
            logits = self._infer(self._upper, outputs, {HIDDEN: batch.hidden, MASK: tokens[MASK]})
        return [to_probabilities(self._heads[name], values) for name, values in zip(names, logits, strict=True)]

    def _compute_early(self, batch: Batch) -> Probabilities:
        """The layers below the early exit. Their states stay with the batch, where there is a graph to go on with."""
        head = self._heads[EARLY_HEAD]
        kept = [] if self._upper is None else [HIDDEN]
        feeds = {**self._tokens(batch), EARLY_INPUT: np.array(True)}
        logits, *states = self._infer(self._session, [head.output, *kept], feeds)
        if states:
            (batch.hidden,) = states
        return to_probabilities(head, logits)

    def _tokens(self, batch: Batch) -> dict[str, NDArray[Any]]:
        if batch.input_ids is None or batch.attention_mask is None:
            self.prepare(batch)
        assert batch.input_ids is not None
        assert batch.attention_mask is not None
        return {IDS: batch.input_ids, MASK: batch.attention_mask}

    def _infer(
        self, session: onnxruntime.InferenceSession, outputs: list[str], feeds: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[np.float32]]:
        try:
            values: list[NDArray[np.float32]] = session.run(outputs, feeds)
        except Exception as error:
            if self.device == "cuda" and _device_is_lost(error):
                raise EngineLostError("The GPU no longer answers.") from error
            raise
        return values

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        """The largest batch of the longest comes first: the memory that it takes serves all the others, of which
        one row will do.
        """
        heads = frozenset(self._heads) - {EARLY_HEAD}
        rows = min(max_rows, max_tokens // self.grid[-1])
        for length in reversed(self.grid):
            encoding = Encoding(np.zeros(length, np.int32), np.zeros((length, 2), np.int32))
            item = Item(encoding, None, heads, intake_at=0.0, queued_at=0.0)
            self.run(Batch([item] * rows, length), Depth.FULL)
            rows = 1
        self.run(Batch([item], length), Depth.EARLY)


class NullEngine:
    """Answers at once, the same to everybody: measures all that is not the model."""

    device = "none"
    run_cost_tokens = 64

    def __init__(self, model_version: str, grid: tuple[int, ...], widths: Mapping[str, int]) -> None:
        """`widths`: probabilities for each head; they are so low that they flag nothing."""
        self.model_version = model_version
        self.grid = grid
        self._widths = widths

    @classmethod
    def for_artifact(cls, artifact: Artifact) -> NullEngine:
        """Takes the place of this artifact's engine: the same heads and lengths."""
        widths = {name: len(head.labels) for name, head in artifact.manifest.heads.items() if name != EARLY_HEAD}
        return cls("null", _up_to(artifact.manifest.max_tokens, GRID), widths)

    def prepare(self, batch: Batch) -> None:
        """Nothing to pad."""

    def run(self, batch: Batch, depth: Depth) -> list[Scores]:
        rows = len(batch.items)
        heads = {
            name: np.full((rows, batch.length if name == "spans" else width), 0.0001)
            for name, width in self._widths.items()
        }
        return to_scores(batch.items, heads, self.model_version)

    def warm_up(self, max_tokens: int, max_rows: int) -> None:
        """Never cold."""


def _up_to(longest: int, grid: tuple[int, ...]) -> tuple[int, ...]:
    return (*(length for length in grid if length < longest), longest)


def _device_is_lost(error: Exception) -> bool:
    """CUDA errors other than lack of memory leave a context that fails every later call.

    The word alone does not tell: "an illegal memory access was encountered" is of those that stay.
    """
    text = str(error).lower()
    return any(word in text for word in ("cuda", "cublas", "cudnn")) and not any(word in text for word in _NO_ROOM)
