"""Processor time, and how slow the machine is while it is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

_LOOPS = 200_000
_LOOPS_S = 0.013
"""What they take on an idle core."""


def processor_s(action: Callable[[], object], enough: float) -> float:
    """The least of three, or the first below `enough`: who else is on the machine's cores can only add to it.

    What is not below it is as on a usual core: where a loop that does nothing takes longer, so does the action.
    """
    least = float("inf")
    for _ in range(3):
        taken = _thread_s(action)
        if taken >= enough:
            taken /= max(1.0, _thread_s(_loop) / _LOOPS_S)
        least = min(least, taken)
        if least < enough:
            break
    return least


def _loop() -> None:
    found = 0
    for number in range(_LOOPS):
        found += number


def _thread_s(action: Callable[[], object]) -> float:
    before = time.thread_time()
    action()
    return time.thread_time() - before
