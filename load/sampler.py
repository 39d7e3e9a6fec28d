"""Where a process spends its processor time, seen from inside: the kernel's clock of each thread, and where it stands.

Every few milliseconds each thread's processor time since the last look is added to it, and to the stage that its stack
is in, unless it waits for work by then. What it used before it waited is shared out in the end as its other looks were.
That counts what runs without the interpreter lock, too (the model, the tokenizer).

A look takes the interpreter lock, which Python lets go of where a thread waits, or every 5 ms: looks would see waiting
threads alone. So it is asked for every 50 us, in which no stage is done.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from load.stages import OTHER, is_waiting, stage_of

EVERY_S = 0.005
SWITCH_S = 50e-6
WRITE_EVERY_S = 0.5
NATIVE = "threads without Python"


@dataclass(slots=True)
class Account:
    """Seconds of processor time since the start, by stage and by thread; the sampler's own are left out."""

    at: float = 0.0
    """Monotonic."""
    process_s: float = 0.0
    threads: dict[str, float] = field(default_factory=dict)
    seen: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of each thread, the part of its time that was seen in a stage."""

    def add(self, thread: str, stage: str | None, seconds: float) -> None:
        """`stage`: None where the thread waits."""
        self.threads[thread] = self.threads.get(thread, 0.0) + seconds
        if stage is not None:
            stages = self.seen.setdefault(thread, {})
            stages[stage] = stages.get(stage, 0.0) + seconds

    def since(self, before: "Account") -> "Account":
        return Account(
            self.at - before.at,
            self.process_s - before.process_s,
            _less(self.threads, before.threads),
            {thread: _less(stages, before.seen.get(thread, {})) for thread, stages in self.seen.items()},
        )

    def stages(self) -> dict[str, float]:
        """All of the threads' time; what was not seen in a stage is shared out as the rest of the same thread was."""
        found: dict[str, float] = {}
        for thread, used_s in self.threads.items():
            stages = self.seen.get(thread, {})
            seen_s = sum(stages.values())
            shares = {stage: part / seen_s for stage, part in stages.items()} if seen_s else {OTHER: 1.0}
            for stage, share in shares.items():
                found[stage] = found.get(stage, 0.0) + share * used_s
        return found


def _less(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in now.items()}


class Sampler(threading.Thread):
    """Writes the account to a file, again and again, until the process ends."""

    def __init__(self, output: Path) -> None:
        super().__init__(name="sampler", daemon=True)
        self._output = output
        self._account = Account()
        self._last: dict[int, float] = {}

    def run(self) -> None:
        sys.setswitchinterval(SWITCH_S)
        write_at = 0.0
        while True:
            time.sleep(EVERY_S)
            self.look()
            if (now := time.monotonic()) >= write_at:
                write_at = now + WRITE_EVERY_S
                self.write(now)

    def look(self) -> None:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no public way
            if ident == threading.get_ident() or ident not in names:
                continue
            try:
                used_s = time.clock_gettime(time.pthread_getcpuclockid(ident))
            except OSError:  # it ended between the two
                continue
            more_s = used_s - self._last.get(ident, used_s)
            self._last[ident] = used_s
            if more_s > 0:
                self._account.add(kind_of(names[ident]), None if is_waiting(frame) else stage_of(frame), more_s)

    def write(self, now: float) -> None:
        self._account.at = now
        self._account.process_s = time.process_time() - time.thread_time()
        part = self._output.with_suffix(".part")
        part.write_text(json.dumps(asdict(self._account)))
        part.replace(self._output)


def kind_of(thread: str) -> str:
    """A thread's name without its number."""
    return thread.rstrip("0123456789").rstrip("_-") or "unnamed"


def read_account(path: Path) -> Account:
    """Raises FileNotFoundError while nothing was written."""
    return Account(**json.loads(path.read_text()))


def complete(account: Account) -> Account:
    """With what no look explains: threads that know no Python, and those that were too short."""
    native_s = max(0.0, account.process_s - sum(account.threads.values()))
    return Account(
        account.at, account.process_s, account.threads | {NATIVE: native_s}, account.seen | {NATIVE: {NATIVE: 1.0}}
    )
