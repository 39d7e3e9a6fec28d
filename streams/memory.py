"""Keeps a long-lived worker's resident memory flat."""

from __future__ import annotations

import ctypes

# Parameters of mallopt(3).
_ARENA_MAX = -8
_MMAP_THRESHOLD = -3

ARENAS = 2
MMAP_FROM_BYTES = 128 * 1024


def restrain_allocator() -> None:
    """Tells glibc to keep few arenas and to give large blocks back. Does nothing with another C library.

    By default each thread gets an arena of its own and the bound from which blocks are mapped grows with use. What
    threads hand to each other, as all stages here do, then leaves holes that are never given back.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_ARENA_MAX, ARENAS)
    mallopt(_MMAP_THRESHOLD, MMAP_FROM_BYTES)
