"""Keeps a long-lived worker's resident memory flat."""

from __future__ import annotations

import ctypes

_ARENA_MAX = -8  # a parameter of mallopt(3)
ARENAS = 2


def restrain_allocator() -> None:
    """Tells glibc to keep few arenas. Does nothing with another C library.

    By default each thread gets an arena of its own. What threads hand to each other, as all stages here do, then
    leaves holes in each of them. (Mapping large blocks, too, costs a fifth of the throughput in page faults.)
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_ARENA_MAX, ARENAS)
