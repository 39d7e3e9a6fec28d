"""How many cores there are for this process, and how many threads a worker computes with."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Those that this process may use; a machine may have more."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads(workers: int = 1) -> int:
    """Threads of each of several workers: of the cores that this process may use all but one, which intake and broker
    need, shared out.
    """
    return max(1, (usable_cores() - 1) // workers)
