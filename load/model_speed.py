"""Time and memory of bare graphs, side by side. Needs onnxruntime and numpy only: `python -m load.model_speed GRAPH`
loads one graph, runs it, and prints the most memory that took."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from models.early_exit import EARLY_INPUT, HIDDEN

TOKENS = (16, 32, 64, 128)
ROWS = 32
_KNOWN_TO_ALL = 5_000
"""Random token ids stay below the smallest vocabulary."""

Run = Callable[[Mapping[str, Any]], object]


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """On the CPU, with one thread, so that the calling thread's processor time is all that it takes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def has_early_exit(session: onnxruntime.InferenceSession) -> bool:
    return any(value.name == EARLY_INPUT for value in session.get_overridable_initializers())


def runner(session: onnxruntime.InferenceSession, early: bool = False) -> Run:
    """Computes every head of a batch; `early`: of the early exit alone."""
    heads = [output.name for output in session.get_outputs() if output.name != HIDDEN]
    names = ["early_post"] if early else heads
    extra = {EARLY_INPUT: np.array(True)} if early else {}
    return lambda batch: session.run(names, {**batch, **extra})


def batch_of(tokens: int, rows: int = ROWS) -> dict[str, Any]:
    """Rows without padding."""
    ids = np.random.default_rng(tokens).integers(5, _KNOWN_TO_ALL, (rows, tokens))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def rows_per_second(
    runs: Mapping[str, Run], tokens: int, rounds: int, clock: Callable[[], float] = time.thread_time
) -> dict[str, float]:
    """Medians over `rounds`, in each of which every graph has one turn: a slow minute is slow for all of them.

    `clock` counts this thread's processor time, which other processes on the machine change little.
    """
    batch = batch_of(tokens)
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(-1, rounds):
        for name, run in runs.items():
            began = clock()
            run(batch)
            if turn >= 0:  # the first turn warms up
                taken[name].append(clock() - began)
    return {name: ROWS / float(np.median(times)) for name, times in taken.items()}


def cascade_rate(early: float, full: float, clean_share: float) -> float:
    """Rows a second where all rows go to the early exit, and those that it leaves go on through the layers above it."""
    return 1 / (1 / early + (1 - clean_share) * (1 / full - 1 / early))


def peak_mb(graph: Path) -> float:
    """Most resident memory of a process of its own that loads the graph and runs it at every length, in MB.

    Raises:
        subprocess.CalledProcessError: the graph does not run.
    """
    command = [sys.executable, "-m", __name__, str(graph)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: Sequence[str]) -> None:
    run = runner(open_graph(Path(arguments[0])))
    for tokens in reversed(TOKENS):
        run(batch_of(tokens))
    sys.stdout.write(f"{_peak_bytes() / 1e6}\n")


def _peak_bytes() -> float:
    """Of this process. On Linux `ru_maxrss` would be the parent's, where that was larger: it outlives exec."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS, in bytes
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
