"""A worker with a fault inside, for runs that show what becomes of its records. Nothing of it is in the service.

    python -m load.faults.faulty_worker FAULT

Which fault: see `FAULTS`. The process is the service's own worker, with one of its parts wrapped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

MARK = "qzxfault"
"""A word of the texts on which a faulty worker fails."""
KILL_AFTER = 20
ROWS_IN_MEMORY = 4
SLOW_S = 0.5
CLOCK_BACK_S = 3_600.0
SLOW_FILE = "slow"
"""In the folder of state: the engine is slow as long as it is there."""


class Killed(BaseException):
    """Ends a thread, as nothing that anybody catches does."""


def _wrap(owner: Any, name: str, before: Callable[..., None]) -> None:
    """`before` is called with the arguments of each call, and may raise."""
    inner = getattr(owner, name)

    @wraps(inner)
    def wrapped(*args: Any, **how: Any) -> Any:
        before(*args, **how)
        return inner(*args, **how)

    setattr(owner, name, wrapped)


def _raise_in_the_engine() -> None:
    from models.serving.engine import OnnxEngine

    def fail(engine: Any, batch: Any, depth: Any) -> None:
        if any(_is_marked(item) for item in batch.items):
            raise ValueError("a fault put in")

    _wrap(OnnxEngine, "run", fail)


def _is_marked(item: Any) -> bool:
    """Warming up has no record behind it."""
    return item.payload is not None and MARK.encode() in (item.payload[0].raw.value or b"")


def _raise_in_the_decision() -> None:
    from streams.tasks.posts.task import PostsTask

    def fail(task: Any, case: Any) -> None:
        if MARK.encode() in case.value:
            raise ValueError("a fault put in")

    _wrap(PostsTask, "decide", fail)


def _kill_the_engine() -> None:
    from models.serving.engine import OnnxEngine

    calls = count()

    def kill(engine: Any, batch: Any, depth: Any) -> None:
        if batch.items[0].payload is not None and next(calls) >= KILL_AFTER:
            raise Killed

    _wrap(OnnxEngine, "run", kill)


def _kill_the_decision() -> None:
    from streams.tasks.posts.task import PostsTask

    calls = count()

    def kill(task: Any, case: Any) -> None:
        if next(calls) >= KILL_AFTER:
            raise Killed

    _wrap(PostsTask, "decide", kill)


def _have_little_memory() -> None:
    from models.serving.engine import OnnxEngine

    def fail(engine: Any, batch: Any, depth: Any) -> None:
        if batch.items[0].payload is not None and len(batch.items) > ROWS_IN_MEMORY:
            raise MemoryError("a fault put in")

    _wrap(OnnxEngine, "run", fail)


def _be_slow() -> None:
    from models.serving.engine import OnnxEngine
    from streams.settings import Settings

    flag = Path(Settings.load().data_dir) / SLOW_FILE

    def wait(engine: Any, batch: Any, depth: Any) -> None:
        if batch.items[0].payload is not None and flag.exists():
            time.sleep(SLOW_S)

    _wrap(OnnxEngine, "run", wait)


def _set_the_clock_back() -> None:
    right = time.time
    time.time = lambda: right() - CLOCK_BACK_S


FAULTS: dict[str, Callable[[], None]] = {
    "engine-raises": _raise_in_the_engine,
    "decision-raises": _raise_in_the_decision,
    "engine-killed": _kill_the_engine,
    "decision-killed": _kill_the_decision,
    "little-memory": _have_little_memory,
    "slow-engine": _be_slow,
    "clock-back": _set_the_clock_back,
}


def command(fault: str) -> tuple[str, str]:
    """What starts such a worker, behind `python -m`."""
    return "load.faults.faulty_worker", fault


def main() -> None:
    FAULTS[sys.argv[1]]()
    from streams.cli import main as serve

    sys.argv[1:] = ["worker"]
    serve()


if __name__ == "__main__":
    main()
